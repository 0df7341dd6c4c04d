"""Where uv's, Poetry's and Pixi's tables say that packages come from, outside PEP 621.

https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources,
https://python-poetry.org/docs/dependency-specification/ and
https://pixi.sh/latest/reference/pixi_manifest/#pypi-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.addresses import literal_address
from slipway.domain.packaging_text import parse_marker, parse_requirement
from slipway.domain.redaction import redact
from slipway.domain.toml_text import table_in, texts_in
from slipway.errors.dependencies import SourceUnsupported

_SCP = re.compile(r"(?P<user>[\w.-]+@)?(?P<host>[\w.-]+\.[\w.-]+|localhost):(?P<path>[^/\d].*)")
"""`git@host:path`, which git understands and a URL parser does not."""
_REFERENCES = ("rev", "tag", "branch")
_NOT_A_PACKAGE = (
    "With `package = false`, only its dependencies are installed, and Slipway does not read "
    "these."
)


_UV, _POETRY = "[tool.uv.sources]", "[tool.poetry.dependencies]"
_PIXI = "[tool.pixi.pypi-dependencies]"
_TOOLS = {_UV: "uv", _POETRY: "Poetry", _PIXI: "Pixi"}


class SourceKind(Enum):
    PATH = "path"
    """A file or folder."""
    WORKSPACE = "workspace"
    """The member of uv's workspace that has the name."""
    ADDRESS = "address"
    """A repository or an archive on a server."""
    INDEX = "index"
    """One of several indexes."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class DeclaredSource:
    """One place that a file names for one package."""

    name: str
    """Normalized."""
    table: str
    """One of _TOOLS, or a table of a Pipfile."""
    declaration: str
    """As in the file, on one line and without credentials."""
    kind: SourceKind
    target: str = ""
    """PATH: as written; ADDRESS: as in PEP 508; INDEX: its name; UNKNOWN: the reason."""
    marker: str = ""
    is_conditional: bool = False
    """Whether it applies only with an extra, or for reasons that only a build can tell."""
    extra: str = ""
    """The extra of its own project that it is for, normalized, or nothing."""

    @property
    def tool(self) -> str:
        return _TOOLS.get(self.table, "Pipenv")


@dataclass(frozen=True, kw_only=True)
class ProjectSources:
    """The sources that one pyproject.toml declares, and the requirements that they are for."""

    sources: tuple[DeclaredSource, ...] = ()
    requires: tuple[str, ...] | None = ()
    """Static requirements, those of its build included; None if only a build can tell them."""
    is_listed_by_poetry: bool = False
    """Whether Poetry's table lists the requirements: the wheel then has their addresses."""
    members: tuple[str, ...] | None = None
    """The patterns of uv's workspace; None if the project is not the root of one."""
    excluded: tuple[str, ...] = ()

    def sources_of(self, name: str) -> tuple[DeclaredSource, ...]:
        return tuple(source for source in self.sources if source.name == name)


NO_SOURCES = ProjectSources()


@dataclass(frozen=True, kw_only=True)
class UnusedSource:
    """A source that Slipway cannot use: its package must be vendored or locked with a hash."""

    source: DeclaredSource
    folder: str
    """The folder of the project that may require it, relative to the app; `.` for the app."""
    file: str
    """The file that declares it."""
    marker: str
    """When it applies, or nothing."""
    reason: str
    required_by: str = ""
    """As in SourceUnsupported."""

    @property
    def error(self) -> SourceUnsupported:
        return SourceUnsupported(
            name=self.source.name,
            file=self.file,
            table=self.source.table,
            declaration=self.source.declaration,
            reason=self.reason,
            tool=self.source.tool,
            required_by=self.required_by,
            is_elsewhere=self.source.kind in (SourceKind.INDEX, SourceKind.ADDRESS),
        )


