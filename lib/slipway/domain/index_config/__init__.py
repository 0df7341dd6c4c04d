"""Which package indexes are used and how: the settings of pip and uv."""
