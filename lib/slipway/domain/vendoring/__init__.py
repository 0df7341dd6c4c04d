"""The packages that an app brings in its own folders."""
