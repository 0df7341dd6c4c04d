"""A Django project, read from its files."""
