"""The doors: one module for each kind of platform that calls Slipway."""
