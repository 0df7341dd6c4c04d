"""Caches that are full, read-only or manipulated."""
