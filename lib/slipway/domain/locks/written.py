"""The pylock.toml that `bin/slipway lock` writes (PEP 751), and what it was made from.

https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename

from slipway.domain.packaging_text import parse_wheel_name
from slipway.domain.redaction import redact
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import LineKind, normalized_requirement
from slipway.domain.requirements.lock import Lock, LockedPackage, without_hashes
from slipway.domain.requirements.lock import render as render_lock
from slipway.domain.toml_text import inline, parse_toml, table_in
from slipway.errors.app import FileNotToml

FILE = "pylock.toml"
CREATED_BY = "slipway"
COMMAND = "slipway/bin/slipway lock ."
"""It writes the lock again, in the app's folder, next to which there is a clone of Slipway."""
REQUIREMENTS = "requirements.txt"
COMPILED_FROM = "requirements.in"

_CREATED = re.compile(rf'^created-by[ \t]*=[ \t]*["\']{CREATED_BY}["\']', re.MULTILINE)
_WRITTEN = "# Written by `bin/slipway lock` from"
_PIN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==[^\s;\\]+", re.MULTILINE)
_OWN_TABLE = "[tool.slipway]"
_USER_INFO = re.compile(r"://(?P<user>[^\s/?#]*)@")
_DECIDING = {
    "uv": (
        "constraint-dependencies",
        "override-dependencies",
        "exclude-dependencies",
        "index",
        "index-url",
        "extra-index-url",
        "find-links",
        "exclude-newer",
        "exclude-newer-package",
        "resolution",
        "prerelease",
    ),
    "pdm": ("source", "resolution"),
    "poetry": ("source",),
}
"""The settings of each tool that decide which packages a resolution finds."""
_VARIABLE = r"\$\{[A-Z0-9_]+\}"
_NOT_SECRET = re.compile(rf"(?:[\w.%-]*:)?{_VARIABLE}(?::(?:{_VARIABLE}|x-oauth-basic)?)?")
"""User info whose secret is the value of a variable, which pip fills in."""


