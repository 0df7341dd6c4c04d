"""The credentials of an index that a file of the app names: each tool has its own variables.

https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly,
https://python-poetry.org/docs/repositories/#configuring-credentials,
https://pdm-project.org/latest/usage/config/#store-credentials-with-the-index and
https://pipenv.pypa.io/en/latest/indexes.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import SplitResult, quote, urlsplit

from slipway.domain.addresses import literal_address
from slipway.domain.locks.brought import Index
from slipway.domain.redaction import redact
from slipway.errors.fetching import IndexVariablesUnset

_PREFIXES = {"uv": "UV_INDEX_", "Poetry": "POETRY_HTTP_BASIC_"}
_FILLED_IN = {
    "PDM": re.compile(r"\$\{(?P<name>\w+)\}"),
    "Pipenv": re.compile(r"\$(?:\{(?P<name>\w+)\}|(?P<bare>[A-Za-z_]\w*))"),
    # As pip fills them in, because the address is from a requirements file.
    "Slipway": re.compile(r"\$\{(?P<name>[A-Z0-9_]+)\}"),
}
"""The variables in an address that a tool fills in."""
DEFAULT_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
"""uv's variables for the default index; the first one that is set has priority."""
OTHER_INDEXES = ("UV_INDEX", "UV_EXTRA_INDEX_URL")
"""uv's variables for the indexes besides the default one."""
_OF_UV = (*DEFAULT_INDEX, *OTHER_INDEXES)
_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<address>[A-Za-z][A-Za-z0-9+.-]*://.*)")
"""What uv accepts before the address of an index."""


def credential_variables(index: Index) -> tuple[str, ...]:
    """Return the variables for the user name and password of an index; empty if it has none.

    For an index whose address has variables, return these.
    """
    if index.tool in _FILLED_IN:
        return tuple(dict.fromkeys(_variables_in(index)))
    prefix = _PREFIXES.get(index.tool)
    if not (prefix and index.name):
        return ()
    name = re.sub(r"[^A-Z0-9]", "_", index.name.upper())
    return (f"{prefix}{name}_USERNAME", f"{prefix}{name}_PASSWORD")


def with_credentials(
    index: Index, environment: Mapping[str, str], known: Iterable[str] = (), file: str = ""
) -> str:
    """Return the address of an index, with the user name and password that it has.

    `known` has addresses of indexes that the builder sets: like pip, this takes the credentials
    of one on the same host, if there are no others. `file` names the index, for the error.

    Raises IndexVariablesUnset.
    """
    address = _filled_in(index, environment, file)
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return literal_address(address)  # the toolchain reports it
    user_info = parts.netloc.rpartition("@")[0]
    if index.tool in _PREFIXES:
        user, password = (
            environment.get(name, "") for name in credential_variables(index) or ("", "")
        )
        if user or password:
            user_info = f"{_quoted(user)}:{_quoted(password)}"
    user_info = user_info or _of_same_host(parts, known)
    if user_info:
        address = parts._replace(netloc=f"{user_info}@{host}").geturl()
    return literal_address(address)


def addresses_of_indexes(
    settings: Iterable[str], environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield the addresses of the indexes that the builder sets.

    `settings` are the values of pip's settings for them.
    """
    values = (*settings, *(environment.get(name, "") for name in _OF_UV))
    yield from (index.url for value in values for index in indexes_of_uv(value))


def indexes_of_uv(value: str) -> Iterator[Index]:
    """Yield the indexes in one of uv's variables, each of which may have a name: `name=URL`.

    https://docs.astral.sh/uv/reference/environment/#uv_index
    """
    for word in value.split():
        named = _NAMED.fullmatch(word)
        name, address = named.groups() if named else ("", word)
        yield Index(url=address, name=name, tool="uv")


def _variables_in(index: Index) -> Iterator[str]:
    for found in _FILLED_IN[index.tool].finditer(index.url):
        yield found[found.lastindex or 0]


def _filled_in(index: Index, environment: Mapping[str, str], file: str) -> str:
    pattern = _FILLED_IN.get(index.tool)
    if pattern is None or "$" not in index.url:
        return index.url
    unset = [name for name in credential_variables(index) if name not in environment]
    if unset:
        raise IndexVariablesUnset(index=redact(index.url), file=file, variables=tuple(unset))
    end = index.url.rfind("@") + 1 if index.tool != "Slipway" else 0

    def value(found: re.Match[str]) -> str:
        text = environment[found[found.lastindex or 1]]
        return _quoted(text) if found.start() < end else text

    return pattern.sub(value, index.url)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")  # a variable may have any bytes


def _of_same_host(parts: SplitResult, known: Iterable[str]) -> str:
    """Return the user info of the known index that shares most of its path with an address."""
    best, most = "", -1
    for address in known:
        try:
            other = urlsplit(address)
            is_same = _origin(other) == _origin(parts)
        except ValueError:
            continue
        user_info = other.netloc.rpartition("@")[0]
        shared = len(posixpath.commonprefix([other.path, parts.path]))
        if is_same and user_info and shared > most:
            best, most = user_info, shared
    return best


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port
