"""What the release step says, line by line, on stdout."""

from __future__ import annotations


class ReleaseFailed(Exception):
    """Something that ends the release step; its text is for the user, and may have lines."""


def say(text: str) -> None:
    """Print a line, and show it at once, because platforms read a pipe."""
    print(text, flush=True)


def shown(text: str) -> str:
    """Make a value of the user's fit for a line of a log: escape control characters."""
    return "".join(
        it if it.isprintable() else it.encode("unicode_escape", "backslashreplace").decode("ascii")
        for it in text
    )
