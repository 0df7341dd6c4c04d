"""The projects that a uv.lock was made from: the app, and the members of its workspace.

https://docs.astral.sh/uv/concepts/projects/workspaces/ and
https://docs.astral.sh/uv/concepts/projects/dependencies/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import Index, ListFolder, ReadText
from slipway.domain.redaction import without_credentials
from slipway.domain.toml_text import Document, parse_toml, table_in, tables_in, texts_in

_FILE = "pyproject.toml"
_UV_TOML = "uv.toml"
_DEV = "dev"
_DEEPEST = 12


@dataclass(frozen=True, kw_only=True)
class UvIndex:
    """An index that a file of the app names."""

    name: str
    url: str
    is_default: bool = False
    is_flat: bool = False
    """Whether it is a page or a folder with links to files, and not an index as in PEP 503."""

    @property
    def index(self) -> Index:
        return Index(url=self.url, name=self.name, tool="uv")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A pyproject.toml."""

    folder: str
    """Relative to the app; `.` for the app's root."""
    document: Document

    @property
    def file(self) -> str:
        return posixpath.normpath(posixpath.join(self.folder, _FILE))

    @cached_property
    def table(self) -> Document:
        """[project]; empty if it has none."""
        return table_in(self.document, "project")

    @cached_property
    def name(self) -> str:
        """Normalized; empty if it has none."""
        return canonicalize_name(str(self.table.get("name", "")))

    @cached_property
    def uv(self) -> Document:
        return table_in(self.document, "tool", "uv")

    @property
    def dynamic(self) -> tuple[str, ...]:
        return texts_in(self.table.get("dynamic"))

    def is_package(self, *, is_required: bool) -> bool:
        """Return whether it is installed itself; `is_required`: a member needs it."""
        setting = self.uv.get("package")
        if isinstance(setting, bool):
            return setting
        return is_required or "build-system" in self.document

    def sources_of(self, name: str) -> list[Any] | None:
        """Return the entries of [tool.uv.sources] for a package; None if it has none."""
        for written, value in table_in(self.uv, "sources").items():
            if canonicalize_name(written) == name:
                return value if isinstance(value, list) else [value]
        return None

    @property
    def source_entries(self) -> Iterator[Document]:
        """Yield every entry of [tool.uv.sources]."""
        for value in table_in(self.uv, "sources").values():
            yield from tables_in(value if isinstance(value, list) else [value])

    @property
    def indexes(self) -> Iterator[UvIndex]:
        """Yield the indexes of its [[tool.uv.index]]."""
        yield from _named_indexes(self.uv)


def _named_indexes(uv: Mapping[str, Any]) -> Iterator[UvIndex]:
    for entry in tables_in(uv.get("index")):
        yield UvIndex(
            name=str(entry.get("name", "")),
            url=str(entry.get("url", "")),
            is_default=entry.get("default") is True,
            is_flat=entry.get("format") == "flat",
        )


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The app and its members."""

    root: Project
    members: tuple[Project, ...]
    """With the root, if that is a project itself."""
    others: tuple[Project, ...]
    """Folders that members name as sources, and that are not members."""
    settings: Document
    """uv.toml, which replaces [tool.uv] for what is not about the project; else [tool.uv]."""
    are_members_known: bool
    detached: frozenset[str]
    """Folders of members below another project: for uv, the root's sources are not theirs."""

    @property
    def is_project(self) -> bool:
        """Whether the root is a project itself, and not only the place of a workspace."""
        return bool(self.root.name)

    def shares_sources(self, project: Project) -> bool:
        """Return whether the root's [tool.uv.sources] count for a project."""
        is_part = project is self.root or project in self.members
        return is_part and project.folder not in self.detached

    @cached_property
    def indexes(self) -> tuple[UvIndex, ...]:
        """All that a file of the app names, those for all packages first."""
        found = [*_named_indexes(self.settings)]
        if isinstance(url := self.settings.get("index-url"), str):
            found.append(UvIndex(name="", url=url, is_default=True))
        found += [
            UvIndex(name="", url=u) for u in texts_in(self.settings.get("extra-index-url"))
        ]
        links = texts_in(self.settings.get("find-links"))
        found += [UvIndex(name="", url=url, is_flat=True) for url in links]
        of_projects = [one for project in (self.root, *self.members) for one in project.indexes]
        # Only the settings decide on the default of all packages.
        found += [
            UvIndex(name=one.name, url=one.url, is_flat=one.is_flat)
            for one in of_projects
            if one not in found
        ]
        return tuple(found)

    @property
    def default_index(self) -> UvIndex | None:
        """The index that replaces the public one; None if the files of the app name none."""
        return next((one for one in self.indexes if one.is_default), None)

    def index_at(self, url: str) -> UvIndex | None:
        """Return the index with an address, which may have no credentials."""
        return next((one for one in self.indexes if is_same_index(one.url, url)), None)

    def default_groups(self, groups: Sequence[str]) -> tuple[str, ...]:
        """Return the groups that uv installs by default, apart from `dev`."""
        value = self.root.uv.get("default-groups")
        chosen = groups if value == "all" else map(canonicalize_name, texts_in(value))
        return tuple(one for one in chosen if one != _DEV and one in groups)

    def unknown_default_groups(self, groups: Sequence[str]) -> tuple[str, ...]:
        """Return the names in `default-groups` that uv does not accept."""
        named = map(canonicalize_name, texts_in(self.root.uv.get("default-groups")))
        return tuple(one for one in named if one != _DEV and one not in groups)

    def excludes(self, key: str, name: str) -> bool:
        """Return whether `no-binary` or `no-build` excludes a kind of files of a package."""
        written = texts_in(self.settings.get(f"{key}-package"))
        names = {canonicalize_name(one) for one in written}
        return self.settings.get(key) is True or canonicalize_name(name) in names

    def with_user_info(self, address: str) -> str:
        """Return an address of the lock as a project's sources have it: with credentials."""
        return self._declared_addresses.get(address, address)

    @cached_property
    def _declared_addresses(self) -> Mapping[str, str]:
        declared = (
            address
            for project in (self.root, *self.members)
            for entry in project.source_entries
            for address in (entry.get("git"), entry.get("url"))
            if isinstance(address, str) and "@" in address and "://" in address
        )
        return {without_credentials(address): address for address in declared}


