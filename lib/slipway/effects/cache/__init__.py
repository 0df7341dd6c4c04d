"""The build cache: entries that are restored whole or not at all."""