@dataclass(frozen=True, kw_only=True)
class IndexFile:
    """A file that an index has of a locked package."""

    address: str
    """`https://...`, or `file://...` for a file in a folder that `--find-links` names."""
    sha256: str
    index: str = ""
    """The index that it was found on; empty for a folder."""

    @property
    def name(self) -> str:
        return self.address.partition("#")[0].rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class WrittenLock:
    """A lock as a file of the app."""

    file: str
    """`pylock.toml`, or `requirements.txt` for an app with a requirements.in."""
    text: str
    count: int
    """How many packages it has."""
    python: str
    """The minor version that it is for."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MadeFrom:
    """What a lock was made from."""

    files: tuple[str, ...]
    requirements: frozenset[str]
    """As in these files, without credentials."""

    @property
    def origin(self) -> str:
        """The files in words."""
        return " and ".join(self.files)


def is_own(text: str) -> bool:
    """Return whether a pylock.toml was written by Slipway."""
    return _CREATED.search(text) is not None


def is_own_file(file: str, text: str) -> bool:
    """Return whether Slipway wrote a pylock.toml or requirements.txt."""
    return is_own(text) if file == FILE else text.startswith(f"{_WRITTEN} {COMPILED_FROM}")


def pins_in(text: str) -> tuple[str, ...]:
    """Return the versions in a lock that Slipway wrote, `name==1.2`: of either kind."""
    if is_own(text):
        try:
            packages = parse_toml(text, FILE).get("packages", ())
        except FileNotToml:
            return ()
        return tuple(
            f"{package['name']}=={package['version']}"
            for package in (packages if isinstance(packages, list) else ())
            if isinstance(package, dict) and {"name", "version"} <= package.keys()
        )
    return tuple(_PIN.findall(text))


def made_from(text: str) -> MadeFrom | None:
    """Return what a lock of Slipway was made from; None for another lock.

    Slipway writes its own table last, so that only that has to be parsed in each build.
    """
    start = text.rfind(f"\n{_OWN_TABLE}\n")
    if start < 0 or not is_own(text):
        return None
    try:
        table = table_in(parse_toml(text[start:], FILE), "tool", "slipway")
    except FileNotToml:
        return None
    match table:
        case {"made-from": [*files], "requirements": [*requirements]} if files:
            return MadeFrom(
                files=tuple(map(str, files)), requirements=frozenset(map(str, requirements))
            )
        case _:
            return None


def declared_by(
    files: Sequence[str],
    dependencies: Dependencies,
    document: Mapping[str, Any],
    uv_toml: Mapping[str, Any] | None = None,
) -> MadeFrom:
    """Return what the lock of an app has to be made from, by what some of its files declare.

    The order of the lines does not count, nor do blanks, comments, hashes and options.
    `document` is pyproject.toml: the requirements of an app that is a package are in it, and so
    are other sources for uv, and settings of uv, PDM and Poetry. `uv_toml` is uv.toml; None if
    the app has none.
    """
    texts = [
        normalized_requirement(without_hashes(line) if line.hashes else line.requirement)
        for lines in (dependencies.requirements, dependencies.constraints)
        for line in lines
        if line.kind in (LineKind.NAMED, LineKind.DIRECT)
    ]
    if "pyproject.toml" in files:
        declared = table_in(document, "project").get("dependencies")
        if isinstance(declared, list):
            texts += (normalized_requirement(str(text)) for text in declared)
        sources = table_in(document, "tool", "uv", "sources")
        texts += (f"{name} = {inline(source)}" for name, source in sources.items())
    texts += _settings(document, uv_toml)
    return MadeFrom(files=tuple(files), requirements=frozenset(redact(text) for text in texts))


def _settings(document: Mapping[str, Any], uv_toml: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the settings that decide which versions are chosen, or which index has them."""
    tables: dict[str, Mapping[str, Any]]
    tables = {f"[tool.{tool}]": table_in(document, "tool", tool) for tool in _DECIDING}
    if uv_toml is not None:
        tables = {**tables, "[tool.uv]": {}, "uv.toml:": uv_toml}
    for place, table in tables.items():
        for key in _DECIDING["uv" if place == "uv.toml:" else place[6:-1]]:
            if table.get(key):
                yield f"{place} {key} = {inline(table[key])}"


def differences(lock: MadeFrom, now: MadeFrom) -> tuple[str, ...]:
    """Say what has changed since a lock was made, one sentence each."""
    added = sorted(now.requirements - lock.requirements)
    gone = sorted(lock.requirements - now.requirements)

    def place(text: str) -> str:
        if text.startswith("[tool."):
            return "pyproject.toml"
        return "The app" if text.startswith("uv.toml:") else now.origin

    return (
        *(f"{place(text)} has `{text}`, which the lock was not made from." for text in added),
        *(
            f"The lock was made from `{text}`, which {place(text).replace('The', 'the')} no "
            "longer has."
            for text in gone
        ),
    )


def without_secret(address: str, as_written: str = "") -> str:
    """Remove the user info of an address, except for a user of ssh.

    If `as_written`, an address with variables that are not filled in, has them as the user
    info of the same address, they stay.
    """
    found = _USER_INFO.search(address)
    if found is None:
        return address
    user = ""
    before = address[: found.start()]
    if before.endswith("ssh"):
        user = found["user"].partition(":")[0]
    else:
        written = _USER_INFO.search(as_written)
        if written and _NOT_SECRET.fullmatch(written["user"]):
            user = written["user"]
    at = "@" if user else ""
    return f"{before}://{user}{at}{address[found.end() :]}"


def fits(file: IndexFile, python: str) -> bool:
    """Return whether a file can be installed for a Python, such as `3.13`, on some Linux."""
    if not file.name.endswith(".whl"):
        return True
    try:
        tags = parse_wheel_name(file.name)[3]
    except InvalidWheelFilename:
        return False
    return any(
        (tag.interpreter, tag.abi) in _interpreters(python)
        and (tag.platform == "any" or "linux" in tag.platform)
        for tag in tags
    )


