"""What creates environments, resolves requirements and installs locks: uv or pip-tools."""
