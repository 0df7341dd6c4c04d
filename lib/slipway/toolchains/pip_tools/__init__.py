"""pip-compile, pip and virtualenv as a toolchain."""
