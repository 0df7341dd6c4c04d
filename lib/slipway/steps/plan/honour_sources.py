"""Use the sources that the app's projects declare for packages, or stop the build.

A package with a declared source is never taken from an index in place of that source.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from configparser import Error as UnreadableConfiguration
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cached_property
from pathlib import PurePosixPath

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.utils import canonicalize_name

from slipway.domain.index_config.pip_settings import Setting
from slipway.domain.index_config.project_settings import (
    ProjectSettings,
    index_settings,
    lock_settings,
    names_indexes,
    project_settings,
)
from slipway.domain.locks.brought import NO_CHOICE, Choice
from slipway.domain.locks.fit import pins_before_selection
from slipway.domain.packaging_text import parse_marker
from slipway.domain.python.series import MINORS
from slipway.domain.redaction import redact
from slipway.domain.requirements.declared_sources import (
    DeclaredSource,
    ProjectSources,
    SourceKind,
    UnusedSource,
    both,
    project_sources,
    required_names,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.groups import (
    groups_to_install,
    reached_extras,
    requirements_of_extras,
)
from slipway.domain.requirements.lines import (
    Line,
    LineKind,
    bracketed_extras,
    read_lines,
    split_extras,
)
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, parse_toml
from slipway.domain.vendoring.packages import Form, VendoredPackage, Vendoring
from slipway.effects.files import AppFolder
from slipway.errors.app import FileNotToml
from slipway.steps.plan.find_vendored import find_vendored, notices_about_ignored
from slipway.toolchains.pip_configuration import settings_for

_PYPROJECT = "pyproject.toml"
_UV_TOML = "uv.toml"
_OFF = ("", "0", "false", "no", "off", "f", "n")
_BOUND = (
    "Slipway cannot take one package from one index and the others from another, because pip "
    "takes each package from any index that has it."
)
_NAME_INDEXES = ("index-url", "extra-index-url")
"""pip's settings with addresses of indexes."""
_NOT_HERE = "The package has to be in the app, or in its lock with a hash."


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """The dependencies and vendored packages, with those of the declared sources."""

    dependencies: Dependencies
    vendoring: Vendoring
    notices: tuple[str, ...] = ()


def honour_sources(
    app: AppFolder,
    document: Document,
    settings: Settings,
    dependencies: Dependencies,
    environment: Mapping[str, str],
) -> Sourced:
    """Find the vendored packages, and add what the app and they say about sources.

    `document` is the app's own pyproject.toml.

    Raises SourceUnsupported, ToolSettingUnsupported, and the errors of `find_vendored`.
    """
    text = app.text(_UV_TOML)
    uv_toml = parse_toml(text, _UV_TOML) if text is not None else None
    # A lock and a Pipfile have groups of their own.
    choice = dependencies.choice if dependencies.origin == _PYPROJECT else NO_CHOICE
    extras = reached_extras(document, choice)
    reader = _SourcedLines(
        app,
        own=_own_sources(document, choice, extras),
        dependencies=dependencies,
        extras=extras,
        ignores_uv=environment.get("UV_NO_SOURCES", "").lower() not in _OFF,
    )
    found = ProjectSettings()
    if dependencies.origin == _PYPROJECT:
        found = project_settings(document, uv_toml, environment, is_offline=settings.offline)
        reader.default_index = found.default_index
        dependencies = replace(
            dependencies,
            requirements=tuple(reader.of_app(dependencies.requirements)),
            constraints=(*dependencies.constraints, *found.constraints),
        )
    elif dependencies.lock is not None:
        own = [one for one in _pip_settings(app, environment) if one.name in _NAME_INDEXES]
        found = lock_settings(
            dependencies.lock,
            document,
            uv_toml,
            environment,
            own,
            is_offline=settings.offline,
        )
    elif not dependencies.is_lock:
        if not names_indexes(dependencies.options):
            found = index_settings(document, uv_toml, environment, is_offline=settings.offline)
        reader.default_index = found.default_index
        reader.guard_lines(dependencies.requirements)
    lock, choice = dependencies.lock, dependencies.choice
    has_folder = any(map(app.entries, settings.vendor))
    pins = pins_before_selection(lock, choice) if lock and has_folder else ()
    locked = {pin.name for pin in pins}
    while True:
        vendoring = find_vendored(app, settings, dependencies.requirements, locked)
        more = [
            line
            for package in vendoring.packages
            if not _is_locked(package, dependencies)
            for line in reader.of_package(package)
        ]
        if not more:
            break
        requirements = (*dependencies.requirements, *more)
        dependencies = replace(dependencies, requirements=requirements)
    options = [
        f"Using {line.redacted}, as {line.file} says"
        for line in found.options
        if not line.value.startswith("${UV_")
        # A lock always has an index, and most have the usual one; `used` has the others.
        and not (dependencies.lock is not None and _names_source(line))
    ]
    return Sourced(
        dependencies=replace(
            dependencies,
            options=(*dependencies.options, *found.options),
            sources=tuple(dict.fromkeys((*found.used, *options, *reader.used))),
            unused_sources=tuple(
                _unused(
                    [*dependencies.unused_sources, *reader.unused],
                    vendoring,
                    is_locked=dependencies.lock is not None,
                )
            ),
        ),
        vendoring=vendoring,
        notices=(*found.notices, *notices_about_ignored(vendoring)),
    )


