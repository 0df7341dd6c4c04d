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
