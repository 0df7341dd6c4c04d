"""What the release step says, line by line, on stdout."""

from __future__ import annotations

import re

CREDENTIALS = re.compile(
    # the user and password of an address
    r"(?<=://)[^\s/@]{0,200}:[^\s@]{0,500}(?=@)"
    # a piece of a password that urllib.parse takes for the port
    r"|(?<=Port could not be cast to integer value as )[^\n]+"
)


class ReleaseFailed(Exception):
    """Something that ends the release step; its text is for the user, and may have lines."""


def say(text: str) -> None:
    """Print a line, and show it at once, because platforms read a pipe."""
    print(text, flush=True)


def shown(text: str) -> str:
    """Make a value of the user's fit for a line of a log: escape control characters."""
    return "".join(
        it if it.isprintable() else it.encode("unicode_escape").decode("ascii") for it in text
    )


def without_credentials(text: str) -> str:
    """Mask the credentials in a text that a library wrote, which may quote addresses."""
    return CREDENTIALS.sub("****", text)
