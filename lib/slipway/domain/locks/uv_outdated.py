"""Tell whether a uv.lock still fits the projects that it was made from, as `uv lock --check`.

uv records in the lock what each local project declares, and calls the lock outdated if that
differs. Two things are left out here: what only a build of a project can tell (dynamic
metadata), and what may come from the machine that wrote the lock: variables, or its user's
uv.toml. The tests compare the result with uv's own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from slipway.domain.locks.markers import (
    ALWAYS,
    Condition,
    are_same,
    is_possible,
    when,
    when_python,
)
from slipway.domain.locks.uv_workspace import (
    Project,
    Workspace,
    normalized_address,
    tables,
    texts,
)
from slipway.domain.packaging_text import parse_requirement, parse_specifiers, parse_version
from slipway.domain.redaction import redact
from slipway.domain.toml_text import Document, table_in
from slipway.errors.locks import LockOutdated

_UNCLEAR = ("unclear",)
"""The source of a requirement that only uv itself can compare."""
_ARCHIVE = re.compile(
    r".*\.(?:whl|zip|tar|tar\.(?:gz|bz2|xz|zst|lz|lzma)|tgz|tbz|txz|tlz)", re.I
)
_REFERENCES = ("rev", "tag", "branch")
_MOST = 5
_OPTIONS = {
    "resolution": ("resolution-mode", "highest"),
    "prerelease": ("prerelease-mode", "if-necessary-or-explicit"),
    "fork-strategy": ("fork-strategy", "requires-python"),
}
"""Keys of [tool.uv] -> their keys in the lock's [options], and the default."""
_LISTS = {
    "constraint-dependencies": "constraints",
    "override-dependencies": "overrides",
    "build-constraint-dependencies": "build-constraints",
}
"""Keys of [tool.uv] -> their keys in the lock's [manifest]."""


def refuse_outdated(document: Document, file: str, workspace: Workspace) -> None:
    """Compare a lock with the projects that it was made from.

    Raises LockOutdated, InvalidMarker, InvalidSpecifier, InvalidVersion.
    """
    comparison = _Comparison(document=document, file=file, workspace=workspace)
    found: list[str] = []
    changed = workspace.root.file
    for project, difference in comparison.differences():
        changed = changed if found else project.file
        found.append(difference)
        if len(found) == _MOST:
            break
    if found:
        raise LockOutdated(
            file=file,
            tool="uv",
            made_from=changed,
            differences=tuple(found),
            commands=("uv lock",),
        )


