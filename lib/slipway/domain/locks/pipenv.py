"""Read Pipfile.lock.

The format is JSON without a specification, and Pipenv's own reader needs all of Pipenv. This
follows its `requirement_from_lockfile`, which is also behind `pipenv requirements`.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.addresses import VCS
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
from slipway.domain.locks.lock_file import NO_HASH, LockFile, shown
from slipway.domain.packaging_text import parse_specifiers
from slipway.domain.requirements.lines import marker_applies
from slipway.domain.requirements.pipfile import (
    DEV_PACKAGES,
    NOT_CATEGORIES,
    PACKAGES,
    categories,
    entry_marker,
    local_path,
    repository,
    required_python,
    specifier,
    with_braces,
)
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.errors.app import FileNotToml
from slipway.errors.locks import LockSourceUnsupported

_SPEC = 6
_META, _DEFAULT, _DEVELOP = "_meta", "default", "develop"
_URL_HASH = re.compile(r"[#&](sha256=[0-9A-Fa-f]{64})(?:&|$)")
_UNNAMED = re.compile(r"[0-9a-f]{7}")
"""What old versions of Pipenv call a path."""


@dataclass(frozen=True, kw_only=True)
class _PipfileEntry:
    category: str
    """Normalized, as in the lock: `default`, `develop` and others."""
    name: str
    """Normalized."""
    marker: str
    pin: Pin | None
    """None if the lock has no version for it, or for the `error`."""
    error: LockSourceUnsupported | None = None
    """Why it cannot be installed."""


@dataclass(frozen=True, kw_only=True)
class PipfileLock:
    lock_file: LockFile
    requires_python: str
    default_index: Index | None
    other_indexes: tuple[Index, ...]
    groups: tuple[str, ...]
    entries: tuple[_PipfileEntry, ...]
    extras: tuple[str, ...] = ()
    is_consistent: bool = True

    @property
    def file(self) -> str:
        return self.lock_file.file

    @property
    def tool(self) -> str:
        return self.lock_file.tool

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        """Return every pin FromPath that `select` may return, for any Python."""
        pins = (one.pin for one in self._chosen(choice))
        return tuple(
            dict.fromkeys(pin for pin in pins if pin and isinstance(pin.source, FromPath))
        )

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        """Return what is installed for a Python, sorted by name, each name once.

        Raises LockNotForThisPython, LockBroken, LockSourceUnsupported.
        """
        version = markers["python_full_version"]
        if not parse_specifiers(self.requires_python).contains(version, prereleases=True):
            needs = f"Python {self.requires_python}"
            raise self.lock_file.not_for(needs, markers, is_platform=False)
        pins: dict[str, Pin] = {}
        for entry in self._chosen(choice):
            if not marker_applies(entry.marker, markers):
                continue
            if entry.error:
                raise entry.error
            if entry.pin is None:
                raise self.lock_file.broken(
                    f"It has no version for {entry.name}, which this build needs. Pipenv "
                    "leaves out that of a package that is not needed where `pipenv lock` runs."
                )
            other = pins.setdefault(entry.name, entry.pin)
            if (other.version, other.source) != (entry.pin.version, entry.pin.source):
                raise self.lock_file.broken(
                    f"It has {entry.name} twice: {_words(other)} and {_words(entry.pin)}."
                )
        return tuple(pins[name] for name in sorted(pins))

    def _chosen(self, choice: Choice) -> Iterator[_PipfileEntry]:
        chosen = {_DEFAULT, *(_section(group) for group in choice.groups or ())}
        return (entry for entry in self.entries if entry.category in chosen)


def _section(group: str) -> str:
    """Return the normalized name that the lock has for a category of the Pipfile."""
    return {PACKAGES: _DEFAULT, DEV_PACKAGES: _DEVELOP}.get(group, group)


def _words(pin: Pin) -> str:
    return pin.version or "without a version"


# Reading


def read_pipfile_lock(text: str, file: str, read: ReadText) -> BroughtLock:
    """Read Pipfile.lock, and compare it with the Pipfile next to it.

    Raises LockBroken, LockVersionUnknown, LockOutdated, FileNotToml.
    """
    made_from = posixpath.join(posixpath.dirname(file), "Pipfile")
    lock_file = LockFile(
        file=file, tool="Pipenv", made_from=made_from, commands=("pipenv lock",)
    )
    document = lock_file.json(text)
    meta = lock_file.table(document.get(_META), "`_meta`")
    if not meta:
        raise lock_file.broken("It does not say what it was made from (`_meta`).")
    if "pipfile-spec" not in meta:
        raise lock_file.broken("It does not say the version of its format (`pipfile-spec`).")
    if meta["pipfile-spec"] != _SPEC or isinstance(meta["pipfile-spec"], bool):
        raise lock_file.unknown_version(meta["pipfile-spec"], f"version {_SPEC}")
    pipfile = parse_toml(read(made_from) or "", made_from)
    _refuse_outdated(lock_file, document, meta, pipfile)
    _refuse_incomplete(lock_file, document, pipfile)
    indexes = _indexes(meta, lock_file)
    searches_all = table_in(pipfile, "pipenv").get("install_search_all_sources")
    entries = tuple(_entries(document, pipfile, lock_file, indexes, read))
    sections = {canonicalize_name(name) for name in document if name not in (_META, _DEFAULT)}
    groups = {DEV_PACKAGES if section == _DEVELOP else section for section in sections}
    return PipfileLock(
        lock_file=lock_file,
        requires_python=_requires_python(meta, lock_file),
        default_index=indexes[0] if indexes else None,
        other_indexes=tuple(indexes[1:]) if searches_all is True else (),
        groups=tuple(sorted(groups)),
        entries=entries,
    )


def _requires_python(meta: Document, lock_file: LockFile) -> str:
    requires = lock_file.table(meta.get("requires"), "`requires`")
    try:
        return required_python(requires)
    except InvalidSpecifier:
        version = requires.get("python_full_version") or requires.get("python_version")
        raise lock_file.broken(f"The Python that it requires is {shown(version)}.") from None


def _indexes(meta: Document, lock_file: LockFile) -> list[Index]:
    found = []
    for entry in lock_file.tables(meta.get("sources"), "`sources`"):
        url = lock_file.text(entry.get("url"), "The address of a source")
        if not url:
            raise lock_file.broken("A source has no address.")
        index = Index(
            url=with_braces(url),
            name=lock_file.text(entry.get("name"), "The name of a source"),
            tool="Pipenv",
            is_verified=entry.get("verify_ssl") is not False,
        )
        found.append(index)
    return found


def _entries(
    document: Document,
    pipfile: Document,
    lock_file: LockFile,
    indexes: Sequence[Index],
    read: ReadText,
) -> Iterator[_PipfileEntry]:
    declared: dict[str, dict[str, object]] = {
        _section(canonicalize_name(category)): {
            canonicalize_name(name): entry for name, entry in table.items()
        }
        for category, table in categories(pipfile).items()
    }
    for section, table in document.items():
        if section == _META:
            continue
        category = canonicalize_name(section)
        for written, value in lock_file.table(table, f"`{section}`").items():
            name = lock_file.name(written)
            entry = {"version": value} if isinstance(value, str) else value
            found = lock_file.table(entry, f"The entry of {name}")
            pin, error = None, None
            try:
                pin = _pin(found, name, lock_file, indexes, read)
            except LockSourceUnsupported as unsupported:
                error = unsupported  # it counts only if the package is installed
            markers = [_marker(found, name, lock_file)]
            if pin is None and error is None:
                # For such an entry, some versions of Pipenv forget where it applies.
                own = declared.get(category, {}).get(name)
                markers.append(_marker(own, name, lock_file) if isinstance(own, dict) else "")
            yield _PipfileEntry(
                category=category,
                name=pin.name if pin else name,
                marker=" and ".join(f"({one})" for one in markers if one),
                pin=replace(pin, is_editable=found.get("editable") is True) if pin else None,
                error=error,
            )


def _marker(entry: Mapping[str, object], name: str, lock_file: LockFile) -> str:
    return lock_file.marker(entry_marker(entry), name)


def _pin(
    entry: Document, name: str, lock_file: LockFile, indexes: Sequence[Index], read: ReadText
) -> Pin | None:
    """Return a pin; None if it has no version."""
    vcs = next((one for one in VCS if one in entry), None)
    if vcs is not None:
        address = lock_file.text(entry[vcs], f"`{vcs}` of {name}")
        reference = lock_file.text(entry.get("ref"), f"`ref` of {name}")
        place = repository(vcs, address, entry)
        if place is None:
            raise lock_file.unsupported(name, address, "The repository is not at a URL.")
        lock_file.refuse_repository(vcs, address, reference, name)
        return Pin(name=name, source=FromAddress(address=place))
    for key in ("file", "path"):
        if key in entry:
            return _file(
                lock_file.text(entry[key], f"`{key}` of {name}"), name, lock_file, read
            )
    version = specifier(lock_file.text(entry.get("version"), f"The version of {name}"))
    if not version:
        return None
    if not version.startswith("=="):
        raise lock_file.broken(
            f"The version of {name} is {shown(version)}, which is not exact."
        )
    exact = lock_file.version(version.lstrip("=").strip(), name)
    hashes = lock_file.hashes(lock_file.texts(entry.get("hashes"), f"`hashes` of {name}"), name)
    if not hashes:
        raise lock_file.broken(
            f"It has no hash for {name} {exact}, so nothing says which files belong to it."
        )
    place_of = _index(entry, name, lock_file, indexes)
    return Pin(name=name, version=exact, source=place_of, hashes=hashes)


def _file(written: str, name: str, lock_file: LockFile, read: ReadText) -> Pin:
    # Hashes here are those that the index has for the name, which Pipenv does not check.
    if "://" in written and not written.startswith("file:"):
        found = _URL_HASH.search(written)
        if found is None:
            reason = (
                "Pipenv locks no hash of a file at an address. In the Pipfile, add "
                "`#sha256=` and the hash of the file to its address, and run `pipenv lock`."
            )
            raise lock_file.unsupported(name, written, reason)
        return Pin(
            name=name,
            source=FromAddress(address=with_braces(written.partition("#")[0])),
            hashes=(found[1].lower().replace("=", ":"),),
        )
    path = lock_file.path(local_path(written), name)
    if _UNNAMED.fullmatch(name):
        name = _own_name(posixpath.join(path, "pyproject.toml"), read) or name
    return Pin(name=name, source=FromPath(path=path))


def _own_name(file: str, read: ReadText) -> str | None:
    try:
        name = table_in(parse_toml(read(posixpath.normpath(file)) or "", file), "project").get(
            "name"
        )
    except FileNotToml:
        return None  # finding the vendored packages reports it
    return canonicalize_name(name) if isinstance(name, str) else None


def _index(
    entry: Document, name: str, lock_file: LockFile, indexes: Sequence[Index]
) -> FromIndex:
    """Return the index of an entry: the first one, unless it names another.

    https://pipenv.pypa.io/en/latest/indexes.html
    """
    written = lock_file.text(entry.get("index"), f"`index` of {name}")
    if not written:
        return FromIndex()
    for index in indexes:
        if written == index.name or with_braces(written) == index.url:
            return FromIndex(index=None if index is indexes[0] else index)
    raise lock_file.broken(
        f"{name} comes from the index {shown(written)}, which is not among its sources."
    )


# The comparison with the Pipfile


def _refuse_outdated(
    lock_file: LockFile, document: Document, meta: Document, pipfile: Document
) -> None:
    """Compare the hash of the Pipfile's content, as each version of Pipenv computes it.

    Raises LockOutdated, LockBroken.
    """
    digest = lock_file.table(meta.get("hash"), "`hash`").get("sha256")
    if isinstance(digest, str) and digest in _content_hashes(pipfile, meta):
        return
    versions: dict[str, list[str]] = {}
    for section, table in document.items():
        for name, entry in table.items() if isinstance(table, dict) else ():
            version = entry.get("version") if isinstance(entry, dict) else entry
            exact = version.lstrip("=") if isinstance(version, str) and version != "*" else ""
            if section != _META:
                versions.setdefault(canonicalize_name(name), []).extend(filter(None, [exact]))
    differences = (*lock_file.differences(_requirements(pipfile), versions),)
    if digest != NO_HASH or differences:
        raise lock_file.outdated(differences)


def _refuse_incomplete(lock_file: LockFile, document: Document, pipfile: Document) -> None:
    """Raise LockBroken if a lock has no main packages, and the Pipfile has some."""
    packages = table_in(pipfile, PACKAGES)
    # Pipenv may leave out a package that its marker excludes where the lock is made.
    is_needed = any(
        not entry_marker(entry) if isinstance(entry, dict) else True
        for entry in packages.values()
    )
    if (packages and _DEFAULT not in document) or (is_needed and not document[_DEFAULT]):
        raise lock_file.broken(
            f"It has none of the packages that {lock_file.made_from} lists in [packages]: "
            f"`{_DEFAULT}` is missing or empty."
        )


def _requirements(pipfile: Document) -> Iterator[str]:
    for table in categories(pipfile).values():
        for name, entry in table.items():
            version = entry.get("version") if isinstance(entry, dict) else entry
            is_elsewhere = isinstance(entry, dict) and {*VCS, "file", "path"} & entry.keys()
            yield name if is_elsewhere else f"{name}{specifier(version)}"


def _content_hashes(pipfile: Document, meta: Document) -> Iterator[str]:
    # Pipenv adds its default source to a Pipfile without one, and the lock then has that.
    head = {
        "sources": pipfile.get("source", meta.get("sources", [])),
        "requires": pipfile.get("requires", {}),
    }
    own = {
        name: table
        for name, table in pipfile.items()
        if name not in {*NOT_CATEGORIES, PACKAGES, DEV_PACKAGES, _DEFAULT, _DEVELOP}
        or name == "build-system"
    }
    sections = {
        _DEFAULT: pipfile.get(PACKAGES, {}),
        _DEVELOP: pipfile.get(DEV_PACKAGES, {}),
    }
    # Since 2026 with normalized names; since 2022.8 with the other categories.
    for hashed in (
        {name: _normalized(table) for name, table in {**sections, **own}.items()},
        {**sections, **own},
        sections,
    ):
        content = {_META: head, **hashed}
        # Dates are never in what Pipenv hashes, because JSON has none.
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
        yield hashlib.sha256(text.encode()).hexdigest()


def _normalized(table: object) -> object:
    if not isinstance(table, dict):
        return table
    return {canonicalize_name(name): entry for name, entry in table.items()}
