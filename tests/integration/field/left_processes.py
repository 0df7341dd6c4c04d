"""Processes that a hook or a build leaves behind."""