@dataclass(frozen=True, kw_only=True)
class _Declared:
    """A requirement, with the source that uv takes it from."""

    name: str
    """Normalized."""
    extras: frozenset[str] = frozenset()
    specifiers: SpecifierSet = SpecifierSet()
    source: tuple[str, ...] = ()
    """Empty for the usual indexes, else its kind and what it says."""
    condition: Condition = ALWAYS
    text: str
    """For messages."""


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    document: Document
    file: str
    workspace: Workspace

    def differences(self) -> Iterator[tuple[Project, str]]:
        """Yield each difference as a sentence, and the project that it is about."""
        root = self.workspace.root
        for difference in (
            *self._options(),
            *self._environments(),
            *self._conflicts(),
            *self._requires_python(),
            *self._members(),
            *self._root_lists(),
            *self._registries(),
        ):
            yield root, difference
        for project in (*self.workspace.members, *self.workspace.others):
            for difference in self._project(project):
                yield project, difference

    @property
    def _pythons(self) -> str:
        return str(self.document.get("requires-python", ""))

    # What counts for the whole lock

    def _options(self) -> Iterator[str]:
        options, settings = table_in(self.document, "options"), self.workspace.settings
        for key, (locked_key, default) in _OPTIONS.items():
            declared, locked = settings.get(key), options.get(locked_key, default)
            if isinstance(declared, str) and declared != locked:
                yield self._says(f'`{key} = "{declared}"`', f"`{locked}`")
        # A later date changes nothing that is locked.
        declared, locked = settings.get("exclude-newer"), options.get("exclude-newer")
        is_moving = "exclude-newer-span" in options
        if isinstance(declared, str) and not is_moving and _moment(declared):
            if locked is None or _is_earlier(declared, str(locked)):
                was = f"`{locked}`" if locked else "no date"
                yield self._says(f'`exclude-newer = "{declared}"`', was)

    def _says(self, declared: str, locked: str) -> str:
        return f"The settings of uv have {declared}, and {self.file} was made with {locked}."

    def _environments(self) -> Iterator[str]:
        uv = self.workspace.root.uv
        for key, locked_key in (
            ("environments", "supported-markers"),
            ("required-environments", "required-markers"),
        ):
            declared = _environment_texts(uv.get(key))
            locked = texts(self.document.get(locked_key))
            same = len(declared) == len(locked) and all(
                any(are_same(when(one), when(other), self._pythons) for other in locked)
                for one in declared
            )
            if not same:
                yield f"`{key}` in {self.workspace.root.file} has changed."

    def _conflicts(self) -> Iterator[str]:
        locked = {_conflict(one, "") for one in _lists(self.document.get("conflicts"))}
        declared = {
            _conflict(one, project.name)
            for project in (self.workspace.root, *self.workspace.members)
            for one in _lists(project.uv.get("conflicts"))
        }
        # uv adds sets with the groups of the app that include a conflicting one.
        included = _including_groups(self.workspace.root)
        added = (
            any(all(one in known or included.get(one, set()) & known for one in more) for known in declared)
            for more in locked - declared
        )
        if not (declared <= locked and all(added)):
            yield f"`conflicts` in {self.workspace.root.file} has changed."

    def _requires_python(self) -> Iterator[str]:
        declared = [
            text
            for project in self.workspace.members
            if isinstance(text := project.table.get("requires-python"), str)
        ]
        if declared and not _have_same_bounds(",".join(declared), self._pythons):
            written = " and ".join(f"`{one}`" for one in dict.fromkeys(declared))
            locked = f"`{self._pythons}`" if self._pythons else "any Python"
            yield f"The app's requires-python is {written}, and {self.file} is for {locked}."

    def _members(self) -> Iterator[str]:
        workspace = self.workspace
        locked = {
            canonicalize_name(name)
            for name in texts(table_in(self.document, "manifest").get("members"))
        }
        declared = {project.name for project in workspace.members}
        if len(declared) == 1 and workspace.is_project:
            declared = set()
        if workspace.are_members_known:
            for name in sorted(declared - locked):
                yield f"The project {name} is a member of the workspace, and not in {self.file}."
            for name in sorted(locked - declared):
                yield f"The workspace has no member {name}, which {self.file} was made for."
        required = self._required_members()
        for project in workspace.members:
            package = self._package(project)
            if package is None:
                if not (declared - locked):
                    yield f"{self.file} was made for another name than {project.name}."
                continue
            is_package = project.is_package(is_required=project.name in required)
            if is_package == ("virtual" in table_in(package, "source")):
                what = "a package" if is_package else "no package"
                yield f"{project.name} is {what}, which it was not when {self.file} was made."
            elif is_package:
                is_editable = required.get(project.name) is not False
                if is_editable != ("editable" in table_in(package, "source")):
                    yield f"`editable` has changed for the member {project.name}."

    def _required_members(self) -> Mapping[str, bool | None]:
        """Map the members that others need to what they say of `editable`."""
        found: dict[str, bool | None] = {}
        for project in (self.workspace.root, *self.workspace.members):
            for written in table_in(project.uv, "sources"):
                name = canonicalize_name(written)
                for entry in tables(project.sources_of(name)):
                    if entry.get("workspace") is True and name != project.name:
                        editable = entry.get("editable")
                        known = found.get(name)
                        found[name] = editable if isinstance(editable, bool) else known
        return found

    def _root_lists(self) -> Iterator[str]:
        root, manifest = self.workspace.root, table_in(self.document, "manifest")
        for key, locked_key in _LISTS.items():
            declared = root.uv.get(key)
            if key == "override-dependencies" and any(tables(declared)):
                continue  # overrides of one package, which have been added to uv since
            yield from self._compared(
                [one for text in texts(declared) for one in self._lowered(text, root)],
                [*map(self._locked, tables(manifest.get(locked_key)))],
                f"`{key}`",
            )
        if _written(root.uv.get("exclude-dependencies")) != _written(manifest.get("excludes")):
            yield f"`exclude-dependencies` in {root.file} has changed."
        metadata = self.workspace.settings.get("dependency-metadata")
        if _written(metadata) != _written(manifest.get("dependency-metadata")):
            yield f"`dependency-metadata` in {root.file} has changed."
        if not self.workspace.is_project:
            groups = table_in(manifest, "dependency-groups")
            yield from self._compared_groups(root, groups, with_empty=False)

    def _registries(self) -> Iterator[str]:
        """Yield the indexes of direct dependencies that the files no longer name.

        Without a default index in a file, it may be the public one, or one of a variable.
        """
        if not self.workspace.default_index:
            return
        needed = {
            canonicalize_name(str(edge.get("name", "")))
            for project in self.workspace.members
            if (package := self._package(project))
            for edge in tables(package.get("dependencies"))
        }
        for package in tables(self.document.get("package")):
            url = table_in(package, "source").get("registry")
            if canonicalize_name(str(package.get("name", ""))) in needed and isinstance(
                url, str
            ):
                if "://" in url and not self.workspace.index_at(url):
                    yield f"{self.file} has the index `{redact(url)}`, which no file of the app names."
                    return

    # What one project declares

    def _package(self, project: Project) -> Document | None:
        for package in tables(self.document.get("package", self.document.get("distribution"))):
            places = [
                source
                for key in ("editable", "virtual", "directory")
                if isinstance(source := table_in(package, "source").get(key), str)
            ]
            if places and posixpath.normpath(places[0]) == project.folder:
                name = canonicalize_name(str(package.get("name", "")))
                return package if name == project.name else None
        return None

    @property
    def _has_metadata(self) -> bool:
        """Whether the lock has what projects declare: uv can leave that out of new locks."""
        revision = self.document.get("revision")
        is_new = isinstance(revision, int) and revision > 3
        packages = tables(self.document.get("package", self.document.get("distribution")))
        return not is_new or any("metadata" in package for package in packages)

    def _project(self, project: Project) -> Iterator[str]:
        package = self._package(project)
        if package is None or not project.table:
            return
        yield from self._version(project, package)
        if not self._has_metadata:
            return
        metadata = table_in(package, "metadata")
        revision = self.document.get("revision")
        is_first = not isinstance(revision, int) or revision < 1
        optional = table_in(project.table, "optional-dependencies")
        is_static = not {"dependencies", "optional-dependencies"} & {*project.dynamic}
        if is_static and not is_first:
            declared = {*map(canonicalize_name, optional)}
            locked = {*map(canonicalize_name, texts(metadata.get("provides-extras")))}
            for name in sorted(declared ^ locked):
                has, other = (
                    (project.file, self.file) if name in declared else (self.file, project.file)
                )
                yield f"{has} has the extra `{name}`, and {other} does not."
        has_own_extras = any(one.name == project.name for one in self._requirements(project))
        # The backend of a package with a dynamic version may resolve extras of its own.
        if is_static and not ("version" not in package and has_own_extras):
            yield from self._compared(
                [*self._requirements(project)],
                [*map(self._locked, tables(metadata.get("requires-dist")))],
                project.file,
            )
        groups = {
            **table_in(metadata, "dependency-groups"),
            **table_in(metadata, "requires-dev"),
        }
        yield from self._compared_groups(project, groups, with_empty=not is_first)

    def _version(self, project: Project, package: Mapping[str, Any]) -> Iterator[str]:
        declared, locked = project.table.get("version"), package.get("version")
        is_dynamic = "version" in project.dynamic
        if is_dynamic and isinstance(locked, str):
            yield f"The version of {project.name} is dynamic, and {self.file} has {locked}."
        elif isinstance(declared, str) and locked is None:
            yield f"The version of {project.name} is {declared}, and {self.file} has none."
        elif isinstance(declared, str) and isinstance(locked, str):
            try:
                is_same = parse_version(declared) == parse_version(locked)
            except InvalidVersion:
                is_same = declared == locked
            if not is_same:
                yield f"The version of {project.name} is {declared}, and {self.file} has {locked}."

    def _requirements(self, project: Project) -> Iterator[_Declared]:
        for text in texts(project.table.get("dependencies")):
            yield from self._lowered(text, project)
        for written, entries in table_in(project.table, "optional-dependencies").items():
            extra = canonicalize_name(written)
            for text in texts(entries):
                for one in self._lowered(text, project, extra=extra):
                    yield replace(one, condition=one.condition & when(f"extra == '{extra}'"))

    def _compared_groups(
        self, project: Project, groups: Mapping[str, Any], *, with_empty: bool
    ) -> Iterator[str]:
        declared = self._groups(project)
        locked = {
            canonicalize_name(group): [*map(self._locked, tables(entries))]
            for group, entries in groups.items()
        }
        for group in sorted(declared.keys() | locked.keys()):
            if with_empty and (group in declared) != (group in locked):
                if group in declared:
                    yield f"{project.file} has the group `{group}`, and {self.file} does not."
                else:
                    yield f"{self.file} has the group `{group}`, and {project.file} does not."
            else:
                yield from self._compared(
                    declared.get(group, []),
                    locked.get(group, []),
                    f"The group `{group}` in {project.file}",
                )

    def _groups(self, project: Project) -> dict[str, list[_Declared]]:
        tables_of = table_in(project.document, "dependency-groups")
        written = {canonicalize_name(name): entries for name, entries in tables_of.items()}
        pythons = {
            canonicalize_name(name): str(value.get("requires-python", ""))
            for name, value in table_in(project.uv, "dependency-groups").items()
            if isinstance(value, dict)
        }
        found: dict[str, list[_Declared]] = {}
        for group in written:
            found[group] = [
                replace(one, condition=one.condition & python)
                for text, python in _group_texts(group, written, pythons, ())
                for one in self._lowered(text, project, group=group)
            ]
        if "dev-dependencies" in project.uv:
            older = found.setdefault("dev", [])
            for text in texts(project.uv["dev-dependencies"]):
                older += self._lowered(text, project, group="dev")
        return found

    # Requirements

    def _lowered(
        self, text: str, project: Project, *, extra: str = "", group: str = ""
    ) -> Iterator[_Declared]:
        """Yield a requirement once for each of its sources, as uv does.

        https://docs.astral.sh/uv/concepts/projects/dependencies/#multiple-sources
        """
        try:
            parsed = parse_requirement(text)
        except InvalidRequirement:
            yield _Declared(name=text, source=("invalid",), text=redact(text))
            return
        name = canonicalize_name(parsed.name)
        plain = _Declared(
            name=name,
            extras=frozenset(map(canonicalize_name, parsed.extras)),
            specifiers=parsed.specifier,
            source=_address(parsed.url) if parsed.url else (),
            condition=when(str(parsed.marker)) if parsed.marker else ALWAYS,
            text=redact(text),
        )
        owner, entries = project, project.sources_of(name)
        if entries is None and project in (*self.workspace.members, self.workspace.root):
            owner, entries = self.workspace.root, self.workspace.root.sources_of(name)
        if entries is None or project.uv.get("no-sources") is True:
            yield plain
            return
        covered: Condition | None = None
        for entry in entries:
            if not isinstance(entry, dict):
                yield replace(plain, source=_UNCLEAR)
                return
            for key, own in (("extra", extra), ("group", group)):
                if key in entry and canonicalize_name(str(entry[key])) != own:
                    break
            else:
                marker = when(str(entry.get("marker", "")))
                covered = marker if covered is None else covered | marker
                condition = plain.condition & marker
                if is_possible(condition):
                    source = self._source(entry, project, owner)
                    is_index = not source or source[0] == "index"
                    yield replace(
                        plain,
                        source=source,
                        specifiers=plain.specifiers if is_index else SpecifierSet(),
                        condition=condition,
                    )
        if covered is None:
            yield plain
        elif covered != ALWAYS:
            rest = plain.condition & ~covered
            if is_possible(rest):
                yield replace(plain, condition=rest)

    def _source(
        self, entry: Mapping[str, Any], project: Project, owner: Project
    ) -> tuple[str, ...]:
        """Return the source that an entry of [tool.uv.sources] stands for.

        `owner` is the project whose file has the entry, whose folder is where paths start.
        """
        match entry:
            case {"git": str(address)}:
                reference = next((str(entry[one]) for one in _REFERENCES if one in entry), "")
                return _repository(
                    address.removeprefix("git+"),
                    reference,
                    str(entry.get("subdirectory", "")),
                )
            case {"url": str(address)}:
                return _archive(address, str(entry.get("subdirectory", "")))
            case {"path": str(path)}:
                place = posixpath.normpath(posixpath.join(owner.folder, path))
                if posixpath.isabs(place):
                    return _UNCLEAR
                if _ARCHIVE.fullmatch(place):
                    return ("archive", place)
                return _folder(place, is_editable=entry.get("editable") is True)
            case {"workspace": True}:
                return ("member",)
            case {"index": str(name)}:
                known = (*project.indexes, *self.workspace.root.indexes)
                url = next((one.url for one in known if one.name == name), "")
                if "://" not in url:
                    return _UNCLEAR if not url else ("index", "(local)", *_chosen(entry))
                return ("index", normalized_address(url), *_chosen(entry))
        return _UNCLEAR

    def _locked(self, entry: Mapping[str, Any]) -> _Declared:
        """Read a requirement of the lock, where uv has found the source."""
        name = canonicalize_name(str(entry.get("name", "")))
        extras = texts(entry.get("extras", entry.get("extra")))
        specifiers, marker = str(entry.get("specifier", "")), str(entry.get("marker", ""))
        source: tuple[str, ...] = ()
        match entry:
            case {"git": str(address)}:
                base, _, query = address.partition("#")[0].partition("?")
                options = dict(parse_qsl(query, keep_blank_values=True))
                reference = next((options[one] for one in _REFERENCES if one in options), "")
                source = _repository(base, reference, options.get("subdirectory", ""))
            case {"url": str(address)}:
                source = _archive(address, str(entry.get("subdirectory", "")))
            case {"path": str(path)}:
                source = ("archive", posixpath.normpath(path))
            case {"directory": str(path)} | {"editable": str(path)} | {"virtual": str(path)}:
                source = _folder(posixpath.normpath(path), is_editable="editable" in entry)
            case {"index": str(url)}:
                conflict = entry.get("conflict")
                chosen = _chosen(conflict) if isinstance(conflict, dict) else ()
                is_local = url.startswith("file:") or "://" not in url
                source = ("index", "(local)" if is_local else normalized_address(url), *chosen)
        if source[:1] == ("folder",) and source[1] in self._member_folders:
            source = ("member",)
        shown = "".join(
            (
                name,
                f"[{','.join(extras)}]" if extras else "",
                specifiers,
                f" from {redact(source[-1] or source[1])}" if source[1:] else "",
                f" ; {marker}" if marker else "",
            )
        )
        return _Declared(
            name=name,
            extras=frozenset(map(canonicalize_name, extras)),
            specifiers=parse_specifiers(specifiers),
            source=source,
            condition=when(marker),
            text=shown,
        )

    @property
    def _member_folders(self) -> frozenset[str]:
        return frozenset(project.folder for project in self.workspace.members)

    def _compared(
        self, declared: Sequence[_Declared], locked: Sequence[_Declared], place: str
    ) -> Iterator[str]:
        """Yield what differs in two lists, whatever their order; `place` has the first one."""
        unclear = {one.name for one in declared if one.source == _UNCLEAR}
        first, second = _by_key(declared, unclear), _by_key(locked, unclear)
        shown: set[str] = set()
        for key in dict.fromkeys((*first, *second)):
            mine, theirs = first.get(key), second.get(key)
            if key[0] in shown:
                continue
            if mine and theirs and _are_same(mine, theirs, self._pythons):
                continue
            shown.add(key[0])
            yield _difference(
                [one.text for one in declared if one.name == key[0]],
                [one.text for one in locked if one.name == key[0]],
                place,
                self.file,
            )


