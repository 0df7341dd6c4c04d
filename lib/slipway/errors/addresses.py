"""Errors of addresses that name an index, a package or a repository."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class AddressUnusable(BuildStopped):
    """An address that no program reads as it was meant; it is left out, as it may be secret."""

    origin: str
    """The subject of a sentence, such as `The variable X`; a file if `line` is set."""
    line: int
    """0 if the origin is not a file."""
    encoded: tuple[tuple[str, str], ...]
    """Pairs of (character in the user name or password, how to write it); may be empty."""
    has_user: bool
    """Whether the address has an @."""
