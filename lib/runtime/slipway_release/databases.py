"""Waits until the databases respond."""

from __future__ import annotations


def aliases() -> list[str]:
    """List the databases of DATABASES that have an engine, in order."""
    raise NotImplementedError


def wait(seconds: float) -> None:
    """Wait until every database responds; raise ReleaseFailed if one does not."""
    raise NotImplementedError
