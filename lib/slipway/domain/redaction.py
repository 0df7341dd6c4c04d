"""Text without the credentials that an address can hold."""

from __future__ import annotations

import re

# user:password@ or token@ in any address; both halves end at the first character that ends
# an authority (RFC 3986, 3.2), so that a path such as /@scope stays as it is.
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#@]*(?:@[^\s/?#@]*)*@")


def redact(text: str) -> str:
    """Replace what stands before the @ of each address by ****."""
    return _USERINFO.sub(r"\g<scheme>****@", text)


def without_credentials(text: str) -> str:
    """Remove what stands before the @ of each address: one place, whoever asks for it."""
    return _USERINFO.sub(r"\g<scheme>", text)
