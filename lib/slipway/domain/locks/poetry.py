"""Read poetry.lock, which Poetry writes.

https://python-poetry.org/docs/basic-usage/#committing-your-poetrylock-file-to-version-control

No library reads it without Poetry itself, which needs 40 packages and asks an index. Since
version 2.1 of the format, which Poetry 2.0 introduced, the lock says for each package which
groups need it, and when. Older locks are read by poetry_graph.py.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.markers import InvalidMarker
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import (
    BroughtLock,
    Choice,
    FromAddress,
    FromIndex,
    FromPath,
    Index,
    Pin,
    ReadText,
)
from slipway.domain.locks.lock_file import NO_HASH, LockFile, shown, without_files
from slipway.domain.locks.markers import holds
from slipway.domain.locks.poetry_content_hash import is_fresh
from slipway.domain.python.requests import poetry_specifier
from slipway.domain.requirements.declared_sources import SourceKind, place_of
from slipway.domain.requirements.dependencies import is_package
from slipway.domain.requirements.poetry_constraints import alternatives, python_marker
from slipway.domain.requirements.poetry_package import missing_module, without_package
from slipway.domain.requirements.poetry_project import (
    InvalidDependency,
    PoetryProject,
    read_poetry_project,
)
from slipway.domain.toml_text import Document, parse_toml, table_in, tables_in
from slipway.errors.app import FileNotToml
from slipway.errors.locks import LockBroken

_TOOL = "Poetry"
_MAIN = "main"
_WITH_GROUPS = "2.1"
_VERSIONS = ("1.0", "1.1", "2.0", _WITH_GROUPS)
_IN_APP = ("directory", "file")
_OF_INDEX = ("", "legacy")
_FILES = re.compile(
    r'^(?P<key>[\w."-]+ = )\[\n'
    r'(?P<files>(?:    \{file = "[^"\\\n]*", hash = "[^"\\\n]*"\},\n)+)\]$',
    re.MULTILINE,
)
"""A list of files as Poetry writes it."""
_HASH = re.compile(r', hash = "([^"]*)"')
_FILE = re.compile(r'\{file = "([^"]*)"')


def read_poetry_lock(text: str, file: str, read: ReadText) -> BroughtLock:
    """Read a lock, and compare it with pyproject.toml by the hash that Poetry puts into it.

    Raises LockBroken, LockVersionUnknown, LockOutdated.
    """
    project = posixpath.join(posixpath.dirname(file), "pyproject.toml")
    lock_file = LockFile(file=file, tool=_TOOL, made_from=project, commands=("poetry lock",))
    short, files = without_files(text, _FILES)
    document = lock_file.toml(short)
    metadata = lock_file.table(document.get("metadata"), "[metadata]")
    version = metadata.get("lock-version")
    if version is None:
        raise lock_file.broken(
            "It has no `lock-version`: it is incomplete, or a Poetry before 1.0 wrote it."
        )
    if version not in _VERSIONS:
        raise lock_file.unknown_version(version, known=f"{', '.join(_VERSIONS[:-1])} and 2.1")
    made_from = _made_from(lock_file, read)
    found = PoetryLock(
        lock_file=lock_file,
        format=version,
        metadata=metadata,
        packages=tuple(_packages(lock_file, document)),
        files=files,
        locked_extras=_extras(lock_file, document),
        document=without_package(made_from) if missing_module(made_from, read) else made_from,
    )
    found.refuse_outdated(text)
    return found


def _packages(lock_file: LockFile, document: Document) -> Iterator[Package]:
    for entry in lock_file.tables(document.get("package"), "`package`"):
        name = lock_file.name(entry.get("name"))
        version = lock_file.version(
            lock_file.text(entry.get("version"), f"The version of {name}"), name
        )
        source = lock_file.table(entry.get("source"), f"The source of {name}")
        for key in ("type", "subdirectory"):
            lock_file.text(source.get(key), f"`{key}` of the source of {name}")
        yield Package(name=name, version=version, entry=entry)


def _extras(lock_file: LockFile, document: Document) -> Mapping[str, tuple[str, ...]]:
    table = lock_file.table(document.get("extras"), "[extras]")
    return {
        canonicalize_name(name): lock_file.texts(names, f"The extra {shown(name)}")
        for name, names in table.items()
    }


def _made_from(lock_file: LockFile, read: ReadText) -> Document:
    text = read(lock_file.made_from)
    if text is None:
        raise lock_file.broken(
            f"It was made from a {lock_file.made_from}, which the app does not have."
        )
    try:
        return parse_toml(text, lock_file.made_from)
    except FileNotToml as error:
        raise lock_file.broken(f"{lock_file.made_from} is not TOML: {error.reason}.") from None


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package of the lock; its table is read where it is needed."""

    name: str
    """Normalized."""
    version: str
    entry: Document = field(compare=False)

    @property
    def source(self) -> Document:
        return table_in(self.entry, "source")

    @property
    def source_type(self) -> str:
        """As Poetry names it; empty for the public index."""
        return str(self.source.get("type", ""))

    @property
    def is_editable(self) -> bool:
        return self.entry.get("develop") is True

    @property
    def requires_python(self) -> str:
        """As a specifier; empty for any Python."""
        written = self.entry.get("python-versions")
        return written if isinstance(written, str) and written != "*" else ""


