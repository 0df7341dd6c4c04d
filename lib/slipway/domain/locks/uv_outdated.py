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
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from slipway.domain.locks.markers import (
    NEVER,
    Condition,
    are_same,
    pythons_around,
    when,
)
from slipway.domain.locks.uv_declared import UNCLEAR, Declared, Requirements
from slipway.domain.locks.uv_workspace import (
    Project,
    Workspace,
)
from slipway.domain.packaging_text import parse_requirement, parse_specifiers, parse_version
from slipway.domain.redaction import redact
from slipway.domain.toml_text import Document, table_in, tables_in, texts_in
from slipway.errors.locks import LockOutdated

_MOST = 5
_DEEPEST = 10
_OPTIONS = {
    "resolution": ("resolution-mode", "highest"),
    "prerelease": ("prerelease-mode", "if-necessary-or-explicit"),
    "fork-strategy": ("fork-strategy", "requires-python"),
}
"""Keys of [tool.uv] -> their keys in the lock's [options], and the default."""
_SPAN = re.compile(
    r"P(?P<iso>[0-9]{1,5})(?P<iso_unit>[WD])"
    r"|(?P<count>[0-9]{1,5}) ?(?P<unit>(?:week|day|hour)s?)",
    re.IGNORECASE,
)
"""The usual ones of what uv reads: https://docs.astral.sh/uv/reference/settings/#exclude-newer"""
_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1)}
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
class _Comparison:
    document: Document
    file: str
    workspace: Workspace

    @cached_property
    def _packages(self) -> Sequence[Document]:
        return tables_in(self.document.get("package", self.document.get("distribution")))

    @cached_property
    def _requirements(self) -> Requirements:
        return Requirements(workspace=self.workspace)

    def differences(self) -> Iterator[tuple[Project, str]]:
        """Yield each difference as a sentence, and the project that it is about."""
        root = self.workspace.root
        for difference in (
            *self._options(),
            *self._environments(),
            *self._conflicts(),
            *self._requires_python(),
            *(tuple(self._members()) or self._kinds()),
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
        if difference := self._exclude_newer(options):
            yield difference
        # Without them in the project, they may be those of the machine that wrote the lock.
        packages = table_in(options, "exclude-newer-package")
        locked_names = {*map(canonicalize_name, packages)}
        for name in table_in(settings, "exclude-newer-package"):
            if canonicalize_name(name) not in locked_names:
                key = f"`exclude-newer-package` for {redact(name)}"
                yield f"The settings of uv have {key}, and {self.file} was made without."

    def _exclude_newer(self, options: Mapping[str, Any]) -> str:
        """Return what differs in the date that packages must not be newer than."""
        declared = self.workspace.settings.get("exclude-newer")
        if not isinstance(declared, str):
            return ""
        locked, locked_span = options.get("exclude-newer"), options.get("exclude-newer-span")
        span = _span(declared)
        if span is not None:
            is_same = isinstance(locked_span, str) and _span(locked_span) in (None, span)
        else:
            # A later date changes nothing that is locked.
            is_earlier = locked is None or _is_earlier(declared, str(locked))
            is_same = _moment(declared) is None or bool(locked_span) or not is_earlier
        was = locked_span or locked
        was = f"`{redact(str(was))}`" if was else "no date"
        return "" if is_same else self._says(f'`exclude-newer = "{redact(declared)}"`', was)

    def _says(self, declared: str, locked: str) -> str:
        return f"The settings of uv have {declared}, and {self.file} was made with {locked}."

    def _environments(self) -> Iterator[str]:
        uv = self.workspace.root.uv
        for key, locked_key in (
            ("environments", "supported-markers"),
            ("required-environments", "required-markers"),
        ):
            declared = _environment_texts(uv.get(key))
            locked = texts_in(self.document.get(locked_key))
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
            any(
                all(one in known or included.get(one, set()) & known for one in more)
                for known in declared
            )
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
        manifest = table_in(self.document, "manifest")
        locked = {str(canonicalize_name(name)) for name in texts_in(manifest.get("members"))}
        declared = {project.name for project in self.workspace.members}
        if len(declared) == 1 and self.workspace.is_project:
            declared = set()  # uv does not list a project without members
        if not self.workspace.are_members_known:
            return
        for name in sorted(declared - locked):
            yield f"{name} is a member of the workspace, and not in {self.file}."
        for name in sorted(locked - declared):
            yield f"{self.file} has the member {name}, which the workspace does not have."

    def _kinds(self) -> Iterator[str]:
        """Yield the projects that are locked under another name, or as another kind."""
        required = self._required_members()
        for project in self.workspace.members:
            package = self._package(project)
            if package is None:
                yield (
                    f"{project.file} is for the project {project.name}, which {self.file} "
                    "does not have."
                )
                continue
            source = table_in(package, "source")
            is_package = project.is_package(is_required=project.name in required)
            is_editable = is_package and required.get(project.name) is not False
            if is_package == ("virtual" in source):
                what = "a package" if is_package else "not a package"
                yield f"{project.name} is {what} now, unlike when {self.file} was made."
            elif is_editable != ("editable" in source):
                yield f"`editable` has changed for the member {project.name}."

    def _required_members(self) -> Mapping[str, bool | None]:
        """Map the members that others need to what they say of `editable`."""
        found: dict[str, bool | None] = {}
        named = [
            (str(canonicalize_name(written)), project)
            for project in (self.workspace.root, *self.workspace.members)
            for written in table_in(project.uv, "sources")
        ]
        for name, project in named:
            for entry in tables_in(project.sources_of(name)):
                if entry.get("workspace") is True and name != project.name:
                    editable = entry.get("editable")
                    found[name] = editable if isinstance(editable, bool) else found.get(name)
        return found

    def _root_lists(self) -> Iterator[str]:
        root, manifest = self.workspace.root, table_in(self.document, "manifest")
        for key, locked_key in _LISTS.items():
            declared = root.uv.get(key)
            if key == "override-dependencies" and any(tables_in(declared)):
                continue  # overrides of one package, which have been added to uv since
            yield from self._compared(
                [
                    one
                    for text in texts_in(declared)
                    for one in self._requirements.with_sources(text, root)
                ],
                [*map(self._requirements.locked, tables_in(manifest.get(locked_key)))],
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
            for edge in tables_in(package.get("dependencies"))
        }
        urls = {
            str(table_in(package, "source").get("registry", ""))
            for package in self._packages
            if canonicalize_name(str(package.get("name", ""))) in needed
        }
        for url in sorted(urls):
            if "://" in url and not self.workspace.index_at(url):
                yield f"No file of the app names the index `{redact(url)}` of {self.file}."

    # What one project declares

    def _package(self, project: Project) -> Document | None:
        for package in self._packages:
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
        return not is_new or any("metadata" in package for package in self._packages)

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
            locked = {*map(canonicalize_name, texts_in(metadata.get("provides-extras")))}
            for name in sorted(declared ^ locked):
                has, other = (
                    (project.file, self.file) if name in declared else (self.file, project.file)
                )
                yield f"{has} has the extra `{name}`, and {other} does not."
        has_own_extras = any(one.name == project.name for one in self._requirements.of(project))
        # The backend of a package with a dynamic version may resolve extras of its own.
        if is_static and not ("version" not in package and has_own_extras):
            yield from self._compared(
                [*self._requirements.of(project)],
                [*map(self._requirements.locked, tables_in(metadata.get("requires-dist")))],
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
                is_now = f"The version of {project.name} is {declared}"
                yield f"{is_now}, and {self.file} has {locked}."

    def _compared_groups(
        self, project: Project, groups: Mapping[str, Any], *, with_empty: bool
    ) -> Iterator[str]:
        declared = self._requirements.of_groups(project)
        locked = {
            str(canonicalize_name(group)): [*map(self._requirements.locked, tables_in(entries))]
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

    def _compared(
        self, declared: Sequence[Declared], locked: Sequence[Declared], place: str
    ) -> Iterator[str]:
        """Yield what differs in two lists, whatever their order; `place` has the first one."""
        unclear = {one.name for one in declared if one.source == UNCLEAR}
        first, second = _by_key(declared, unclear), _by_key(locked, unclear)
        shown: set[str] = set()
        for key in dict.fromkeys((*first, *second)):
            mine, theirs = first.get(key), second.get(key)
            name = str(key[0])
            if name in shown:
                continue
            if mine and theirs and _are_same(mine, theirs, self._pythons):
                continue
            shown.add(name)
            own = [one for one in declared if one.name == name]
            of_lock = [one for one in locked if one.name == name]
            if not _mean_the_same(own, of_lock, self._pythons):
                texts = [one.text for one in own], [one.text for one in of_lock]
                yield _difference(*texts, place, self.file)


def _by_key(
    requirements: Iterable[Declared], unclear: Iterable[str]
) -> dict[tuple[object, ...], list[Condition]]:
    found: dict[tuple[object, ...], list[Condition]] = {}
    for one in requirements:
        if one.name not in unclear:
            key = (one.name, one.extras, one.specifiers, one.source)
            found.setdefault(key, []).append(one.condition)
    return found


def _are_same(first: Sequence[Condition], second: Sequence[Condition], pythons: str) -> bool:
    return are_same(_any_of(first), _any_of(second), pythons)


def _any_of(conditions: Iterable[Condition]) -> Condition:
    found = NEVER
    for one in conditions:
        found |= one
    return found


def _mean_the_same(
    declared: Sequence[Declared], locked: Sequence[Declared], pythons: str
) -> bool:
    """Return whether two lists of requirements of one package accept the same everywhere.

    uv merges the requirements of a package before it compares them: `six<1.17` and `six` are
    `six<1.17`, and `six~=1.16` is `six>=1.16,<2`. A lock that it accepts is not written again.
    """
    sources = {one.source for one in declared}
    if not locked or sources != {one.source for one in locked}:
        return False
    for source in sources:
        mine, theirs = (
            [one for one in each if one.source == source] for each in (declared, locked)
        )
        specifiers = [one.specifiers for one in (*mine, *theirs)]
        if len({*specifiers}) > 1 and any("===" in str(one) for one in specifiers):
            return False
        extras = {extra for one in (*mine, *theirs) for extra in one.extras}
        pairs = [
            (_any_of(one.condition for one in mine), _any_of(one.condition for one in theirs))
        ]
        pairs += [(_asks_for(extra, mine), _asks_for(extra, theirs)) for extra in extras]
        pairs += [
            (_refuses(version, mine), _refuses(version, theirs))
            for version in _versions_around(specifiers)
        ]
        if not all(are_same(one, other, pythons) for one, other in dict.fromkeys(pairs)):
            return False
    return True


def _asks_for(extra: str, requirements: Iterable[Declared]) -> Condition:
    return _any_of(one.condition for one in requirements if extra in one.extras)


def _refuses(version: Version, requirements: Iterable[Declared]) -> Condition:
    return _any_of(
        one.condition
        for one in requirements
        if not one.specifiers.contains(version, prereleases=True)
    )


def _versions_around(specifiers: Iterable[SpecifierSet]) -> list[Version]:
    """Return versions on both sides of each limit in specifiers."""
    found: set[Version] = set()
    for text in {one.version.removesuffix(".*") for each in specifiers for one in each}:
        version = parse_version(text)
        found |= {version, Version(f"{version.base_version}.post9999")}
        # `~=1.4.2` ends at 1.5.
        prefixes = [version.release[:end] for end in range(1, len(version.release) + 1)]
        parts = [(*one[:-1], max(one[-1] + step, 0)) for one in prefixes for step in (-1, 0, 1)]
        found |= {
            Version(".".join(map(str, part)) + end)
            for part in parts
            for end in ("", ".dev0", "rc9999", ".0.0.0.1", ".9999")
        }
    return sorted(found)


def _difference(declared: Sequence[str], locked: Sequence[str], place: str, file: str) -> str:
    mine, theirs = (
        " and ".join(f"`{one}`" for one in dict.fromkeys(texts)) for texts in (declared, locked)
    )
    if not theirs:
        return f"{place} has {mine}, which {file} was made without."
    if not mine:
        return f"{file} was made for {theirs}, which {place} does not have."
    return f"{place} has {mine}, and {file} was made for {theirs}."


# Groups, Pythons and dates


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
        for one in tables_in(entries)
    )


def _including_groups(project: Project) -> Mapping[str, set[str]]:
    """Map each group of a project, as in _conflict, to the groups that it includes."""
    direct = {
        f"{project.name} group {canonicalize_name(name)}": {
            f"{project.name} group {canonicalize_name(str(entry.get('include-group', '')))}"
            for entry in tables_in(entries)
        }
        for name, entries in table_in(project.document, "dependency-groups").items()
    }
    found: dict[str, set[str]] = {}
    for group in direct:
        waiting = [group]
        for name in waiting:  # the loop appends to it
            waiting += direct.get(name, set()) - {*waiting}
        found[group] = {*waiting[1:]}
    return found


def _lists(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list) else ()


def _environment_texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else texts_in(value)


def _written(value: object, depth: int = 0) -> object:
    """Return a value in which the order of lists, and how names are written, does not count."""
    if isinstance(value, list) and depth < _DEEPEST:
        return sorted((_written(one, depth + 1) for one in value), key=repr)
    if isinstance(value, dict) and depth < _DEEPEST:
        return {key: _written(one, depth + 1) for key, one in value.items()}
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
    pythons = {(3, minor, patch) for minor in range(45) for patch in (0, 1)}
    pythons |= pythons_around((first, second))
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


def _span(text: str) -> timedelta | None:
    """Return how long a text such as `P1W`, `1 week` or `36 hours` is; None for another."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    count = int(found["iso"] or found["count"])
    unit = _UNITS[(found["iso_unit"] or found["unit"])[0].lower()]
    return unit * count


def _is_earlier(declared: str, locked: str) -> bool:
    """Return whether a date is earlier; without a time, it is a day of some time zone."""
    first, second = _moment(declared), _moment(locked)
    if first is None or second is None:
        return False
    margin = timedelta(days=0 if ":" in declared else 2)
    return first.replace(tzinfo=None) + margin < second.replace(tzinfo=None)
