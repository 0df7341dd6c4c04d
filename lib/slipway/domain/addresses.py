"""Addresses of indexes, packages and repositories that cannot be used as they are written.

A character that ends the host's part of an address makes every program read a part of the
password as the host, the port or the path: https://www.rfc-editor.org/rfc/rfc3986#section-3.2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from slipway.domain.redaction import AT_HOST
from slipway.errors.addresses import AddressUnusable

VCS = ("git", "hg", "svn", "bzr")
"""The kinds of repositories that pip installs from."""
# A scheme has two letters at least: `C:/` is a path. Only one slash, because
# posixpath.normpath makes `:/` of `://`.
_IS_ADDRESS = re.compile(r"(?:^|[\s\"'=])[A-Za-z][A-Za-z0-9+.-]{1,30}:/|@[A-Za-z][a-z+]+://")
_START = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_AUTHORITY = re.compile(r"[^/?#\\\s]*")
_HOST_AND_PORT = re.compile(r"(?:[^:\[\]]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")
_ENDS_HOST = re.compile(r"[/?#\\\s\[\]]")
_QUOTES = re.compile(r"[\"']")


def is_address(text: str) -> bool:
    """Return whether a text that should be a path is an address or contains one."""
    return _IS_ADDRESS.search(text) is not None


def literal_address(address: str) -> str:
    """Write an address so that pip fills in no variables: neither uv nor Poetry does."""
    return address.replace("${", "%24{")


def check_addresses(text: str, origin: str, line: int = 0, *, is_option: bool = False) -> None:
    """Check the addresses in a setting or a line, with variables filled in.

    `origin` is the subject of a sentence, or with `line` the name of a file; pip reads quotes
    as a shell does in a line that `is_option`.

    Raises AddressUnusable.
    """
    if "://" not in text:
        return
    for address in _addresses(text):
        # The tool reports a variable that is not set.
        if "${" in address:
            continue
        user = _user_info(address)
        found = _ENDS_HOST.findall(user) + (_QUOTES.findall(user) if is_option else [])
        found += [one for one in user if _ENDS_HOST.search(unicodedata.normalize("NFKC", one))]
        characters = dict.fromkeys(found)
        if characters or not _is_readable(address):
            raise AddressUnusable(
                origin=origin,
                line=line,
                encoded=tuple((one, quote(one, safe="")) for one in characters),
                has_user="@" in address,
            )


def _addresses(text: str) -> Iterator[str]:
    """Yield the addresses in a text: each ends where the next begins, as it may have blanks."""
    starts = [found.start() for found in _START.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        yield text[start:end].rstrip()


def _user_info(address: str) -> str:
    """Return what was meant to be the user name and password; empty if there are none."""
    scheme, _, rest = address.partition("://")
    found = _AUTHORITY.match(rest)
    authority = found[0] if found else ""
    user, _, host = authority.rpartition("@")
    if "@" not in rest[len(authority) :]:
        return user
    later = [at for at in AT_HOST.finditer(rest) if at.start() >= len(authority)]
    if not _HOST_AND_PORT.fullmatch(host):
        # `https://ci:pa#ss@index.example`: every program would read `pa` as the port, but git
        # reads `ssh://git@host:owner/repository@revision`.
        if scheme.endswith("ssh") and not later:
            return user
        return rest[: later[-1].start() if later else rest.rindex("@")]
    # In `https://ci:12/3@index.example/simple`, `ci` would be the host. An @ before a revision
    # and one in the path of a full host name are usual.
    is_revision = "+" in scheme and later and later[-1]["end"] != "/"
    if later and not is_revision and "." not in host and host.partition(":")[0] != "localhost":
        return rest[: later[-1].start()]
    return user


def _is_readable(address: str) -> bool:
    try:
        scheme, host, *_ = urlsplit(address)
    except ValueError:
        return False
    # git reports the port in `ssh://git@host:owner/repository` itself.
    is_checked = scheme != "file" and not scheme.endswith("ssh")
    return not is_checked or _HOST_AND_PORT.fullmatch(host.rpartition("@")[2]) is not None
