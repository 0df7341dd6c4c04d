"""Choose the files with the app's dependencies, and say which others are not read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from slipway.domain.app_files import HOOKS, misspelled
from slipway.domain.requirements.dependencies import (
    DEPENDENCY_FILES,
    Dependencies,
    is_package,
)
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, table_in
from slipway.domain.unread_files import (
    UNREAD_BELOW,
    groups_for_production,
    is_for_production,
    is_generated_from,
    poetry_dependencies,
    requirements_files,
    unread_files,
    unread_sources,
    unread_uv_keys,
)
from slipway.effects.files import AppFolder
from slipway.effects.subfolders import folders_with
from slipway.errors.dependencies import NoDependencyFile, ProjectTableMissing, UnreadSource
from slipway.steps.plan.named_files import named_files

_PYPROJECT = "pyproject.toml"
_NAMING_FILES = (
    "PIP_BUILD_CONSTRAINT",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
)
"""Variables with the paths of files that pip and uv read."""
_OF_PYPROJECT = "the dependencies in pyproject.toml"
_TABLES = re.compile(r"^\[(metadata|options)\]", re.MULTILINE)


def dependency_files(app: AppFolder, document: Document, settings: Settings) -> tuple[str, ...]:
    """Return the files that a setting names, or else the first that lists dependencies.

    `document` is pyproject.toml. Raises RequirementsMissing, OutsideTheApp, NoDependencyFile,
    ProjectTableMissing.
    """
    named = named_files(app, settings)
    if named:
        return named
    present = [name for name in DEPENDENCY_FILES if app.has(name)]
    source = next((name for name in present if _may_list(app, name, document)), None)
    if source is not None:
        return (source,)
    names = app.entries()
    unread = unread_sources(names, document)
    others = requirements_files(names, app.entries("requirements"))
    if _PYPROJECT in present:
        raise ProjectTableMissing(
            file=_PYPROJECT,
            unread=unread,
            others=others,
            has_groups=bool(table_in(document, "dependency-groups")),
        )
    raise NoDependencyFile(
        found=names,
        misspelled=misspelled(names, DEPENDENCY_FILES),
        unread=unread,
        others=others,
        subfolders=tuple(folders_with(app.root, DEPENDENCY_FILES)),
    )


def _may_list(app: AppFolder, name: str, document: Document) -> bool:
    """Return whether a file lists dependencies, and not only the settings of tools."""
    if name == _PYPROJECT:
        return isinstance(document.get("project"), dict) or is_package(document)
    if name == "setup.cfg":
        return _TABLES.search(app.text(name) or "") is not None
    return True


def unread_notices(
    app: AppFolder,
    document: Document,
    settings: Settings,
    dependencies: Dependencies,
    environment: Mapping[str, str],
) -> Iterator[str]:
    """Yield a notice about the sources of dependencies that are not read, and about others.

    A setting that names the requirements files says that no other ones count.
    """
    names = app.entries()
    if not settings.requirements:
        yield from _sources(app, names, document, dependencies)
        groups = [*groups_for_production(document)]
        if groups and dependencies.origin == _PYPROJECT:
            yield (
                f"Groups and extras are not installed: {', '.join(groups)}. If the app needs "
                "their packages, add these to `dependencies` of [project]"
            )
    keys = unread_uv_keys(document)
    if keys:
        yield f"Ignoring {_and(keys)} of [tool.uv], because Slipway does not read such settings"
    used = [
        *(environment.get(name, "") for name in _NAMING_FILES),
        *(app.text(hook) or "" for hook in HOOKS),
        *dependencies.files,
    ]
    below = [name for name in UNREAD_BELOW if app.has(name)]
    for name, advice in unread_files([*names, *below], " ".join(used)):
        yield f"Slipway does not read {name}, which {advice}"


def _sources(
    app: AppFolder, names: Sequence[str], document: Document, dependencies: Dependencies
) -> Iterator[str]:
    """Yield one notice that says which file counts, which do not, and what to do."""
    origin = dependencies.origin
    header = (app.text(origin) or "") if origin.startswith("requirements") else ""
    locks: list[UnreadSource] = []
    declared: list[str] = []
    if not dependencies.is_hashed:
        locks = [
            source
            for source in unread_sources(names, document)
            if not is_generated_from(header, source.name) and "[tool.poetry]" not in source.name
        ]
        declared = [
            text
            for name, text in _declared(app, document, dependencies)
            if not is_generated_from(header, name)
        ]
    for_production = [
        name
        for name in requirements_files(names, app.entries("requirements"))
        if is_for_production(name) and name not in dependencies.files
    ]
    unread = [*declared, *for_production, *(source.name for source in locks)]
    if unread:
        is_one = len(unread) == 1 and unread[0] != _OF_PYPROJECT
        verb = "is" if is_one else "are"
        advice = _advice(dependencies, locks, for_production)
        yield f"The dependencies come from {origin}; {_and(unread)} {verb} not read. {advice}"


def _declared(
    app: AppFolder, document: Document, dependencies: Dependencies
) -> Iterator[tuple[str, str]]:
    """Yield other files that declare dependencies, and what a notice calls them."""
    origin = dependencies.origin
    if _has_own_package(dependencies):
        return  # it is built from all these files
    if origin == "requirements.txt" and (app.text("requirements.in") or "").strip():
        yield "requirements.in", "requirements.in"
    if origin != _PYPROJECT:
        if table_in(document, "project").get("dependencies"):
            yield _PYPROJECT, _OF_PYPROJECT
        elif poetry_dependencies(document):
            yield _PYPROJECT, "[tool.poetry.dependencies] in pyproject.toml"
    for name in ("setup.py", "setup.cfg"):
        text = app.text(name) or ""
        if "install_requires" in text and origin not in text:
            yield name, f"install_requires in {name}"


def _advice(
    dependencies: Dependencies, locks: Sequence[UnreadSource], for_production: Sequence[str]
) -> str:
    source = next(iter(locks), None)
    origin = dependencies.origin
    if source is not None and source.commands and not source.tool.startswith("conda"):
        # uv's export has the app itself as well, if it is a package.
        own = ("echo . >> requirements.txt",) if source.tool != "uv" else ()
        commands = (*source.commands, *(own if _has_own_package(dependencies) else ()))
        replaced = ", which replaces it" if origin == "requirements.txt" else ""
        aim = (
            f"The versions in {source.name} are not used; to install them"
            if source.is_lock
            else f"To install the packages of {source.name}"
        )
        return f"{aim}, run `{' && '.join(commands)}` and commit requirements.txt{replaced}"
    if for_production:
        variable = f"SLIPWAY_REQUIREMENTS={for_production[0]}"
        return f"To install its packages, set the config variable {variable}"
    return f"If the app needs more packages than {origin} lists, add them to {origin}"


def _has_own_package(dependencies: Dependencies) -> bool:
    """Return whether the app itself is built as a package."""
    paths = [line.local_path for line in dependencies.requirements]
    return any(path is not None and posixpath.normpath(path) == "." for path in paths)


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
