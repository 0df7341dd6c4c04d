"""Read uv.lock, version 1.

No library reads this format, and uv itself cannot be asked: the pip-tools toolchain has none.
The lock says what each package depends on and when, so a Python's packages are those that the
app's own dependencies lead to; no version is chosen here.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile describes what it is for; its
content is compared with `uv export` in the tests.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from packaging.markers import InvalidMarker
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.addresses import literal_address
from slipway.domain.locks.brought import (
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    ListFolder,
    Pin,
    ReadText,
    no_folders,
)
from slipway.domain.locks.graph import Edge, Node
from slipway.domain.locks.lock_file import LockFile, is_outside, without_files
from slipway.domain.locks.uv_packages import UvLock, UvPackage, conflict_item
from slipway.domain.locks.uv_workspace import (
    UvIndex,
    Workspace,
    is_same_index,
    read_workspace,
)
from slipway.domain.redaction import without_credentials
from slipway.domain.toml_text import Document, parse_toml, table_in, tables_in, texts_in
from slipway.errors.dependencies import DependencyGroupInvalid
from slipway.errors.locks import LockAlone

PROJECT_FILE = "pyproject.toml"
_FILES = re.compile(
    r"^(?P<key>(?:wheels|sdist) = )"
    r"(?P<files>\[\n(?:    \{ [^\n{}]* \},\n)+\]|\{ [^\n{}]* \})$",
    re.MULTILINE,
)
"""The wheels or the sdist of a package as uv writes them."""
_REPOSITORY = re.compile(r"(?!-)[^:]+://(?!-|[^/?#]*@-)")
"""An address that neither git nor ssh takes for an option."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_AN_ARCHIVE_IN_GIT = "Slipway installs a repository or a folder of it, not a file in it."
_NO_HASHES = (
    "The lock has no hash of its files. uv writes none if the index publishes none, and then "
    "locking again does not help. Slipway cannot check such files, so it does not install "
    "them. You can add the file to the app, and name its path in [tool.uv.sources]."
)
_OUTSIDE = "That is not in the app, so the build does not have it."


def read_uv_lock(
    text: str, file: str, read: ReadText, folders: ListFolder = no_folders
) -> UvLock:
    """Read a lock, and compare it with the projects that it was made from, as uv does.

    Raises LockBroken, LockVersionUnknown, LockOutdated, LockAlone, FileNotToml,
    DependencyGroupInvalid.
    """
    from slipway.domain.locks.uv_outdated import refuse_outdated

    lock_file = LockFile(file=file, tool="uv", made_from=PROJECT_FILE, commands=("uv lock",))
    short, files = without_files(text, _FILES)
    document = _parsed(short, lock_file)
    declared = read(PROJECT_FILE)
    if declared is None:
        raise LockAlone(file=file, tool="uv", made_from=PROJECT_FILE)
    workspace = read_workspace(parse_toml(declared, PROJECT_FILE), read, folders)
    lock = _UvTables(
        lock_file=lock_file, document=document, files=files, workspace=workspace
    ).lock()
    unknown = workspace.unknown_default_groups(lock.groups)
    if unknown:
        reason = "`default-groups` of [tool.uv] names it, and there is no such group"
        raise DependencyGroupInvalid(file=PROJECT_FILE, group=unknown[0], reasons=(reason,))
    try:
        refuse_outdated(document, file, workspace)
    except (InvalidMarker, InvalidSpecifier, InvalidVersion) as error:
        place = f"It, or {PROJECT_FILE}, has something that is not valid"
        raise lock_file.broken(f"{place}: {error}.") from None
    return lock


def _parsed(text: str, lock_file: LockFile) -> Document:
    """Parse the lock. Raises LockBroken, LockVersionUnknown."""
    document = lock_file.toml(text)
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise lock_file.broken("It has no `version`, which uv writes at its top.")
    if version != 1:
        raise lock_file.unknown_version(version, "version 1, with any `revision`")
    return document


@dataclass(frozen=True, kw_only=True)
class _Files:
    """The wheels or the sdist of a package."""

    text: str = ""
    """As uv writes them; empty if they are written in another way."""
    tables: tuple[Document, ...] = ()

    @property
    def count(self) -> int:
        return self.text.count("{ ") or len(self.tables)

    @property
    def names(self) -> list[str]:
        """The names of the files, as far as their addresses tell them."""
        addresses = (*self.values("url"), *self.values("path"))
        return [unquote(one.partition("#")[0].rpartition("/")[2]) for one in addresses]

    def values(self, key: str) -> list[str]:
        """Return the values of a key, one for each file that has it."""
        if self.text:
            return re.findall(rf'[{{,] {key} = "([^"\\\n]*)"', self.text)
        return [str(table[key]) for table in self.tables if key in table]


