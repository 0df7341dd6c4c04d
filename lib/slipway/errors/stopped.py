"""What all that stops a build has in common."""

from __future__ import annotations

from dataclasses import dataclass


class BuildStopped(Exception):
    """A build that ends for a reason its user can change; the doors exit 1 with its words."""


@dataclass(eq=False)
class CommandFailed(BuildStopped):
    """A process that ended with another status than 0; the steps turn it into what it means."""

    command: str
    status: int
    output: str