def project_sources(
    document: Mapping[str, Any],
    groups: Collection[str] = (),
    extras: Collection[str] = (),
) -> ProjectSources:
    """Read the sources of a project.

    `groups` and `extras` are those of it that are installed, normalized: the sources of other
    groups do not count, and those of other extras are conditional.
    """
    uv, poetry = table_in(document, "tool", "uv"), table_in(document, "tool", "poetry")
    workspace = uv.get("workspace")
    sources = (
        []
        if uv.get("no-sources") is True
        else [*_uv_sources(table_in(uv, "sources"), groups, extras)]
    )
    poetry_sources = [*_listed_sources(_POETRY, table_in(poetry, "dependencies"))]
    sources += _of_poetry_groups(poetry, groups)
    pixi = table_in(document, "tool", "pixi", "pypi-dependencies")
    sources += _listed_sources(_PIXI, pixi)
    if not (sources or poetry_sources or isinstance(workspace, dict)):
        return ProjectSources(requires=_requires(document, ()))
    return ProjectSources(
        sources=(*sources, *poetry_sources),
        requires=_requires(document, poetry_sources),
        is_listed_by_poetry=not _lists_dependencies(document),
        members=texts_in(workspace.get("members", [])) if isinstance(workspace, dict) else None,
        excluded=texts_in(table_in(uv, "workspace").get("exclude", [])),
    )


def _requires(
    document: Mapping[str, Any], poetry: Collection[DeclaredSource]
) -> tuple[str, ...] | None:
    project = document.get("project")
    build = texts_in(table_in(document, "build-system").get("requires", []))
    if isinstance(project, dict) and _lists_dependencies(document):
        return (*texts_in(project["dependencies"]), *build)
    dynamic = project.get("dynamic", []) if isinstance(project, dict) else []
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        if not table_in(document, "tool", "poetry", "dependencies"):
            return None
    elif not isinstance(project, dict) and not poetry:
        return None  # setup.py or setup.cfg has them
    # Poetry's own table lists the requirements: each source in it is for one.
    return (*dict.fromkeys(source.name for source in poetry), *build)


def _lists_dependencies(document: Mapping[str, Any]) -> bool:
    project = document.get("project")
    return isinstance(project, dict) and "dependencies" in project


# uv


def _uv_sources(
    table: Mapping[str, Any], groups: Collection[str], extras: Collection[str]
) -> Iterator[DeclaredSource]:
    for written, value in table.items():
        for entry in value if isinstance(value, list) else [value]:
            group = entry.get("group", "") if isinstance(entry, dict) else ""
            if group and canonicalize_name(str(group)) not in groups:
                continue  # it is not installed
            source = _uv_source(written, entry)
            is_installed = source.extra in extras
            yield replace(source, is_conditional=False) if is_installed else source


def _uv_source(written: str, entry: object) -> DeclaredSource:
    kind, target = SourceKind.UNKNOWN, "It is not a table with a source that Slipway knows."
    marker = ""
    if isinstance(entry, dict):
        kind, target = _uv_place(entry)
        marker = str(entry.get("marker", ""))
        if marker and not _is_marker(marker):
            kind, target, marker = SourceKind.UNKNOWN, "Its marker is not valid.", ""
    return DeclaredSource(
        name=canonicalize_name(written),
        table=_UV,
        declaration=_declaration(written, entry),
        kind=kind,
        target=target,
        marker=marker,
        is_conditional=isinstance(entry, dict) and "extra" in entry,
        extra=canonicalize_name(str(entry.get("extra", ""))) if isinstance(entry, dict) else "",
    )


def _uv_place(entry: Mapping[str, Any]) -> tuple[SourceKind, str]:
    match entry:
        case {"git": str(), "lfs": True}:
            place = (SourceKind.UNKNOWN, "Slipway does not get files of Git LFS for a package.")
        case {"path": str(), "package": False}:
            place = (SourceKind.UNKNOWN, _NOT_A_PACKAGE)
        case {"workspace": True}:
            place = (SourceKind.WORKSPACE, "")
        case {"index": str(name)}:
            place = (SourceKind.INDEX, name)
        case _:
            place = place_of(entry) or (SourceKind.UNKNOWN, "Slipway knows no such source.")
    return place


