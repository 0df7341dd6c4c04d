"""The commands of bin/slipway, for people."""
