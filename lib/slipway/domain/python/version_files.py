"""The files that request a Python for tools: `.python-version`, mise's files and others.

The first three have no specification but their tools, and no library reads them; mise's are
TOML: https://github.com/pyenv/pyenv#understanding-python-version-selection,
https://devcenter.heroku.com/articles/python-runtimes, https://asdf-vm.com/manage/configuration.html
and https://mise.jdx.dev/configuration.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile

from slipway.domain.python.kinds import named
from slipway.domain.python.selection import PythonRequest, parse_version
from slipway.domain.toml_text import inline, parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.python import PythonVersionUnparsable

VERSION_FILE, RUNTIME, TOOL_VERSIONS = ".python-version", "runtime.txt", ".tool-versions"

_MOST_SHOWN, _MOST_NAMED = 60, 4
_ONE_OF_SEVERAL = re.compile(r"(?:c?python[-@]?)?\d[\w.+*-]*\s+\w")
_TOOL = frozenset({"python", "core:python", "asdf:python", "vfox:python"})
_PREFIX = re.compile(r"(?:prefix|latest):(?=\d)")
_UNCERTAIN = re.compile(
    r"(?:latest|system|stable|lts)|(?:latest|ref|tag|branch|rev|path|sub-[\d.]+|prefix):.*"
    r"|.*\{\{.*",
    re.DOTALL,
)
"""Values that only a tool can resolve, on the machine where it runs."""


def requested_in(text: str, file: str) -> tuple[PythonRequest | None, str]:
    """Return what one of the version files requests, and a notice about what has no effect.

    The request is None if the file names no certain version, and the notice may be empty.

    Raises PythonVersionUnparsable, PythonKindUnsupported.
    """
    try:
        versions = [*dict.fromkeys(_reader_of(file)(text))]
    except FileNotToml as error:
        return None, f"Ignoring {file}, because it is not valid TOML: {error.reason}"
    if not versions:
        if file in (VERSION_FILE, RUNTIME):
            raise PythonVersionUnparsable(origin=file, found="")
        return None, ""
    uncertain: list[str] = []
    if file not in (VERSION_FILE, RUNTIME):
        uncertain = [*takewhile(_is_uncertain, versions)]
        versions = [_PREFIX.sub("", one) for one in versions[len(uncertain) :]]
    notices = [_ignored(uncertain, file)] if uncertain else []
    request = parse_version(versions[0], file) if versions else None
    if request and versions[1:]:
        notices.append(_ineffective(request, versions[1:]))
    return request, ". ".join(notices)


def version_files(conf_d: Iterable[str]) -> Iterator[str]:
    """Yield the files that may request a Python, in the order of their priority.

    `conf_d` are the names in the folder CONF_D.
    """
    yield from VERSION_FILES
    yield from (f"{CONF_D}/{name}" for name in conf_d if name.endswith(".toml"))


def is_version_file(file: str) -> bool:
    """Return whether `version_files` can yield this file."""
    return file in VERSION_FILES or file.startswith(f"{CONF_D}/")


def _reader_of(file: str) -> Callable[[str], Iterator[str]]:
    return VERSION_FILES.get(file) or partial(_mise, file=file)


def _is_uncertain(version: str) -> bool:
    return bool(_UNCERTAIN.fullmatch(version)) and not _PREFIX.match(version)


def _ignored(versions: Sequence[str], file: str) -> str:
    shown = " and ".join(f"`{_shown(one)}`" for one in versions[:_MOST_NAMED])
    verb = "it does" if len(versions) == 1 else "they do"
    return f"Ignoring {shown} in {file}, because {verb} not name a certain version of Python"


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
    """Yield the versions of `[tools]` for Linux: a text, a table, or a list of them.

    Raises FileNotToml, PythonVersionUnparsable.
    """
    tools = table_in(parse_toml(text, file), "tools")
    for value in (value for tool, value in tools.items() if tool in _TOOL):
        for one in filter(_is_for_linux, value if isinstance(value, list) else (value,)):
            version = one.get("version", {}) if isinstance(one, dict) else one
            if version == {}:
                continue
            if not isinstance(version, str):
                raise not_a_text(version, file)
            if not version.strip():
                raise PythonVersionUnparsable(origin=file, found="")
            yield version.strip()


def _is_for_linux(value: object) -> bool:
    """Return whether a value of mise counts on Linux, on any processor."""
    systems = value.get("os") if isinstance(value, dict) else None
    if not isinstance(systems, list):
        return True
    return any(str(one).partition("/")[0].lower() == "linux" for one in systems)


def not_a_text(value: object, origin: str) -> PythonVersionUnparsable:
    """Return the error that a value of TOML is not a text, as a version has to be."""
    found = _shown(inline(value))
    return PythonVersionUnparsable(
        origin=origin, found=found, instead=named(found), is_text=False
    )


_OF_MISE = (
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
)
CONF_D = ".config/mise/conf.d"
"""The folder of which mise reads all files, after the others."""
VERSION_FILES: Mapping[str, Callable[[str], Iterator[str]]] = {
    VERSION_FILE: _lines,
    RUNTIME: _lines,
    TOOL_VERSIONS: _tool_versions,
    **{file: partial(_mise, file=file) for file in _OF_MISE},
}
"""The files, in the order of their priority, and what yields the versions in each."""