@dataclass(frozen=True, kw_only=True)
class PoetryLock:
    """A poetry.lock, as BroughtLock."""

    lock_file: LockFile
    format: str
    metadata: Document
    packages: Sequence[Package]
    files: Sequence[str] = field(repr=False)
    """The lists of files that numbers in the lock stand for."""
    locked_extras: Mapping[str, tuple[str, ...]]
    """The extras of the app -> the names of their packages."""
    document: Document
    """pyproject.toml, without the app itself if there is nothing to package."""

    @property
    def file(self) -> str:
        return self.lock_file.file

    @property
    def tool(self) -> str:
        return _TOOL

    @property
    def is_consistent(self) -> bool:
        return True

    @cached_property
    def requires_python(self) -> str:
        try:
            is_any = "" in alternatives(self._python_versions)
        except InvalidSpecifier:
            raise self._bad_python() from None
        return "" if is_any else poetry_specifier(self._python_versions) or ""

    @property
    def other_indexes(self) -> tuple[Index, ...]:
        return ()

    @cached_property
    def default_index(self) -> Index | None:
        """The index that packages without a source come from.

        A source that replaces the public index has its name next to each package. If only some
        packages have it, the others come from the public index, or were locked before.
        """
        name = self._replacing_source
        packages = [one for one in self.packages if one.source_type in _OF_INDEX]
        indexes = {self._index(one) for one in packages}
        if name and not any(index is None for index in indexes):
            of_name = [index for index in indexes if index and index.name == name]
            return of_name[0] if len(of_name) == 1 else None
        return None

    @cached_property
    def groups(self) -> tuple[str, ...]:
        return tuple(sorted(self.project.groups))

    @cached_property
    def extras(self) -> tuple[str, ...]:
        return tuple(sorted({*self.locked_extras, *self.project.extras}))

    @cached_property
    def project(self) -> PoetryProject:
        """What pyproject.toml declares. Raises LockBroken."""
        try:
            return read_poetry_project(self.document)
        except InvalidDependency as error:
            made_from = self.lock_file.made_from
            reason = f"Poetry cannot read {shown(error.text)} in {made_from}: {error.reason}."
            raise self.lock_file.broken(reason) from None

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        chosen = self._chosen(choice, None)
        local = (self._pin(one) for one in chosen if one.source_type in _IN_APP)
        return (*self._own(), *dict.fromkeys(local))

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        self._refuse_python(markers)
        pins: dict[str, Pin] = {}
        for package in self._chosen(choice, markers):
            other = pins.get(package.name)
            if other is not None:
                raise self.lock_file.broken(
                    f"It has {package.name} {other.version} and {package.version} for the same "
                    "Python."
                )
            pins[package.name] = self._pin(package)
        for pin in self._own():
            pins.setdefault(pin.name, pin)
        return tuple(sorted(pins.values(), key=lambda pin: pin.name))

    def refuse_outdated(self, text: str) -> None:
        """Compare the lock with pyproject.toml. Raises LockOutdated."""
        digest = self.metadata.get("content-hash")
        if digest is None:
            reason = f"{self.file} does not say what it was made from (`content-hash`)."
            raise self.lock_file.outdated((reason,))
        differences = tuple(self._differences()) if digest == NO_HASH else ()
        if differences or not is_fresh(text, digest, self.format, self.document):
            raise self.lock_file.outdated(differences or self._differences())

    def _differences(self) -> Iterator[str]:
        """Yield what shows that the lock is outdated; often only the hash does."""
        versions: dict[str, list[str]] = {}
        for package in self.packages:
            found = versions.setdefault(package.name, [])
            if package.source_type in _OF_INDEX:
                found.append(package.version)
        try:
            required = self.project.required((), ())
        except LockBroken:
            return  # it changed into what Poetry cannot read either
        for dependency in required:
            with_address = replace(dependency, kind=None, marker="")
            try:
                requirement = with_address.requirement
            except InvalidDependency:
                continue
            yield from self.lock_file.differences([requirement], versions)

    def _chosen(self, choice: Choice, markers: Mapping[str, str] | None) -> Iterator[Package]:
        """Yield the packages that are installed; for any Python if no markers are given."""
        groups = {_MAIN, *(choice.groups or ())}
        if self.format != _WITH_GROUPS:
            from slipway.domain.locks.poetry_graph import needed_packages

            yield from needed_packages(self, groups - {_MAIN}, choice.extras, markers)
            return
        extras = frozenset(choice.extras)
        environment: dict[str, str | frozenset[str]] = {**(markers or {}), "extras": extras}
        for package in self.packages:
            if package.entry.get("optional") is True and not extras:
                continue  # only extras of the app need it
            names = self.lock_file.texts(
                package.entry.get("groups"), f"The groups of {package.name}"
            )
            needed_by = [name for name in names if canonicalize_name(name) in groups]
            conditions = [self._condition(package, group) for group in needed_by]
            if any(self._holds(one, environment, package, markers) for one in conditions):
                yield package

    def _condition(self, package: Package, group: str) -> str:
        """Return the marker that says when a group needs a package; empty for always."""
        marker = package.entry.get("markers")
        if isinstance(marker, dict):
            marker = marker.get(group)
        return self.lock_file.text(marker, f"The marker of {package.name}")

    def _holds(
        self,
        marker: str,
        environment: Mapping[str, str | frozenset[str]],
        package: Package,
        markers: Mapping[str, str] | None,
    ) -> bool:
        if not marker or markers is None:
            return True
        try:
            return holds(marker, environment)
        except InvalidMarker:
            reason = f"The marker of {package.name} is {shown(marker)}, which is not valid."
            raise self.lock_file.broken(reason) from None

    # Pins

    def _own(self) -> tuple[Pin, ...]:
        """Return the app itself, if it is a package."""
        if not is_package(self.document):
            return ()
        tables = (table_in(self.document, "project"), table_in(self.document, "tool", "poetry"))
        written = next((table["name"] for table in tables if "name" in table), "app")
        folder = posixpath.dirname(self.file) or "."
        return (Pin(name=canonicalize_name(str(written)), source=FromPath(path=folder)),)

    def _pin(self, package: Package) -> Pin:
        """Return a package as it is installed. Raises LockBroken, LockSourceUnsupported."""
        name, source = package.name, package.source
        url = self.lock_file.text(source.get("url"), f"The source of {name}")
        match package.source_type:
            case "directory" | "file":
                return Pin(
                    name=name,
                    version=package.version,
                    source=FromPath(path=self.lock_file.path(url, name)),
                    hashes=self._hashes(package) if package.source_type == "file" else (),
                    is_editable=package.is_editable,
                )
            case "git":
                address = FromAddress(address=self._repository(package, url))
                return Pin(
                    name=name,
                    version=package.version,
                    source=address,
                    is_editable=package.is_editable,
                )
            case "url":
                address = FromAddress(address=self._address(package, {"url": url}))
            case "" | "legacy":
                index = self._index(package)
                index = None if index == self.default_index else index
                return self._hashed(package, FromIndex(index=index))
            case other:
                reason = f"Slipway does not know sources of the type {shown(other)}."
                raise self.lock_file.unsupported(name, url or other, reason)
        return self._hashed(package, address)

    def _hashed(self, package: Package, source: FromIndex | FromAddress) -> Pin:
        hashes = self._hashes(package)
        if not hashes:
            raise self.lock_file.broken(
                f"It has no SHA-2 hash for {package.name} {package.version}."
            )
        return Pin(
            name=package.name,
            version=package.version,
            source=source,
            hashes=hashes,
            files=self._names(package),
            requires_python=package.requires_python,
        )

    def _names(self, package: Package) -> tuple[str, ...]:
        """Return the names of a package's files, if only this version has them."""
        files = package.entry.get("files")
        if isinstance(files, int) and 0 <= files < len(self.files):
            return tuple(_FILE.findall(self.files[files]))
        names = (one.get("file") for one in tables_in(files))
        return tuple(name for name in names if isinstance(name, str))

    def _hashes(self, package: Package) -> tuple[str, ...]:
        """Return the hashes of a package's files, which older Poetry put into [metadata].

        There a name may have the files of several versions; the pin has just one version.
        """
        name = package.name
        written = str(package.entry.get("name"))
        files = package.entry.get("files")
        if files is None and "hashes" in self.metadata:
            hashes = self.lock_file.table(self.metadata["hashes"], "`metadata.hashes`")
            plain = hashes.get(written)
            texts = self.lock_file.texts(plain, f"The hashes of {name}")
            return self.lock_file.hashes((f"sha256:{text}" for text in texts), name)
        if files is None:
            listed = self.lock_file.table(self.metadata.get("files"), "`metadata.files`")
            files = listed.get(written)
        if isinstance(files, int) and 0 <= files < len(self.files):
            return self.lock_file.hashes(_HASH.findall(self.files[files]), name)
        tables = self.lock_file.tables(files, f"The files of {name}")
        return self.lock_file.hashes(
            (self.lock_file.text(one.get("hash"), f"A hash of {name}") for one in tables), name
        )

    def _repository(self, package: Package, url: str) -> str:
        source = package.source
        # Poetry 1.0 has only the commit.
        commit = source.get("resolved_reference", source.get("reference"))
        commit = self.lock_file.text(commit, f"The commit of {package.name}")
        self.lock_file.refuse_repository("git", url, commit, package.name)
        return self._address(package, {"git": url, "rev": commit})

    def _address(self, package: Package, entry: Document) -> str:
        """Return an address as in PEP 508. Raises LockSourceUnsupported."""
        folder = package.source.get("subdirectory")
        if isinstance(folder, str) and folder:
            entry = {**entry, "subdirectory": folder}
        kind, target = place_of(entry) or (SourceKind.UNKNOWN, "")
        if kind is not SourceKind.ADDRESS:
            written = str(entry.get("git", entry.get("url")))
            raise self.lock_file.unsupported(package.name, written, target)
        return target

    def _index(self, package: Package) -> Index | None:
        """Return the index that a package comes from; None for the public one."""
        source = package.source
        if package.source_type != "legacy":
            return None
        url = self.lock_file.text(source.get("url"), f"The source of {package.name}")
        name = self.lock_file.text(source.get("reference"), f"The source of {package.name}")
        return Index(url=url, name=name, tool=_TOOL)

    @cached_property
    def _replacing_source(self) -> str:
        """Return the name of the source that Poetry asks instead of the public index."""
        # Poetry 1 asks the public index in addition to the primary sources.
        is_old = self.format != _WITH_GROUPS
        for table in tables_in(table_in(self.document, "tool", "poetry").get("source")):
            priority = table.get("priority", "secondary" if table.get("secondary") else "")
            is_default = table.get("default") is True or priority == "default"
            is_primary = not is_old and priority in ("", "primary")
            if (is_default or is_primary) and isinstance(table.get("name"), str):
                return str(table["name"])
        return ""

    # The Python

    @property
    def _python_versions(self) -> str:
        return (
            self.lock_file.text(self.metadata.get("python-versions"), "python-versions") or "*"
        )

    def _refuse_python(self, markers: Mapping[str, str]) -> None:
        """Raise LockNotForThisPython if the lock is for others."""
        try:
            marker = python_marker(self._python_versions)
            fits = not marker or holds(marker, markers)
        except (InvalidSpecifier, InvalidMarker):
            raise self._bad_python() from None
        if not fits:
            needs = f"Python {self._python_versions}"
            raise self.lock_file.not_for(needs, markers, is_platform=False)

    def _bad_python(self) -> LockBroken:
        written = shown(self._python_versions)
        return self.lock_file.broken(
            f"Its `python-versions` is {written}, which is not a constraint."
        )