def _interpreters(python: str) -> frozenset[tuple[str, str]]:
    if python not in _known:
        major, minor = map(int, python.split(".")[:2])
        release, interpreter = (major, minor), f"cp{major}{minor}"
        tags = [
            *cpython_tags(release, abis=[interpreter], platforms=["any"]),
            *compatible_tags(release, interpreter, platforms=["any"]),
        ]
        _known[python] = frozenset((tag.interpreter, tag.abi) for tag in tags)
    return _known[python]


_known: dict[str, frozenset[tuple[str, str]]] = {}


def from_index(package: LockedPackage, files: Iterable[IndexFile]) -> dict[str, Any]:
    """Return the table of a package with files of an index."""
    files = [*files]
    sdists = [file for file in files if not file.name.endswith(".whl")]
    wheels = [file for file in files if file.name.endswith(".whl")]
    index = next((file.index for file in files if file.index), "")
    return {
        "name": package.name,
        "version": package.version,
        **({"index": index} if index else {}),
        **({"sdist": _file(sdists[0])} if sdists else {}),
        **({"wheels": [_file(file) for file in wheels]} if wheels else {}),
    }


def _file(file: IndexFile) -> dict[str, Any]:
    is_local = file.address.startswith("./")
    return {
        "name": file.name,
        ("path" if is_local else "url"): file.address,
        "hashes": {"sha256": file.sha256},
    }


def in_app(package: LockedPackage, path: str, sha256: str | None) -> dict[str, Any]:
    """Return the table of a package in the app: a folder, or an archive with this hash."""
    if sha256 is None:
        return {"name": package.name, "directory": {"path": path}}
    archive = {"path": path, "hashes": {"sha256": sha256}}
    return {"name": package.name, "version": package.version, "archive": archive}


def render(
    packages: Sequence[Mapping[str, Any]],
    python: str,
    origin: MadeFrom,
    groups: Sequence[str],
    extras: Sequence[str],
) -> str:
    """Write a lock for one minor version of Python on Linux.

    `groups` and `extras` are those that its packages include.
    """
    chosen = {
        **({"dependency-groups": [*groups]} if groups else {}),
        **({"extras": [*extras]} if extras else {}),
    }
    values = {
        "lock-version": "1.0",
        "created-by": CREATED_BY,
        "requires-python": f"=={python}.*",
        "environments": [f"python_version == '{python}' and sys_platform == 'linux'"],
        **chosen,
    }
    own = {"made-from": [*origin.files], "requirements": sorted(origin.requirements)}
    tables = [
        _lines(values),
        *(f"[[packages]]\n{_lines(one)}" for one in packages),
        f"{_OWN_TABLE}\n{_lines(own)}",
    ]
    return _head(origin.origin, python) + "\n".join(tables)


def render_requirements(
    packages: Iterable[LockedPackage], lines: Iterable[str], python: str
) -> str:
    """Write a requirements.txt with hashes, for a requirements.in.

    `lines` are the app's own options and paths.
    """
    own = "".join(f"{line}\n" for line in lines)
    locked = render_lock(Lock(packages=tuple(packages)))
    return f"{_head(COMPILED_FROM, python)}{own}{locked}"


def _head(origin: str, python: str) -> str:
    return (
        f"{_WRITTEN} {origin}, for Python {python} on Linux.\n"
        "# To update it, run that again; do not edit it.\n"
    )


def _lines(table: Mapping[str, Any]) -> str:
    """Write the values of a table so that a changed file or requirement is a changed line."""
    text = ""
    for key, value in table.items():
        is_long = isinstance(value, list) and len(value) > 1
        written = "".join(f"    {inline(one)},\n" for one in value) if is_long else ""
        text += f"{key} = [\n{written}]\n" if is_long else f"{key} = {inline(value)}\n"
    return text
