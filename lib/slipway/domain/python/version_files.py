"""The files that request a Python for tools: `.python-version`, mise's files and others.

The first three have no specification but their tools, and no library reads them; mise's are
TOML: https://github.com/pyenv/pyenv#understanding-python-version-selection,
https://devcenter.heroku.com/articles/python-runtimes, https://asdf-vm.com/manage/configuration.html
and https://mise.jdx.dev/configuration.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from slipway.domain.python.kinds import named
from slipway.domain.python.selection import PythonRequest, parse_version
from slipway.domain.toml_text import parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.python import PythonVersionUnparsable

VERSION_FILE, RUNTIME, TOOL_VERSIONS = ".python-version", "runtime.txt", ".tool-versions"

_MOST_SHOWN, _MOST_NAMED = 60, 4
_ONE_OF_SEVERAL = re.compile(r"(?:c?python[-@]?)?\d[\w.+*-]*\s")
_TOOL = frozenset({"python", "core:python", "asdf:python"})
_PREFIX = re.compile(r"(?:prefix|latest):(?=\d)")
_UNCERTAIN = re.compile(
    r"(?:latest|system|stable|lts)|(?:latest|ref|tag|branch|rev|path|sub-[\d.]+|prefix):.*"
    r"|.*\{\{.*",
    re.DOTALL,
)
"""Values that only a tool can resolve, on the machine where it runs."""


def requested_in(text: str, file: str) -> tuple[PythonRequest | None, str]:
    """Return what one of VERSION_FILES requests, and a notice about what has no effect.

    The request is None if the file names no certain version, and the notice may be empty.

    Raises PythonVersionUnparsable, PythonKindUnsupported.
    """
    try:
        versions = [*dict.fromkeys(VERSION_FILES[file](text))]
    except FileNotToml as error:
        return None, f"Ignoring {file}, because it is not valid TOML: {error.reason}"
    if not versions:
        if file in (VERSION_FILE, RUNTIME):
            raise PythonVersionUnparsable(origin=file, found="")
        return None, ""
    first, *others = versions
    if file not in (VERSION_FILE, RUNTIME):
        if _UNCERTAIN.fullmatch(first) and not _PREFIX.match(first):
            return None, (
                f"Ignoring `{_shown(first)}` in {file}, because it does not name a certain "
                "version of Python"
            )
        first = _PREFIX.sub("", first)
    request = parse_version(first, file)
    return request, _ineffective(request, others) if others else ""


def _ineffective(request: PythonRequest, others: Sequence[str]) -> str:
    shown = [*map(_shown, others[:_MOST_NAMED])]
    if len(others) > _MOST_NAMED:
        shown.append(f"{len(others) - _MOST_NAMED} more")
    return (
        f"{request.origin} names several versions of Python. Only the first counts, "
        f"{request.requested}; not {', '.join(shown)}"
    )


def _shown(text: str) -> str:
    return text[:_MOST_SHOWN]


def _lines(text: str) -> Iterator[str]:
    """Yield the version of each line, without comments.

    A second word after a version is another one, as pyenv allows, and not a part of it.
    """
    for line in text.splitlines():
        version = line.partition("#")[0].strip()
        if _ONE_OF_SEVERAL.match(version):
            yield from version.split()
        elif version:
            yield version


def _tool_versions(text: str) -> Iterator[str]:
    for line in text.splitlines():
        tool, *versions = line.partition("#")[0].split() or [""]
        if tool in _TOOL:
            yield from versions


def _mise(text: str, file: str) -> Iterator[str]:
    """Yield the versions of `[tools]`: a text, a table, or a list of them.

    Raises FileNotToml, PythonVersionUnparsable.
    """
    tools = table_in(parse_toml(text, file), "tools")
    for value in (value for tool, value in tools.items() if tool in _TOOL):
        for one in value if isinstance(value, list) else (value,):
            version = one.get("version", "") if isinstance(one, dict) else one
            if not isinstance(version, str):
                found = _shown(str(version))
                raise PythonVersionUnparsable(origin=file, found=found, instead=named(found))
            if version.strip():
                yield version.strip()


_OF_MISE = (
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
)
VERSION_FILES: Mapping[str, Callable[[str], Iterator[str]]] = {
    VERSION_FILE: _lines,
    RUNTIME: _lines,
    TOOL_VERSIONS: _tool_versions,
    **{file: partial(_mise, file=file) for file in _OF_MISE},
}
"""The files, in the order of their priority, and what yields the versions in each."""