def is_same_index(first: str, second: str) -> bool:
    """Return whether two addresses are of one index, whatever their credentials.

    uv keeps a slash at the end, so with and without it are two indexes.
    """
    return normalized_address(first) == normalized_address(second)


def normalized_address(url: str) -> str:
    """Return an address without credentials, as uv writes it; others stay as they are."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return url
    if not host:
        return url
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return urlunsplit(
        (parts.scheme, host.removesuffix(default), parts.path or "/", parts.query, "")
    )


def read_workspace(document: Document, read: ReadText, folders: ListFolder) -> Workspace:
    """Read the projects of a workspace, starting at the app's pyproject.toml.

    Raises FileNotToml.
    """
    root = Project(folder=".", document=document)
    setting = root.uv.get("workspace")
    settings = root.uv
    if (text := read(_UV_TOML)) is not None:
        settings = parse_toml(text, _UV_TOML)
    members = [root] if root.name else []
    patterns = texts_in(setting.get("members")) if isinstance(setting, dict) else ()
    excluded = texts_in(setting.get("exclude")) if isinstance(setting, dict) else ()
    for folder in _matching(patterns, excluded, folders):
        project = _project(folder, read)
        is_managed = project is not None and project.uv.get("managed") is not False
        if project and project.name and is_managed:
            members.append(project)
    known = {one.folder for one in members}
    others = (
        _project(folder, read) for folder in _source_folders(members) if folder not in known
    )
    return Workspace(
        root=root,
        members=tuple(members),
        others=tuple(one for one in others if one),
        settings=settings,
        are_members_known=not patterns or bool(folders(".")),
        detached=frozenset(
            one.folder for one in members if not _is_found_from(one.folder, read)
        ),
    )


def _is_found_from(folder: str, read: ReadText) -> bool:
    """Return whether the root has the next pyproject.toml above a folder, where uv looks."""
    above = posixpath.dirname(folder)
    while above:
        if read(posixpath.join(above, _FILE)) is not None:
            return False
        above = posixpath.dirname(above)
    return True


def _project(folder: str, read: ReadText) -> Project | None:
    place = posixpath.normpath(posixpath.join(folder, _FILE))
    text = read(place)
    return None if text is None else Project(folder=folder, document=parse_toml(text, place))


def _source_folders(members: Sequence[Project]) -> Sequence[str]:
    """Return the paths of the app that the sources of projects name, each once."""
    places = (
        posixpath.normpath(posixpath.join(project.folder, path))
        for project in members
        for entry in project.source_entries
        if isinstance(path := entry.get("path"), str)
    )
    inside = (place for place in places if place.split("/")[0] not in ("", ".."))
    return tuple(dict.fromkeys(inside))


def _matching(
    patterns: Sequence[str], excluded: Sequence[str], folders: ListFolder
) -> Iterator[str]:
    """Yield the folders that match one of uv's patterns, sorted, each once."""
    found = {
        place
        for pattern in patterns
        for place in _below(".", posixpath.normpath(pattern).split("/"), folders)
        if not any(fnmatchcase(place, posixpath.normpath(one)) for one in excluded)
    }
    yield from sorted(found - {"."})


def _below(folder: str, pattern: Sequence[str], folders: ListFolder) -> Iterator[str]:
    if not pattern:
        yield folder
        return
    part, rest = pattern[0], pattern[1:]
    if part == "**":
        yield from _below(folder, rest, folders)
        if folder.count("/") >= _DEEPEST:
            return
    elif not any(letter in part for letter in "*?["):
        yield from _below(posixpath.normpath(posixpath.join(folder, part)), rest, folders)
        return
    for entry in folders(folder):
        name = entry.rstrip("/")
        if name == entry or (name.startswith(".") and not part.startswith(".")):
            continue
        below = posixpath.normpath(posixpath.join(folder, name))
        if part == "**" and name != "node_modules":
            yield from _below(below, pattern, folders)
        elif part != "**" and fnmatchcase(name, part):
            yield from _below(below, rest, folders)