def place_of(entry: Mapping[str, Any]) -> tuple[SourceKind, str] | None:
    """Read what uv's and Poetry's entries have in common; None for an index.

    The address of a repository or archive is as in PEP 508.
    """
    match entry:
        case {"git": str(address)}:
            given = [str(entry[key]) for key in _REFERENCES if key in entry]
            return _repository(address, given, entry)
        case {"url": str(address)}:
            return _archive(address, entry)
        case {"path": str(path)} | {"file": str(path)}:
            return SourceKind.PATH, path
        case _:
            return None


def _repository(
    address: str, references: Iterable[str], entry: Mapping[str, Any]
) -> tuple[SourceKind, str]:
    reference = next((f"@{one}" for one in references), "")
    place = repository_address(address, f"{reference}{_subdirectory(entry)}")
    if place is None:
        return SourceKind.UNKNOWN, "The repository is not at a URL."
    return SourceKind.ADDRESS, literal_address(place)


def repository_address(address: str, suffix: str) -> str | None:
    """Return the address of a git repository, as in PEP 508; None if it is not at a URL.

    `suffix` has the reference and the subdirectory: `@main#subdirectory=lib`.
    """
    if scp := _SCP.fullmatch(address):
        address = f"ssh://{scp['user'] or ''}{scp['host']}/{scp['path']}"
    if "://" not in address:
        return None
    prefix = "" if address.startswith("git+") else "git+"
    return f"{prefix}{address}{suffix}"


def _archive(address: str, entry: Mapping[str, Any]) -> tuple[SourceKind, str]:
    if "://" not in address or address.startswith("file:"):
        return SourceKind.UNKNOWN, "The URL is a file of one machine."
    return SourceKind.ADDRESS, literal_address(f"{address}{_subdirectory(entry)}")


def _subdirectory(entry: Mapping[str, Any]) -> str:
    folder = entry.get("subdirectory")
    return f"#subdirectory={folder}" if folder else ""


# Poetry and Pixi, whose tables also list requirements without a source


def _of_poetry_groups(
    poetry: Mapping[str, Any], groups: Collection[str]
) -> Iterator[DeclaredSource]:
    """Yield the sources of groups, and of those that they include."""
    tables: dict[str, Mapping[str, Any]] = {
        canonicalize_name(name): table_in(poetry, "group", name)
        for name in table_in(poetry, "group")
    }
    names = [*groups]
    for group in names:  # the loop appends to it
        table = tables.get(group, {})
        included = map(canonicalize_name, texts_in(table.get("include-groups")))
        names += [name for name in included if name not in names]
        yield from _listed_sources(_POETRY, table_in(table, "dependencies"))
    if "dev" in names:
        yield from _listed_sources(_POETRY, table_in(poetry, "dev-dependencies"))


def _listed_sources(name: str, table: Mapping[str, Any]) -> Iterator[DeclaredSource]:
    for written, value in table.items():
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, dict):
                continue  # a version
            index = entry.get("source", entry.get("index"))
            place = (SourceKind.INDEX, index) if isinstance(index, str) else None
            place = place_of(entry) or place
            if place is None:
                continue
            kind, target = place
            marker = str(entry.get("markers", ""))
            is_valid = _is_marker(marker)
            yield DeclaredSource(
                name=canonicalize_name(written),
                table=name,
                declaration=_declaration(written, entry),
                kind=kind,
                target=target,
                marker=marker if is_valid else "",
                is_conditional=not is_valid
                or entry.get("optional") is True
                or "python" in entry
                or "platform" in entry,
            )


# Text


def required_names(requirements: Iterable[str]) -> dict[str, list[Requirement]]:
    """Return the requirements that have no address, by name; those not valid are left out."""
    found: dict[str, list[Requirement]] = {}
    for text in requirements:
        try:
            requirement = parse_requirement(text)
        except InvalidRequirement:
            continue  # reading the dependencies, or the backend, reports it
        if requirement.url is None:
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def both(first: str, second: str) -> str:
    """Return the marker that applies if both do."""
    return f"({first}) and ({second})" if first and second else first or second


def _is_marker(text: str) -> bool:
    try:
        parse_marker(text) if text else None
    except InvalidMarker:
        return False
    return True


def _declaration(written: str, value: object) -> str:
    return redact(f"{written} = {_inline(value)}")


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