def _by_key(
    requirements: Iterable[_Declared], unclear: Iterable[str]
) -> dict[tuple[object, ...], list[Condition]]:
    found: dict[tuple[object, ...], list[Condition]] = {}
    for one in requirements:
        if one.name not in unclear:
            key = (one.name, one.extras, one.specifiers, one.source)
            found.setdefault(key, []).append(one.condition)
    return found


def _are_same(first: Sequence[Condition], second: Sequence[Condition], pythons: str) -> bool:
    return are_same(_any_of(first), _any_of(second), pythons)


def _any_of(conditions: Sequence[Condition]) -> Condition:
    found = conditions[0]
    for one in conditions[1:]:
        found |= one
    return found


def _difference(declared: Sequence[str], locked: Sequence[str], place: str, file: str) -> str:
    mine, theirs = (
        " and ".join(f"`{one}`" for one in dict.fromkeys(texts_))
        for texts_ in (declared, locked)
    )
    if not theirs:
        return f"{place} has {mine}, which {file} was made without."
    if not mine:
        return f"{file} was made for {theirs}, which {place} does not have."
    return f"{place} has {mine}, and {file} was made for {theirs}."


# Sources


def _repository(address: str, reference: str, subdirectory: str) -> tuple[str, ...]:
    base = normalized_address(address.partition("#")[0].partition("?")[0])
    folder = posixpath.normpath(subdirectory) if subdirectory else ""
    return ("git", base, folder, reference)


