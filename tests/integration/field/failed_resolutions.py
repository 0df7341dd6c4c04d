"""Requirements that no index, or no file of it, meets."""
