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

    def __str__(self) -> str:
        """Say what a report of a fault of ours needs; a command line may hold a secret."""
        return f"it ended with status {self.status}, and said:\n{self.output}"


class WrongUsage(Exception):
    """A script was called with other arguments than its usage line says, which this has."""
