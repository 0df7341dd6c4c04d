"""Wheels of vendored packages."""
