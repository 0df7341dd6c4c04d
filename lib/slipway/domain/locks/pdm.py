"""Read pdm.lock.

The format has no specification and no library: PDM's own reader needs all of PDM. This follows
its `models/repositories/lock.py`, for what PDM has written since version 4.0 of the format.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from slipway.domain.addresses import VCS
from slipway.domain.locks.brought import (
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
    ReadText,
)
from slipway.domain.locks.graph import Edge, Node, reachable
from slipway.domain.locks.lock_file import LockFile, shown, without_files
from slipway.domain.locks.pdm_project import (
    DEFAULT_GROUP,
    PUBLIC,
    Source,
    app_pin,
    content_hashes,
    declared_sources,
    fits_inputs,
    has_patterns,
    requirements_by_group,
    sources_of,
)
from slipway.domain.locks.pdm_targets import LockTarget, read_targets
from slipway.domain.packaging_text import parse_requirement
from slipway.domain.requirements.lines import (
    LineKind,
    marker_applies,
    read_lines,
    with_relative_paths,
)
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.errors.locks import LockSourceUnsupported
from slipway.errors.stopped import BuildStopped

_KNOWN = "versions 4.0 to 4.5"
_VERSION = re.compile(r"4\.[0-5](\.\d{1,9})?")
_FILES = re.compile(
    r'^(?P<key>(?:files|"[^"\\\n]+") = )\[\n'
    r'(?P<files>(?:    \{(?:file|url) = "[^"\\\n]*", hash = "[^"\\\n]*"\},\n)+)\]$',
    re.MULTILINE,
)
"""A list of files as PDM writes it."""
_FILE = re.compile(r'= "([^"]*)", hash = "([^"]*)"')
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class _PdmPackage:
    """An entry of the lock: a package, alone or with some of its extras."""

    pin: Pin
    marker: str
    groups: frozenset[str]
    """Normalized; empty: it does not say, or any."""
    extras: str
    """Joined, as a lock has one entry for each set of extras that is required together."""
    dependencies: tuple[str, ...]
    error: LockSourceUnsupported | None
    """Why it cannot be installed; its pin then has no source."""


@dataclass(frozen=True, kw_only=True)
class PdmLock:
    lock_file: LockFile
    requires_python: str
    default_index: Index | None
    other_indexes: tuple[Index, ...]
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    is_consistent: bool
    packages: tuple[_PdmPackage, ...]
    inherits_metadata: bool
    """Whether each entry says in which groups and where it is needed."""
    targets: tuple[LockTarget, ...]
    required: Mapping[str, Sequence[str]]
    """Group, normalized -> the requirements that pyproject.toml has for it."""
    excluded: frozenset[str]
    """The names that PDM never installs."""
    app: Pin | None
    """The app itself, if it is a package."""

    @property
    def file(self) -> str:
        return self.lock_file.file

    @property
    def tool(self) -> str:
        return self.lock_file.tool

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        """Return every pin FromPath that `select` may return, for any Python."""
        chosen = self._chosen(choice)
        pins = {
            one.pin: None
            for one in self.packages
            if isinstance(one.pin.source, FromPath)
            and one.pin.name not in self.excluded
            and (not self.inherits_metadata or not one.groups or one.groups & chosen)
        }
        return (*([self.app] if self.app else []), *pins)

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        """Return what is installed for a Python, sorted by name, each name once.

        Raises LockNotForThisPython, LockBroken, LockSourceUnsupported.
        """
        self._refuse_other_targets(markers)
        chosen = self._chosen(choice)
        if self.inherits_metadata:
            selected = [
                one
                for one in self.packages
                if (not one.groups or one.groups & chosen)
                and marker_applies(one.marker, markers)
            ]
        else:
            selected = self._follow(chosen, markers)
        selected = [one for one in selected if one.pin.name not in self.excluded]
        self._refuse_missing(selected, chosen, markers)
        for one in selected:
            if one.error:
                raise one.error
        # If two targets differ in what no marker tells, PDM takes the last one too.
        pins = {one.pin.name: one.pin for one in selected}
        if self.app:
            pins[self.app.name] = self.app
        return tuple(pins[name] for name in sorted(pins))

    def _chosen(self, choice: Choice) -> frozenset[str]:
        return frozenset((DEFAULT_GROUP, *(choice.groups or ()), *choice.extras))

    def _refuse_other_targets(self, markers: Mapping[str, str]) -> None:
        """Raise LockNotForThisPython if the lock was made for other environments."""
        version = markers["python_full_version"]
        fitting = [target for target in self.targets if target.has_python(version)]
        if not self.targets or any(target.is_on(markers) for target in fitting):
            return
        targets = " or ".join(str(target) for target in self.targets[:5])
        raise self.lock_file.not_for(targets, markers, is_platform=bool(fitting))

    def _follow(self, chosen: frozenset[str], markers: Mapping[str, str]) -> list[_PdmPackage]:
        """Return the packages that the chosen groups lead to."""
        nodes: dict[Pin, list[_PdmPackage]] = {}
        for one in self.packages:
            nodes.setdefault(one.pin, []).append(one)
        paths = {pin.source.path: pin.name for pin in nodes if isinstance(pin.source, FromPath)}
        graph = [
            Node(
                pin=pin,
                edges=tuple(_edges(_without_extras(entries), paths)),
                extra_edges={
                    one.extras: tuple(_edges(one.dependencies, paths))
                    for one in entries
                    if one.extras
                },
            )
            for pin, entries in nodes.items()
        ]
        roots = [
            edge for group in chosen for edge in _edges(self.required.get(group, ()), paths)
        ]
        found = reachable(roots, graph, lambda marker: marker_applies(marker, markers))
        return [one for node in found for one in nodes[node.pin]]

    def _refuse_missing(
        self,
        selected: Sequence[_PdmPackage],
        chosen: frozenset[str],
        markers: Mapping[str, str],
    ) -> None:
        """Raise LockBroken for a package that is required, and that the lock does not have.

        A lock that was cut off between two packages is valid TOML.
        """
        names = {one.pin.name for one in self.packages} | self.excluded
        if self.app:
            names.add(self.app.name)
        required = [("The app", self.required.get(group, ())) for group in sorted(chosen)]
        required += [(one.pin.name, one.dependencies) for one in selected]
        for name, texts in required:
            for text in texts:
                found = _NAME.match(text)
                if found is None or canonicalize_name(found[0]) in names:
                    continue
                edge = next(_edges((text,), {}), None)
                if edge is not None and (
                    not edge.marker or marker_applies(edge.marker, markers)
                ):
                    raise self.lock_file.broken(
                        f"{name} requires {edge.name}, and the lock does not have it."
                    )


def _without_extras(entries: Iterable[_PdmPackage]) -> tuple[str, ...]:
    return tuple(text for one in entries if not one.extras for text in one.dependencies)


def _edges(requirements: Iterable[str], paths: Mapping[str, str]) -> Iterator[Edge]:
    """Yield the requirements of an entry or of pyproject.toml; those not valid are left out.

    `paths` has the names of the packages that the lock takes from the app, which a
    requirement may name by its path alone.
    """
    for text in requirements:
        try:
            requirement = parse_requirement(with_relative_paths(text))
        except InvalidRequirement:
            yield from _local_edges(text, paths)
            continue
        specifier = requirement.specifier
        yield Edge(
            name=canonicalize_name(requirement.name),
            marker=str(requirement.marker or ""),
            extras=(_joined(requirement.extras),) if requirement.extras else (),
            accepts=_accepts(specifier) if specifier else None,
        )


def _accepts(specifier: SpecifierSet) -> Callable[[Pin], bool]:
    return lambda pin: not pin.version or specifier.contains(pin.version, prereleases=True)


def _local_edges(text: str, paths: Mapping[str, str]) -> Iterator[Edge]:
    try:
        [line] = read_lines(with_relative_paths(text), "pyproject.toml", {})
    except (BuildStopped, ValueError):
        return
    if line.kind is LineKind.DIRECT:
        name = line.name or paths.get(posixpath.normpath(line.local_path or "-"))
        if name:
            extras = (_joined(line.extras.strip("[]").split(",")),) if line.extras else ()
            yield Edge(name=name, marker=line.marker, extras=extras)


def _joined(extras: Iterable[str]) -> str:
    return ",".join(sorted(canonicalize_name(one.strip()) for one in extras))


# Reading


def read_pdm_lock(text: str, file: str, read: ReadText) -> BroughtLock:
    """Read pdm.lock, and compare it with pyproject.toml next to it.

    Raises LockBroken, LockVersionUnknown, LockOutdated, FileNotToml.
    """
    folder = posixpath.dirname(file)
    made_from = posixpath.join(folder, "pyproject.toml")
    lock_file = LockFile(file=file, tool="PDM", made_from=made_from, commands=("pdm lock",))
    short, lists = without_files(text, _FILES)
    document = lock_file.toml(short)
    metadata = lock_file.table(document.get("metadata"), "`metadata`")
    version = metadata.get("lock_version")
    if version is None:
        raise lock_file.broken("It does not say the version of its format (`lock_version`).")
    if not isinstance(version, str):
        raise lock_file.broken(
            f'Its `lock_version` is {shown(version)}, which is not a string such as `"4.5.0"`.'
        )
    if not _VERSION.fullmatch(version):
        raise lock_file.unknown_version(version, _KNOWN)
    project = parse_toml(read(made_from) or "", made_from)
    sources = declared_sources(project)
    packages = tuple(_packages(document, lists, lock_file, sources))
    asks_all = any(one.pin.source == FromIndex() and not one.error for one in packages)
    required = requirements_by_group(project)
    _refuse_outdated(lock_file, metadata, project, packages, read)
    locked = metadata.get("groups")
    groups = lock_file.texts(locked, "`groups`") if locked is not None else tuple(required)
    names = sorted({canonicalize_name(group) for group in groups} - {DEFAULT_GROUP})
    optional = table_in(project, "project", "optional-dependencies")
    resolution = table_in(project, "tool", "pdm", "resolution")
    excluded = resolution.get("excludes")
    targets = tuple(read_targets(lock_file, metadata))
    return PdmLock(
        lock_file=lock_file,
        requires_python=_required_python(project, targets),
        default_index=next(
            (one.index for one in sources if one.is_default and not one.index.is_page), None
        ),
        other_indexes=tuple(_for_all(sources)) if asks_all else (),
        groups=tuple(names),
        extras=tuple(sorted({canonicalize_name(one) for one in optional} & {*names})),
        is_consistent=not (resolution.get("overrides") or excluded),
        packages=packages,
        inherits_metadata="inherit_metadata"
        in lock_file.texts(metadata.get("strategy"), "`strategy`"),
        targets=targets,
        required=required,
        excluded=frozenset(
            canonicalize_name(one)
            for one in (excluded if isinstance(excluded, list) else ())
            if isinstance(one, str)
        ),
        app=app_pin(project, folder),
    )


def _required_python(project: Document, targets: Sequence[LockTarget]) -> str:
    """Return the Pythons of the project that all targets are for, if they are for the same."""
    declared = table_in(project, "project").get("requires-python")
    of_targets = {str(one) for target in targets for one in target.requires_python}
    parts = [declared] if isinstance(declared, str) else []
    if len(of_targets) == 1:
        parts += of_targets - {*parts}
    return ",".join(filter(None, parts))


def _refuse_outdated(
    lock_file: LockFile,
    metadata: Document,
    project: Document,
    packages: Sequence[_PdmPackage],
    read: ReadText,
) -> None:
    """Compare a lock with pyproject.toml, as PDM does: by a hash, or by what the lock records.

    Raises LockOutdated.
    """
    versions: dict[str, list[str]] = {}
    for one in packages:
        versions.setdefault(one.pin.name, []).extend(filter(None, [one.pin.version]))
    texts = [text for group in requirements_by_group(project).values() for text in group]
    lock_file = replace(lock_file, commands=("pdm lock --update-reuse",))
    if "lock_inputs" in metadata:
        differences = [*lock_file.differences(texts, versions)]
        if not differences and not fits_inputs(metadata["lock_inputs"], project):
            changed = "has other groups, sources or settings for PDM than those that"
            differences = [f"{lock_file.made_from} {changed} {lock_file.file} was made from."]
        if differences:
            raise lock_file.outdated(differences)
        return
    algorithm, _, digest = str(metadata.get("content_hash", "")).partition(":")
    if algorithm != "sha256" or not digest:
        reason = f"{lock_file.file} does not say what it was made from (`content_hash`)."
        raise lock_file.outdated((reason,))
    folder = posixpath.dirname(lock_file.file)
    places = [one.pin.source.path for one in packages if isinstance(one.pin.source, FromPath)]
    if digest in content_hashes(project, folder, read, places):
        return
    differences = [*lock_file.differences(texts, versions)]
    # PDM hashes every member, but those that are no packages are not in the lock.
    if differences or not has_patterns(project):
        raise lock_file.outdated(differences)


def _packages(
    document: Document, lists: Sequence[str], lock_file: LockFile, sources: Sequence[Source]
) -> Iterator[_PdmPackage]:
    # Version 4.2 and earlier have the files apart.
    files = lock_file.table(table_in(document, "metadata").get("files"), "`metadata.files`")
    for entry in lock_file.tables(document.get("package"), "`package`"):
        name = lock_file.name(entry.get("name"))
        written = lock_file.text(entry.get("version"), f"The version of {name}")
        version = lock_file.version(written, name) if written else ""
        listed = entry.get("files", files.get(f"{entry['name']} {written}"))
        groups = lock_file.texts(entry.get("groups"), f"`groups` of {name}")
        error = None
        try:
            files_of = _files(listed, lists, name, lock_file)
            pin = _pin(entry, name, version, files_of, lock_file, sources)
        except LockSourceUnsupported as unsupported:
            error = unsupported  # it counts only if the package is installed
            pin = Pin(name=name, version=version, source=FromIndex())
        yield _PdmPackage(
            pin=pin,
            error=error,
            marker=lock_file.marker(entry.get("marker"), name),
            groups=frozenset(canonicalize_name(group) for group in groups),
            extras=_joined(lock_file.texts(entry.get("extras"), f"`extras` of {name}")),
            dependencies=lock_file.texts(
                entry.get("dependencies"), f"`dependencies` of {name}"
            ),
        )


def _files(
    listed: object, lists: Sequence[str], name: str, lock_file: LockFile
) -> list[tuple[str, str]]:
    """Return the name or address, and the hash, of each file of a package."""
    if isinstance(listed, int) and 0 <= listed < len(lists):
        return _FILE.findall(lists[listed])
    return [
        (
            lock_file.text(one.get("url", one.get("file")), f"The name of a file of {name}"),
            lock_file.text(one.get("hash"), f"A hash of {name}"),
        )
        for one in lock_file.tables(listed, f"`files` of {name}")
    ]


def _pin(
    entry: Document,
    name: str,
    version: str,
    files: Sequence[tuple[str, str]],
    lock_file: LockFile,
    sources: Sequence[Source],
) -> Pin:
    hashes = lock_file.hashes((digest for _, digest in files), name)
    urls = [one for one, _ in files if "://" in one]
    part = lock_file.text(entry.get("subdirectory"), f"`subdirectory` of {name}")
    vcs = next((one for one in VCS if one in entry), None)
    if vcs is not None:
        address = lock_file.text(entry[vcs], f"`{vcs}` of {name}")
        revision = lock_file.text(entry.get("revision"), f"`revision` of {name}")
        if not revision:
            reason = (
                "PDM records no commit for an editable package. Remove `-e` from its "
                "requirement, and run `pdm lock --update-reuse`."
            )
            raise lock_file.unsupported(name, f"{vcs}+{address}", reason)
        lock_file.refuse_repository(vcs, address, revision, name)
        prefix = "" if address.startswith(f"{vcs}+") else f"{vcs}+"
        fragment = f"#subdirectory={part}" if part else ""
        place = f"{prefix}{address}@{revision}{fragment}"
        return Pin(name=name, version=version, source=FromAddress(address=place))
    if "path" in entry:
        path = lock_file.text(entry["path"], f"`path` of {name}")
        whole = lock_file.path(posixpath.join(path, part), name)
        return Pin(
            name=name,
            version=version,
            source=FromPath(path=whole),
            hashes=hashes,
            is_editable=entry.get("editable") is True,
        )
    if "url" in entry:
        return _archive(entry, name, version, hashes, part, lock_file)
    if not version:
        raise lock_file.broken(f"It has no version for {name}.")
    if not hashes:
        if any("@" in one.index.url for one in sources):
            reason = (
                "The lock has no hash of it. PDM locks none for a source with a password if "
                "`respect-source-order` is set. Remove that setting, and run `pdm lock`."
            )
            raise lock_file.unsupported(name, _names(sources_of(name, sources)), reason)
        raise lock_file.broken(f"It has no hash for {name} {version}.")
    place_of = _index(name, urls, lock_file, sources)
    names = tuple(one.rpartition("/")[2] for one, _ in files if one)
    required = entry.get("requires_python")
    return Pin(
        name=name,
        version=version,
        source=place_of,
        hashes=hashes,
        files=names,
        requires_python=required if isinstance(required, str) else "",
    )


def _archive(
    entry: Document,
    name: str,
    version: str,
    hashes: tuple[str, ...],
    part: str,
    lock_file: LockFile,
) -> Pin:
    address = lock_file.text(entry["url"], f"`url` of {name}")
    local = with_relative_paths(address)
    if local.startswith("file:./"):
        path = lock_file.path(posixpath.join(unquote(local[len("file:") :]), part), name)
        return Pin(name=name, version=version, source=FromPath(path=path), hashes=hashes)
    if address.startswith("file:") or "://" not in address:
        raise lock_file.unsupported(name, address, "The address is a file of one machine.")
    if not hashes:
        raise lock_file.broken(f"It has no hash for {name}, which is at an address.")
    base = address.partition("#")[0]
    fragment = f"#subdirectory={part}" if part else ""
    return Pin(
        name=name,
        version=version,
        source=FromAddress(address=f"{base}{fragment}"),
        hashes=hashes,
    )


def _index(
    name: str, urls: Sequence[str], lock_file: LockFile, sources: Sequence[Source]
) -> FromIndex | FromFiles:
    """Return where a package comes from, if the hashes or the project decide it.

    Raises LockSourceUnsupported.
    """
    fitting, others = sources_of(name, sources), _for_all(sources)
    [first, *more] = fitting
    if not more:
        is_default = first.is_default and not first.index.is_page
        return FromIndex(index=None if is_default and not others else first.index)
    if urls:
        return FromFiles(files=tuple(urls))
    if first.is_default and not first.index.is_page and [one.index for one in more] == others:
        return FromIndex()
    reason = (
        "The lock does not say which of these it comes from. For each source, write the "
        "packages that it has in `include_packages`, and run `pdm lock --update-reuse`."
    )
    raise lock_file.unsupported(name, _names(fitting), reason)


def _for_all(sources: Sequence[Source]) -> list[Index]:
    """Return what PDM asks in addition to its default source, whatever the package is."""
    return [one.index for one in sources if one.is_for_all and not one.is_default]


def _names(sources: Iterable[Source]) -> str:
    return " or ".join(
        "the default index" if one is PUBLIC else one.index.name for one in sources
    )
