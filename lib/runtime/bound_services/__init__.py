"""Turns the credentials of services that are bound to an app into environment variables."""
