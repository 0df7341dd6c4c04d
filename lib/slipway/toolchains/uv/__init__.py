"""uv as a toolchain."""
