"""What can be wrong with a service binding that a build uses."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class BindingInvalid(BuildStopped):
    """Never holds anything of what an entry says: it may be a secret."""

    binding: str
    """The name of its folder."""
    key: str
    reason: str
    """What follows `Its entry KEY `, as `is a folder`."""
    expected: str
    """What the entry should hold."""


@dataclass(eq=False)
class BindingsContradict(BuildStopped):
    bindings: tuple[str, str]
    key: str
    """The entry that both have, and only one can."""
    instead: str
    """What to do with one of them."""
