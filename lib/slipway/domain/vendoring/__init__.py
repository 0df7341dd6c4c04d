"""Vendored packages, from their files to the order in which they are built."""
