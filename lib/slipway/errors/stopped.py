"""The base classes of all errors."""

from __future__ import annotations

from dataclasses import dataclass


class BuildStopped(Exception):
    """A failure that the user can do something about; Slipway prints its words and exits 1."""


@dataclass(eq=False)
class CommandFailed(BuildStopped):
    """A process that exited with a status other than 0; steps turn it into a precise error."""

    command: str
    status: int
    output: str

    def __str__(self) -> str:
        """Describe it for a bug report, without the command, which may contain a secret."""
        return f"it exited with status {self.status}, and printed:\n{self.output}"


class WrongUsage(Exception):
    """A script was called with wrong arguments; the message is its usage line."""
