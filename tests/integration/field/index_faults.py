"""Indexes and servers that answer wrongly, late or not at all."""