@dataclass(frozen=True, kw_only=True)
class _UvTables:
    """Makes packages of the tables of a lock."""

    lock_file: LockFile
    document: Document
    files: Sequence[str]
    """What the numbers in the document stand for."""
    workspace: Workspace

    def lock(self) -> UvLock:
        """Return what the tables say.

        Raises LockBroken.
        """
        lock_file = self.lock_file
        listed = lock_file.tables(
            self.document.get("package", self.document.get("distribution")), "Its `package`"
        )
        self._refuse_wrong_lists()
        pins = [self._pin(table) for table in listed]
        self._refuse_missing(listed)
        packages = tuple(
            self._package(table, pin, problem)
            for table, (pin, problem) in zip(listed, pins, strict=True)
        )
        manifest = lock_file.table(self.document.get("manifest"), "Its `manifest`")
        members = self._members(packages, manifest)
        root = {
            str(canonicalize_name(group)): tuple(
                edge
                for entry in lock_file.tables(entries, f"The group `{group}`")
                for edge in self._root_edges(entry)
            )
            for group, entries in lock_file.table(
                manifest.get("dependency-groups"), "`dependency-groups`"
            ).items()
        }
        of_members = {group for one in members for group in one.groups}
        declared = {group for one in members for group in self._declared_groups(one)}
        groups = tuple(sorted(of_members | declared | root.keys()))
        return UvLock(
            lock_file=lock_file,
            requires_python=lock_file.text(
                self.document.get("requires-python"), "Its `requires-python`"
            ),
            default_index=self._default_index,
            groups=groups,
            extras=tuple(sorted({extra for one in members for extra in self._extras(one)})),
            is_consistent=not any(
                manifest.get(key) for key in ("overrides", "excludes", "dependency-metadata")
            ),
            default_groups=self.workspace.default_groups(groups),
            packages=packages,
            members=members,
            root_groups=root,
            environments=lock_file.texts(
                self.document.get("supported-markers"), "Its `supported-markers`"
            ),
            conflicts=tuple(self._conflicts()),
        )

    def _members(
        self, packages: Sequence[UvPackage], manifest: Mapping[str, Any]
    ) -> tuple[UvPackage, ...]:
        places = ("editable", "virtual", "directory")
        root = [
            one for one in packages if any(one.source.get(place) == "." for place in places)
        ]
        if root:
            return tuple(root)
        names = {canonicalize_name(name) for name in texts_in(manifest.get("members"))}
        return tuple(
            one
            for one in packages
            if one.node.pin.name in names and any(place in one.source for place in places)
        )

    def _declared_groups(self, member: UvPackage) -> Iterator[str]:
        """Yield the groups of a member, empty ones included, which have no edges."""
        metadata = table_in(self._by_name[member.node.pin.name][0], "metadata")
        for key in ("requires-dev", "dependency-groups"):
            yield from map(canonicalize_name, table_in(metadata, key))

    def _extras(self, member: UvPackage) -> Iterator[str]:
        yield from member.node.extra_edges
        metadata = table_in(self._by_name[member.node.pin.name][0], "metadata")
        yield from map(canonicalize_name, texts_in(metadata.get("provides-extras")))

    def _conflicts(self) -> Iterator[frozenset[str]]:
        found = self.document.get("conflicts", [])
        if not isinstance(found, list):
            raise self.lock_file.broken("Its `conflicts` is not a list.")
        for entries in found:
            yield frozenset(
                conflict_item(canonicalize_name(str(one["package"])), kind, name)
                for one in self.lock_file.tables(entries, "An entry of its `conflicts`")
                if "package" in one
                for kind, name in [
                    next(
                        (
                            (kind, canonicalize_name(str(one[kind])))
                            for kind in ("extra", "group")
                            if kind in one
                        ),
                        ("project", ""),
                    )
                ]
            )

    # Packages

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Document]]:
        found: dict[str, list[Document]] = {}
        for table in tables_in(self.document.get("package", self.document.get("distribution"))):
            found.setdefault(canonicalize_name(str(table.get("name", ""))), []).append(table)
        return found

    @cached_property
    def _pins(self) -> dict[int, tuple[Pin, str]]:
        return {}

    def _pin(self, table: Document) -> tuple[Pin, str]:
        """Return the pin of a package, and why it cannot be installed, if that is so."""
        if id(table) not in self._pins:
            self._pins[id(table)] = self._new_pin(table)
        return self._pins[id(table)]

    def _new_pin(self, table: Document) -> tuple[Pin, str]:
        name, version = table.get("name"), table.get("version", "")
        source = table.get("source")
        if not isinstance(name, str) or not name or not isinstance(version, str):
            raise self.lock_file.broken(
                "It has a package without a name or with a wrong version."
            )
        if not isinstance(source, dict) or not source:
            raise self.lock_file.broken(f"It does not say where {name} comes from.")
        if version:
            self.lock_file.version(version, name)
        wheels, sdists = self._files(table, "wheels"), self._files(table, "sdist")
        place, problem = self._place(name, source, (wheels, sdists))
        if isinstance(place, FromIndex) and not (wheels.count or sdists.count):
            raise self.lock_file.broken(f"It has no file for {f'{name} {version}'.strip()}.")
        if self.workspace.excludes("no-binary", name) and sdists.count:
            wheels = _Files()
        elif self.workspace.excludes("no-build", name) and wheels.count:
            sdists = _Files()
        hashes = (one for files in (wheels, sdists) for one in files.values("hash") if one)
        pin = Pin(
            name=canonicalize_name(name),
            version=version,
            source=place,
            hashes=self.lock_file.hashes(hashes, name),
            files=tuple(name for files in (wheels, sdists) for name in files.names),
            is_editable="editable" in source,
        )
        is_remote = isinstance(place, FromIndex) or (
            isinstance(place, FromFiles) and any("://" in one for one in place.files)
        )
        if is_remote and not problem and not pin.hashes:
            problem = _NO_HASHES
        return pin, problem

    def _files(self, table: Document, key: str) -> _Files:
        value = table.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value < len(self.files):
                raise self.lock_file.broken(f"`{key}` of {table.get('name')} is a number.")
            return _Files(text=self.files[value])
        if value is None:
            return _Files()
        what = f"`{key}` of {table.get('name')}"
        listed = [value] if key == "sdist" else value
        tables = self.lock_file.tables(listed, what) if listed != [{}] else []
        for one in tables:
            for part in ("url", "path", "hash"):
                self.lock_file.text(one.get(part), f"A `{part}` in {what}")
        return _Files(tables=tuple(tables))

    def _place(
        self, name: str, source: Mapping[str, Any], files: tuple[_Files, _Files]
    ) -> tuple[FromIndex | FromAddress | FromFiles | FromPath, str]:
        match source:
            case {"registry": str(url)}:
                return self._registry(url, files)
            case {"git": str(address)}:
                return self._repository(address)
            case {"url": str(address)}:
                folder = source.get("subdirectory")
                part = f"#subdirectory={folder}" if folder else ""
                whole = self.workspace.with_user_info(address)
                return FromAddress(address=f"{literal_address(whole)}{part}"), ""
            case (
                {"path": str(path)}
                | {"directory": str(path)}
                | {"editable": str(path)}
                | {"virtual": str(path)}
            ):
                place = posixpath.normpath(path)
                return FromPath(path=place), _OUTSIDE if is_outside(place) else ""
        raise self.lock_file.broken(
            f"Slipway does not know the kind of source of {name} in it."
        )

    def _repository(self, address: str) -> tuple[FromAddress, str]:
        base, _, commit = address.partition("#")
        base, _, query = base.partition("?")
        options = parse_qs(query, keep_blank_values=True)
        problem = ""
        if options.get("lfs", ["false"])[-1] == "true":
            problem = "Slipway does not get files of Git LFS for a package."
        elif "path" in options:
            problem = _NOT_AN_ARCHIVE_IN_GIT
        elif not _REPOSITORY.match(base) or not _COMMIT.fullmatch(commit):
            raise self.lock_file.broken(
                f"`{without_credentials(address)}` does not name a commit of a repository."
            )
        folder = options.get("subdirectory", [""])[-1]
        part = f"#subdirectory={folder}" if folder else ""
        whole = self.workspace.with_user_info(base)
        return FromAddress(address=f"git+{literal_address(whole)}@{commit}{part}"), problem

    def _registry(
        self, url: str, files: tuple[_Files, _Files]
    ) -> tuple[FromIndex | FromFiles | FromPath, str]:
        if "://" not in url:
            named = [one for listed in files for one in listed.values("path")]
            paths = [posixpath.normpath(posixpath.join(url, unquote(one))) for one in named]
            problem = _OUTSIDE if any(map(is_outside, (*paths, url))) else ""
            if len(paths) == 1:
                return FromPath(path=paths[0]), problem
            return FromFiles(files=tuple(sorted(paths))), problem
        if url.startswith("file:"):
            return FromIndex(index=Index(url=url, tool="uv")), _OUTSIDE
        known = self.workspace.index_at(url)
        if known and known.is_flat:
            urls = [one for listed in files for one in listed.values("url")]
            return FromFiles(files=tuple(sorted(urls))), ""
        if known:
            return FromIndex(index=None if known.is_default else known.index), ""
        is_default = is_same_index(url, self._usual_registry)
        return FromIndex(index=None if is_default else Index(url=url, tool="uv")), ""

    @cached_property
    def _usual_registry(self) -> str:
        """The index that no file of the app names: the public one, or one of a variable."""
        default = self.workspace.default_index
        if default:
            return default.url
        counted = Counter(
            url
            for listed in self._by_name.values()
            for table in listed
            for url in [table_in(table, "source").get("registry")]
            if isinstance(url, str) and "://" in url and not self.workspace.index_at(url)
        )
        return counted.most_common(1)[0][0] if counted else ""

    @property
    def _default_index(self) -> Index | None:
        default: UvIndex | None = self.workspace.default_index
        if default:
            return default.index
        url = self._usual_registry
        return Index(url=url, tool="uv") if url else None

    # Dependencies

    def _package(self, table: Document, pin: Pin, problem: str) -> UvPackage:
        extras, older, newer = (
            self.lock_file.table(table.get(key), f"`{key}` of {pin.name}")
            for key in ("optional-dependencies", "dev-dependencies", "dependency-groups")
        )
        groups = {**newer, **older}
        source = {key: str(value) for key, value in table_in(table, "source").items()}
        return UvPackage(
            node=Node(
                pin=pin,
                edges=self._edges(pin, table.get("dependencies")),
                extra_edges={
                    canonicalize_name(extra): self._edges(pin, entries)
                    for extra, entries in extras.items()
                },
            ),
            source=source,
            groups={
                canonicalize_name(group): self._edges(pin, entries)
                for group, entries in groups.items()
            },
            is_installed="virtual" not in source,
            problem=problem,
        )

    def _edges(self, pin: Pin, entries: object) -> tuple[Edge, ...]:
        listed = self.lock_file.tables(entries, f"A list of dependencies of {pin.name}")
        return tuple(self._edge(pin, entry) for entry in listed)

    def _edge(self, pin: Pin, entry: Mapping[str, Any]) -> Edge:
        name = self.lock_file.name(entry.get("name"))
        pins = frozenset(
            self._pin(table)[0]
            for table in self._by_name.get(name, ())
            if all(
                entry[key] == table.get(key) for key in ("version", "source") if key in entry
            )
        )
        if not pins:
            wanted = " ".join((name, str(entry.get("version", "")))).strip()
            raise self.lock_file.broken(f"{pin.name} needs {wanted}, which is not in it.")
        return Edge(
            name=name,
            marker=self._marker(entry, name),
            extras=self._extras_of(entry, "extra", name),
            accepts=pins.__contains__,
        )

    def _root_edges(self, entry: Mapping[str, Any]) -> Iterator[Edge]:
        """Yield a requirement of a root that is not a project, which names no version."""
        name = self.lock_file.name(entry.get("name"))
        if name not in self._by_name:
            raise self.lock_file.broken(f"A group needs {name}, which is not in it.")
        for table in self._by_name[name]:
            forks = " or ".join(f"({one})" for one in texts_in(table.get("resolution-markers")))
            parts = [f"({one})" for one in (self._marker(entry, name), forks) if one]
            pin = self._pin(table)[0]
            yield Edge(
                name=name,
                marker=" and ".join(parts),
                extras=self._extras_of(entry, "extras", name),
                accepts=frozenset({pin}).__contains__,
            )

    def _marker(self, entry: Mapping[str, Any], name: str) -> str:
        return self.lock_file.text(entry.get("marker"), f"The marker of {name}")

    def _extras_of(self, entry: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
        extras = self.lock_file.texts(entry.get(key), f"`{key}` of {name}")
        return tuple(map(canonicalize_name, extras))

    def _refuse_wrong_lists(self) -> None:
        """Refuse lists of strings that have something else: no marker or name may be lost."""
        manifest = self.lock_file.table(self.document.get("manifest"), "Its `manifest`")
        self.lock_file.table(self.document.get("options"), "Its `options`")
        for table, keys in (
            (self.document, ("resolution-markers", "supported-markers", "required-markers")),
            (manifest, ("members",)),
            *(
                (one, ("resolution-markers",))
                for listed in self._by_name.values()
                for one in listed
            ),
        ):
            for key in keys:
                self.lock_file.texts(table.get(key), f"`{key}`")

    def _refuse_missing(self, listed: Iterable[Document]) -> None:
        """Refuse a lock that is cut off where a table ends: it has no package for the app."""
        names = {canonicalize_name(str(table.get("name", ""))) for table in listed}
        root = self.workspace.root.name
        if root and root not in names:
            # A project with another name was renamed since, which is another error.
            sources = [table_in(table, "source") for table in listed]
            if not any(
                source.get(key) == "." for source in sources for key in ("virtual", "editable")
            ):
                raise self.lock_file.broken(f"It has no package for the app itself, {root}.")