def _names_source(option: Line) -> bool:
    return names_indexes([option]) or option.text.startswith("--find-links")


def _is_locked(package: VendoredPackage, dependencies: Dependencies) -> bool:
    """Whether the app's lock has a package: it also has everything that this requires."""
    lock = dependencies.lock
    return lock is not None and any(line.file == lock.file for line in package.requested_by)


def _pip_settings(app: AppFolder, environment: Mapping[str, str]) -> Sequence[Setting]:
    try:
        return settings_for(app.root, environment)
    except UnreadableConfiguration:
        return ()  # pip reports the error


def _own_sources(document: Document, choice: Choice, extras: frozenset[str]) -> ProjectSources:
    """Return the app's sources, with the requirements of the extras that are installed."""
    found = project_sources(document, groups_to_install(document, choice), extras)
    if found.requires is None or not extras:
        return found
    more = requirements_of_extras(document, extras)
    return replace(found, requires=(*found.requires, *more))


def _unused(
    sources: Sequence[UnusedSource], vendoring: Vendoring, *, is_locked: bool
) -> Iterator[UnusedSource]:
    """Yield the sources of which only a build can tell whether they matter.

    If the app has a lock (`is_locked`), its packages for the app's Python are not known yet.

    Raises SourceUnsupported for one that certainly matters: its package is not vendored.
    """
    names = {
        canonicalize_name(package.import_name) if package.form is Form.PLAIN else package.name
        for package in vendoring.packages
    }
    for unused in sources:
        if unused.source.name in names:
            continue
        applies = {True}
        if unused.marker:
            marker = parse_marker(unused.marker)
            with suppress(UndefinedComparison, UndefinedEnvironmentName):
                applies = {marker.evaluate(_python_markers(one)) for one in MINORS}
        is_certain = not unused.source.is_conditional and None not in names
        if applies == {True} and is_certain and not is_locked:
            raise unused.error
        if True in applies:
            yield unused


def _python_markers(version: str) -> dict[str, str]:
    return {"python_version": version, "python_full_version": f"{version}.0", "extra": ""}


