"""Make text from outside fit for a log: no credentials, no control characters."""

from __future__ import annotations

import re

# user:password@ or token@ in any address; both halves end at the first character that ends
# an authority (RFC 3986, 3.2), so that a path such as /@scope stays as it is.
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#@]*(?:@[^\s/?#@]*)*@")


def redact(text: str) -> str:
    """Replace the part before the @ of each address with ****."""
    return _USERINFO.sub(r"\g<scheme>****@", text)


def without_credentials(text: str) -> str:
    """Remove the part before the @ of each address, so that all users get the same address."""
    return _USERINFO.sub(r"\g<scheme>", text)


def printable(text: str) -> str:
    """Escape control characters and other characters that are not visible."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
