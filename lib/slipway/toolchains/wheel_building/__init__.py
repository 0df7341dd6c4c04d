"""Wheels built from vendored packages."""