def _archive(address: str, subdirectory: str) -> tuple[str, ...]:
    base, _, fragment = address.partition("#")
    if not subdirectory:
        subdirectory = dict(parse_qsl(fragment)).get("subdirectory", "")
    folder = posixpath.normpath(subdirectory) if subdirectory else ""
    return ("url", normalized_address(base), folder)


def _address(url: str) -> tuple[str, ...]:
    """Return the source of a requirement with an address."""
    if url.startswith("git+"):
        base, _, fragment = url.removeprefix("git+").partition("#")
        scheme, _, rest = base.partition("://")
        before, slash, path = rest.partition("/")
        path, _, reference = path.partition("@")
        subdirectory = dict(parse_qsl(fragment)).get("subdirectory", "")
        return _repository(f"{scheme}://{before}{slash}{path}", reference, subdirectory)
    return _UNCLEAR if url.startswith("file:") or "://" not in url else _archive(url, "")


def _folder(path: str, *, is_editable: bool) -> tuple[str, ...]:
    return ("folder", path, "editable" if is_editable else "")


def _chosen(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the extra or group that the entry of an index is for."""
    return tuple(
        f"{key} {canonicalize_name(str(entry[key]))}"
        for key in ("extra", "group")
        if key in entry
    )


# Groups, Pythons and dates


def _group_texts(
    group: str,
    written: Mapping[str, object],
    pythons: Mapping[str, str],
    parents: tuple[str, ...],
) -> Iterator[tuple[str, Condition]]:
    """Yield the requirements of a group and of those that it includes: PEP 735."""
    entries = written.get(group)
    if group in parents or not isinstance(entries, list):
        return
    python = when_python(pythons[group]) if pythons.get(group) else ALWAYS
    for entry in entries:
        if isinstance(entry, str):
            yield entry, python
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            included = canonicalize_name(entry["include-group"])
            for text, inner in _group_texts(included, written, pythons, (*parents, group)):
                yield text, python & inner


def _conflict(entries: object, project: str) -> frozenset[str]:
    return frozenset(
        " ".join(
            (
                canonicalize_name(str(one.get("package", project))),
                *(
                    f"{kind} {canonicalize_name(str(one[kind]))}"
                    for kind in ("extra", "group")
                    if kind in one
                ),
            )
        )
        for one in tables(entries)
    )


def _including_groups(project: Project) -> Mapping[str, set[str]]:
    """Map each group of a project, as in _conflict, to the groups that it includes."""
    written = {
        canonicalize_name(name): entries
        for name, entries in table_in(project.document, "dependency-groups").items()
    }
    found: dict[str, set[str]] = {}
    for group in written:
        waiting, included = [group], set[str]()
        for name in waiting:  # the loop appends to it
            for entry in tables(written.get(name)):
                inner = canonicalize_name(str(entry.get("include-group", "")))
                if inner not in included:
                    included.add(inner)
                    waiting.append(inner)
        item = f"{project.name} group {group}"
        found[item] = {f"{project.name} group {one}" for one in included}
    return found


def _lists(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list) else ()


def _environment_texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else texts(value)


def _written(value: object) -> object:
    """Return a value in which the order of lists, and how names are written, does not count."""
    if isinstance(value, list):
        return sorted((_written(one) for one in value), key=repr)
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items()}
    if isinstance(value, str):
        try:
            parsed = parse_requirement(value)
        except InvalidRequirement:
            return value
        return str(parsed).replace(parsed.name, canonicalize_name(parsed.name), 1)
    return [] if value is None else value


def _have_same_bounds(first: str, second: str) -> bool:
    """Return whether two ranges of Pythons begin and end with the same one, as uv compares."""
    if first == second:
        return True
    named = re.findall(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}", f"{first} {second}")
    pythons = {(3, minor, patch) for minor in range(45) for patch in (0, 1)}
    for text in named:
        major, minor, patch, *_ = (*map(int, text.split(".")), 0, 0)
        pythons |= {
            (major, minor, 0),
            (major, minor, max(patch - 1, 0)),
            (major, minor, patch),
            (major, minor, patch + 1),
            (major, minor + 1, 0),
        }
    versions = [Version(".".join(map(str, one))) for one in sorted(pythons)]
    bounds = []
    for text in (first, second):
        specifiers = parse_specifiers(text)
        fitting = [one for one in versions if specifiers.contains(one, prereleases=True)]
        bounds.append((fitting[:1], fitting[-1:]))
    return bounds[0] == bounds[1]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None


def _is_earlier(declared: str, locked: str) -> bool:
    """Return whether a date is earlier; without a time, it is a day of some time zone."""
    first, second = _moment(declared), _moment(locked)
    if first is None or second is None:
        return False
    margin = timedelta(days=0 if ":" in declared else 2)
    return first.replace(tzinfo=None) + margin < second.replace(tzinfo=None)
