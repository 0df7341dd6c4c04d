"""Where the index of a failed request is named: in a variable or in a file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from slipway.domain.index_config.credentials import (
    DEFAULT_INDEX,
    OTHER_INDEXES,
    credential_variables,
    indexes_of_uv,
)
from slipway.domain.index_config.pip_settings import Setting
from slipway.domain.requirements.lines import Line, expand

_UV_VARIABLES = (*OTHER_INDEXES, *DEFAULT_INDEX)
_PIP_SETTINGS = ("extra-index-url", "index-url", "find-links")
_OPTION = re.compile(
    r"(?:-i|-f|--(?:extra-index-url|index-url|pypi-url|find-links))(?:\s*=\s*|\s*)(?P<value>\S+)"
)
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True, kw_only=True)
class IndexPlace:
    """A variable or a line that has the address of an index."""

    name: str
    """The variable; `file:line`; or as `Setting.origin`: `index-url in /etc/pip.conf`."""
    address: str
    """With the variables filled in, and with credentials: not for logs."""
    variables: tuple[str, ...] = ()
    """Those that have the user name and the password."""
    has_others: bool = False
    """Whether the variable or the key has other addresses too."""


def place_of_index(
    request: str,
    lines: Iterable[Line],
    settings: Iterable[Setting],
    environment: Mapping[str, str],
) -> IndexPlace | None:
    """Return the place of the index that a tool has sent a request to; None if none fits.

    `request` is an address of a page or file, or only a host, as in an error. `settings` are
    those of pip; the last one has priority. Of several indexes on one host, this returns the
    one whose path is the longest within that of the request.
    """
    places = [
        *_in_lines(lines, environment),
        *_in_uv_variables(environment),
        *_in_settings(settings),
    ]
    fits = [(_fit(request, place.address), place) for place in places]
    best = max((fit for fit, _ in fits), default=-1)
    return next((place for fit, place in fits if fit == best >= 0), None)


def _in_lines(lines: Iterable[Line], environment: Mapping[str, str]) -> Iterator[IndexPlace]:
    for line in lines:
        found = _OPTION.match(line.text)
        if found is None:
            continue
        value = found["value"].strip("'\"")
        address = expand(value, environment)
        whole = _VARIABLE.fullmatch(value)
        user_info = value.rpartition("@")[0]
        yield IndexPlace(
            name=whole[1] if whole else line.place,
            address=address,
            variables=tuple(dict.fromkeys(_VARIABLE.findall(user_info))),
        )


def _in_uv_variables(environment: Mapping[str, str]) -> Iterator[IndexPlace]:
    for variable in _UV_VARIABLES:
        indexes = [*indexes_of_uv(environment.get(variable, ""))]
        for index in indexes:
            variables = credential_variables(index)
            is_set = any(environment.get(name) for name in variables)
            has_user = "@" in index.url.partition("://")[2].partition("/")[0]
            yield IndexPlace(
                name=variable,
                address=index.url,
                # uv prefers them to what the URL has.
                variables=variables if is_set or not has_user else (),
                has_others=len(indexes) > 1,
            )


def _in_settings(settings: Iterable[Setting]) -> Iterator[IndexPlace]:
    for setting in reversed([*settings]):
        addresses = setting.values if setting.name in _PIP_SETTINGS else ()
        for address in addresses:
            yield IndexPlace(
                name=setting.origin, address=address, has_others=len(addresses) > 1
            )


def _fit(request: str, address: str) -> int:
    """Return how much of its path an address shares with a request; -1 for another server."""
    try:
        asked = urlsplit(request if "://" in request else f"//{request}")
        index = urlsplit(address)
        host, ports = index.hostname, (asked.port, index.port)
    except ValueError:
        return -1
    if not host or asked.hostname != host or (ports[0] != ports[1] and None not in ports):
        return -1
    folder = f"{index.path.rstrip('/')}/"
    if asked.path.startswith(folder):
        return len(folder)
    return len(posixpath.commonprefix([asked.path, folder]).rpartition("/")[0])
