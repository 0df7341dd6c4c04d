"""Slipway, a buildpack for Python applications, Django first."""
