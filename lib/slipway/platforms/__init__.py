"""The doors: one module or package for each kind of platform that calls Slipway."""