class _SourcedLines:
    """Turns sources into lines of requirements, and collects those that it cannot use."""

    def __init__(
        self,
        app: AppFolder,
        *,
        own: ProjectSources,
        dependencies: Dependencies,
        extras: frozenset[str],
        ignores_uv: bool,
    ) -> None:
        self._app = app
        self._is_locked = dependencies.is_lock
        self._settled = {
            line.name
            for line in dependencies.requirements
            if line.hashes or (line.kind is LineKind.DIRECT and not line.marker)
        }
        """The names that the app's lines take from the right place already."""
        self._extras = {
            canonicalize_name(extra)
            for line in dependencies.requirements
            if line.local_path is not None and posixpath.normpath(line.local_path) == "."
            for extra in split_extras(line.extras)
        } | extras
        """The extras of the app itself that are installed."""
        self._ignores_uv = ignores_uv
        self._projects = {".": self._relevant(own)}
        self._workspaces: dict[str, _Workspace | None] = {}
        self._done: set[str] = set()
        self.default_index: str | None = None
        self.used: list[str] = []
        self.unused: list[UnusedSource] = []

    def of_app(self, requirements: Sequence[Line]) -> Iterator[Line]:
        """Yield the app's requirements, with their sources.

        A line that has just one source, which always applies, is replaced by it. Otherwise it
        stays, and the source decides where it applies.
        """
        for line in requirements:
            if line.kind is LineKind.NAMED and line.name:
                lines, is_replaced = self._of(
                    self._projects["."], ".", line.name, line.extras, line.marker
                )
                yield from lines
                if is_replaced:
                    continue
            yield line

    def guard_lines(self, requirements: Sequence[Line]) -> None:
        """Guard lines of other files, without a hash, that pyproject.toml has sources for."""
        for line in requirements:
            if line.kind is not LineKind.NAMED or line.hashes:
                continue
            for source in self._projects["."].sources_of(line.name or ""):
                if not self._is_default(source):
                    # The line counts, whether or not an extra has the source.
                    always = replace(source, is_conditional=False)
                    reason = f"{line.place} requires the package without it, and has no hash."
                    marker = both(line.marker, source.marker)
                    self._refuse(always, ".", ".", marker, reason, required_by=line.place)

    def of_package(self, package: VendoredPackage) -> Iterator[Line]:
        """Yield lines for the static requirements of a vendored package, once."""
        if package.project is None or package.path in self._done:
            return
        self._done.add(package.path)
        folder, is_tree = package.path, package.form is Form.TREE
        own = self._relevant(package.project.sources)
        if folder == ".":  # with those of the groups and extras that are chosen
            own = self._projects["."]
        workspace = self._workspace(folder) if is_tree else None
        if not (own.sources or workspace):
            return
        required = required_names(own.requires or ())
        if own.requires is None:  # a source for an index may be for a group or an extra
            certain = [one.name for one in own.sources if one.kind is not SourceKind.INDEX]
            required = required_names(certain)
        for name, requirements in required.items():
            for requirement in requirements:
                extras = bracketed_extras(requirement.extras)
                marker = str(requirement.marker or "")
                yield from self._of(own, folder, name, extras, marker, is_tree=is_tree)[0]
        declared = [(folder, source) for source in own.sources]
        if workspace and workspace.folder != folder:
            names = {source.name for source in own.sources}
            root = workspace.sources.sources
            declared += [(workspace.folder, one) for one in root if one.name not in names]
        for base, source in declared:
            is_settled = source.name in {*required, *self._settled}
            if not is_settled and not self._is_default(source):
                # An extra may require it, or a setup.py.
                maybe = replace(source, is_conditional=True)
                self._refuse(maybe, folder, base, source.marker)

    def _of(
        self,
        own: ProjectSources,
        folder: str,
        name: str,
        extras: str,
        marker: str,
        *,
        is_tree: bool = True,
    ) -> tuple[list[Line], bool]:
        """Return the lines of a requirement's sources, and whether they replace it."""
        base, sources = folder, own.sources_of(name)
        workspace = self._workspace(folder) if is_tree else None
        if not sources and workspace is not None:
            # A member has the sources of the root that it does not declare itself.
            base, sources = workspace.folder, workspace.sources.sources_of(name)
            member = workspace.names.get(name)
            if not sources and member is not None and member != folder:
                table = "[tool.uv.workspace]"
                return [self._path_line(base, member, name, extras, marker, table)], True
        lines: list[Line] = []
        for source in () if name in self._settled else sources:
            applies = both(marker, source.marker)
            is_off = folder == "." and source.extra and source.extra not in self._extras
            if is_off or self._is_default(source):
                continue
            if source.is_conditional:
                self._refuse(source, folder, base, applies)
                continue
            if source.kind is SourceKind.ADDRESS and not self._is_locked:
                if source.tool != "Poetry" or not own.is_listed_by_poetry:
                    lines += self._address_line(source, base, extras, applies)
                continue  # the metadata that Poetry builds has the address
            path, reason = _path_of(source, base, workspace) if is_tree else (None, "")
            if path is None:
                self._refuse(source, folder, base, applies, reason)
            else:
                line = self._path_line(base, path, name, extras, applies, source.table)
                lines.append(line)
        is_only = len(lines) == len(sources) == 1 and not sources[0].marker
        return lines, is_only

    def _address_line(
        self, source: DeclaredSource, base: str, extras: str, marker: str
    ) -> Iterator[Line]:
        self._use(source.name, source.target, source.table, base)
        suffix = f" ; {marker}" if marker else ""
        text = f"{source.name}{extras} @ {source.target}{suffix}"
        return read_lines(text, _file(base), {})

    def _path_line(
        self, base: str, path: str, name: str, extras: str, marker: str, table: str
    ) -> Line:
        place = "." if path == "." else f"./{path}"
        self._use(name, place, table, base)
        return Line(
            file=_file(base),
            number=1,
            text=f"{place}{extras} ; {marker}" if marker else f"{place}{extras}",
            kind=LineKind.DIRECT,
            name=name,
            value=place,
            extras=extras,
            marker=marker,
        )

    def _use(self, name: str, place: str, table: str, base: str) -> None:
        self.used.append(f"Using {redact(place)} for {name}, as {table} in {_file(base)} says")

    def _is_default(self, source: DeclaredSource) -> bool:
        """Whether a source is the only index, which all packages come from."""
        return source.kind is SourceKind.INDEX and source.target == self.default_index

    def _refuse(
        self,
        source: DeclaredSource,
        folder: str,
        base: str,
        marker: str,
        reason: str = "",
        required_by: str = "",
    ) -> None:
        reasons = {SourceKind.INDEX: _BOUND, SourceKind.UNKNOWN: source.target}
        unused = UnusedSource(
            source=source,
            folder=folder,
            file=_file(base),
            marker=marker,
            reason=reason or reasons.get(source.kind, _NOT_HERE),
            required_by=required_by,
        )
        self.unused.append(unused)

    def _relevant(self, sources: ProjectSources) -> ProjectSources:
        """Leave out [tool.uv.sources], as uv does if UV_NO_SOURCES is set."""
        if not self._ignores_uv or not sources.sources:
            return sources
        others = (source for source in sources.sources if source.tool != "uv")
        return replace(sources, sources=tuple(others))

    def _workspace(self, folder: str) -> _Workspace | None:
        """Return uv's workspace that a project is in, if its root is in the app."""
        if folder not in self._workspaces:
            self._workspaces[folder] = self._find_workspace(folder)
        return self._workspaces[folder]

    def _find_workspace(self, folder: str) -> _Workspace | None:
        place = folder
        while not self._ignores_uv:
            if place not in self._projects:
                sources = project_sources(_read(self._app, place))
                self._projects[place] = self._relevant(sources)
            if self._projects[place].members is not None:
                found = _Workspace(app=self._app, folder=place, sources=self._projects[place])
                return found if folder in found.names.values() else None
            if place == ".":
                break
            place = posixpath.dirname(place) or "."
        return None


