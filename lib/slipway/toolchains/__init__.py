"""The programs that a build runs: uv, pip-tools, build backends and managed Pythons."""
