"""Build the wheels of vendored packages."""
