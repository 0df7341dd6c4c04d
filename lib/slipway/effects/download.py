"""Downloads a file, and verifies its hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from slipway.errors.package import DownloadDiffers, DownloadFailed

_TIMEOUT = 60.0
"""Seconds that the server may send nothing."""
_CHUNK = 1024**2
_SCHEMES = ("https", "http", "file")


def download(address: str, sha256: str | None, into: Path, shown: str) -> None:
    """Download an address to a file, and remove the file if its hash is wrong.

    `sha256` is None for a file that no hash is known of.

    Raises DownloadFailed, DownloadDiffers; both name the address as `shown`.
    """
    digest = hashlib.sha256()
    with into.open("wb") as stream:
        for chunk in _chunks(address, shown):
            digest.update(chunk)
            stream.write(chunk)
    if sha256 and digest.hexdigest() != sha256:
        into.unlink()
        raise DownloadDiffers(address=shown, expected=sha256, got=digest.hexdigest())


def _chunks(address: str, shown: str) -> Iterator[bytes]:
    """Yield the content; raise DownloadFailed for any fault of the server or the network."""
    try:
        with urlopen(_request(address), timeout=_TIMEOUT) as response:  # noqa: S310  # checked
            while chunk := response.read(_CHUNK):
                yield chunk
    except HTTPError as error:
        error.close()  # it is also the response
        reason = f"the server responded with status {error.code}"
        raise DownloadFailed(address=shown, reason=reason) from None
    except (OSError, HTTPException, ValueError) as error:
        raise DownloadFailed(address=shown, reason=_reason(error)) from None


def _request(address: str) -> Request:
    """Pass the user name and password in a header that is not sent on after a redirect."""
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES:
        raise ValueError("it is not an https, http or file URL")
    user, at, host = parts.netloc.rpartition("@")
    request = Request(parts._replace(netloc=host).geturl())  # noqa: S310  # checked above
    if at:
        token = base64.b64encode(unquote(user).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _reason(error: OSError | HTTPException | ValueError) -> str:
    """Describe an error; only texts of Slipway and the system never quote the password."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if isinstance(error, ValueError):
        return "it is not an https, http or file URL"
    return "the URL is not valid, or the response is not HTTP"
