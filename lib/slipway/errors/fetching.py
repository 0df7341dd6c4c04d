"""Errors of requests to package indexes, other servers and repositories."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.bindings import IndexBinding
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class IndexUnreachable(BuildStopped):
    index: str
    reason: str
    binding: IndexBinding | None = None
    """The service binding that this index came from; its door sets it."""


@dataclass(eq=False)
class IndexNotTrusted(BuildStopped):
    """The URL of an index begins with http://, and pip is not told to trust its host."""

    host: str
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""


@dataclass(eq=False)
class IndexRefused(BuildStopped):
    index: str
    status: int
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
