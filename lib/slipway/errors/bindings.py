"""Errors of service bindings that a build uses."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class BindingInvalid(BuildStopped):
    """An entry that a build cannot use; its content is left out, because it may be a secret."""

    binding: str
    """The name of its folder."""
    key: str
    reason: str
    """What follows `the entry KEY `, such as `is not a file`."""
    expected: str
    """What the entry should contain; it follows `Set KEY to `."""


@dataclass(eq=False)
class BindingsContradict(BuildStopped):
    bindings: tuple[str, str]
    key: str
    """The entry that both have, and only one may have."""
    instead: str
    """What to do with the other entry; it follows `Keep KEY in one of them, and `."""


@dataclass(frozen=True)
class IndexBinding:
    """The service binding that a package index or its credentials came from."""

    name: str
    """The name of its folder."""
    type: str
    """`pypi` or `pip`, as the binding has it."""
    address: str | None
    """The entry with the URL of the index; None if the URL is not from the binding."""
    credentials: tuple[str, ...]
    """The entries with the credentials; empty if the binding has none for this index."""
