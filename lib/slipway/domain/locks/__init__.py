"""The locks that apps bring, one module for each format."""
