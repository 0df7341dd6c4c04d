"""How uv reaches servers: as pip's settings say, whatever it fetches there."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

_FILES = ("SSL_CERT_FILE", "SSL_CLIENT_CERT")


def connections(said: Mapping[str, str], app: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Join what pip's settings say in uv's words with the certificates that are trusted.

    Relative paths, and those that begin with `~/`, start where pip would have them start.
    """
    home = given.get("HOME", "/")
    found = {
        name: str(_place(value, app, home)) if name in _FILES else value
        for name, value in said.items()
    }
    return {**_certificates(given), **found}


def _place(path: str, app: Path, home: str) -> Path:
    return Path(home, path[2:]) if path.startswith("~/") else app / path


def _certificates(given: Mapping[str, str]) -> dict[str, str]:
    """Trust what the image trusts, as pip does; uv's own list where the image has none."""
    paths = ssl.get_default_verify_paths()
    if (
        "UV_SYSTEM_CERTS" in given
        or "UV_NATIVE_TLS" in given
        or not (paths.cafile or paths.capath)
    ):
        return {}
    return {"UV_SYSTEM_CERTS": "1"}
