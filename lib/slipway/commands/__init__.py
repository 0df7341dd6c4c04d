"""The commands of bin/slipway, which people run."""
