"""Check the files outside of the app that tools of the build read, by variables or by name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from slipway.effects.files import AppFolder
from slipway.effects.reading import FOLDER, kind_at
from slipway.errors.app import NamedFileUnusable
from slipway.toolchains.pip_configuration import places

_FILES = ("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "NETRC", "PIP_CLIENT_CERT", "SSL_CLIENT_CERT")
_LISTS = (
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
)
"""Variables with several paths, which spaces separate."""
_CERTIFICATES = (
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
"""Variables that may also name a folder."""
_HOME = (".netrc", "_netrc", ".gitconfig")
"""Files that tools read without a variable, relative to the home folder."""


def check_builder_files(app: AppFolder, environment: Mapping[str, str]) -> None:
    """Stop if one of these files is a named pipe, a device or the like: a tool would hang.

    A missing file is for the tool to report; `/dev/null` is an empty file.

    Raises NamedFileUnusable.
    """
    for variable, path in _named(environment):
        kind = "" if path == os.devnull else kind_at(app.root / path)
        if kind and not (kind == FOLDER and variable in ("", *_CERTIFICATES)):
            raise NamedFileUnusable(path=path, kind=kind, variable=variable)


def _named(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable in (*_FILES, *_CERTIFICATES):
        if environment.get(variable):
            yield variable, environment[variable]
    for variable in _LISTS:
        yield from ((variable, path) for path in environment.get(variable, "").split())
    named = environment.get("PIP_CONFIG_FILE")
    yield from (("", path) for path in places(environment) if path != named)
    home = environment.get("HOME")
    if home:
        yield from (("", f"{home}/{name}") for name in _HOME)