@dataclass(frozen=True, kw_only=True)
class _Workspace:
    """The projects that uv locks together.

    https://docs.astral.sh/uv/concepts/projects/workspaces/
    """

    app: AppFolder
    folder: str
    """Of its root, relative to the app."""
    sources: ProjectSources
    """Of its root."""

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Map the names of the members and the root to their folders, relative to the app."""
        found = {
            path
            for pattern in self.sources.members or ()
            for path in self._matching(".", [*PurePosixPath(pattern).parts])
            if not any(fnmatch(path, excluded) for excluded in self.sources.excluded)
        }
        folders = [self.folder, *(_joined(self.folder, path) for path in sorted(found))]
        names: dict[str, str] = {}
        for folder in folders:
            if self.app.has(_file(folder)):
                project = _read(self.app, folder).get("project")
                written = project.get("name") if isinstance(project, dict) else None
                # A root without a [project] table has no name, but is part of the workspace.
                name = canonicalize_name(written) if isinstance(written, str) else f"({folder})"
                names.setdefault(name, folder)
        return names

    def _matching(self, folder: str, pattern: Sequence[str]) -> Iterator[str]:
        """Yield the folders below one that match the parts of a pattern.

        `**` does not follow links, which may lead in circles.
        """
        if not pattern:
            yield folder
            return
        part, rest = pattern[0], pattern[1:]
        if part == "**":
            yield from self._matching(folder, rest)
        for entry in self.app.scan(_joined(self.folder, folder)):
            is_hidden = entry.name.startswith(".") and not part.startswith(".")
            if is_hidden or not os.path.isdir(entry.path):
                continue
            below = _joined(folder, entry.name)
            if part == "**" and not entry.is_symlink() and entry.name != "node_modules":
                yield from self._matching(below, pattern)
            elif part != "**" and fnmatch(entry.name, part):
                yield from self._matching(below, rest)


def _joined(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _path_of(
    source: DeclaredSource, base: str, workspace: _Workspace | None
) -> tuple[str | None, str]:
    """Return the path of a source in the app, or None and the reason, if there is one."""
    path, reason = None, ""
    match source.kind:
        case SourceKind.PATH:
            path = _joined(base, source.target)
            if posixpath.isabs(path) or path.split("/")[0] == "..":
                path, reason = None, "The path is not in the app."
        case SourceKind.WORKSPACE:
            path = workspace.names.get(source.name) if workspace else None
            reason = "The app has no workspace member of this name."
    return path, reason


def _read(app: AppFolder, folder: str) -> Document:
    try:
        return parse_toml(app.text(_file(folder)) or "", _file(folder))
    except FileNotToml:
        return {}  # finding the packages reports it


def _file(folder: str) -> str:
    return _PYPROJECT if folder == "." else f"{folder}/{_PYPROJECT}"
