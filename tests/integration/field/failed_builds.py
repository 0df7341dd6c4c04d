"""Packages whose build from source fails."""
