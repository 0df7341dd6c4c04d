"""Pythons that are downloaded for an app or bundled with it."""
