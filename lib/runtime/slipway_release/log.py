"""What the release step says, line by line, on stdout."""

from __future__ import annotations


class ReleaseFailed(Exception):
    """Something that ends the release step; its text is for the user, and may have lines."""


def say(text: str) -> None:
    """Print a line, and show it at once, because platforms read a pipe."""
    print(text, flush=True)
