"""Files that nobody would write by hand, or that are no files."""
