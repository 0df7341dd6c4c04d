"""Choose the files with the app's dependencies: docs/locks.md has the order."""

from __future__ import annotations

import posixpath
import re

from slipway.domain.app_files import misspelled
from slipway.domain.locks.choosing import counting_lock, is_alone, locks_in, named_locks
from slipway.domain.locks.formats import format_of
from slipway.domain.requirements.dependencies import DEPENDENCY_FILES, is_package
from slipway.domain.requirements.groups import group_names
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, parse_toml
from slipway.domain.unread_files import (
    by_likelihood,
    poetry_dependencies,
    requirements_files,
    unread_sources,
)
from slipway.effects.files import AppFolder
from slipway.effects.subfolders import folders_with
from slipway.errors.dependencies import NoDependencyFile, ProjectTableMissing
from slipway.errors.locks import LockAlone, LockNotChosen
from slipway.steps.plan.named_files import named_files
from slipway.steps.plan.own_lock import OWN_LOCK, made_of

_PYPROJECT = "pyproject.toml"
_PIPFILE = "Pipfile"
_TABLES = re.compile(r"^\[(metadata|options)\]", re.MULTILINE)


def dependency_files(app: AppFolder, document: Document, settings: Settings) -> tuple[str, ...]:
    """Return the files that settings name, or else the first lock or file of dependencies.

    `document` is pyproject.toml. Raises NoDependencyFile, ProjectTableMissing, LockAlone,
    LockNotChosen, and as named_files.
    """
    named = named_files(app, settings)
    if named:
        # The lock that Slipway has made from just these files counts like any other lock.
        made_from = made_of(app, OWN_LOCK) if settings.requirements else None
        return (OWN_LOCK,) if made_from and made_from.files == named else named
    names = app.entries()
    lock = counting_lock(names)
    if lock is not None:
        return (lock,)
    present = [name for name in DEPENDENCY_FILES if app.has(name)]
    source = next((name for name in present if _may_list(app, name, document, settings)), None)
    if source is not None:
        return (source,)
    locks = locks_in(names)
    undecided = named_locks(locks)
    if len(undecided) == 1:
        return undecided
    if undecided:
        raise LockNotChosen(files=undecided)
    subfolders = tuple(
        (posixpath.join(app.path_in_repository, folder), files)
        for folder, files in folders_with(app.root, DEPENDENCY_FILES)
    )
    alone = next((file for file in locks if is_alone(file, names)), None)
    found = format_of(alone or "")
    if alone and found:
        raise LockAlone(
            file=alone, tool=found.tool, made_from=found.made_from, subfolders=subfolders
        )
    unread = unread_sources(names, document)
    others = requirements_files(names, app.entries("requirements"))
    if _PYPROJECT in present:
        raise ProjectTableMissing(
            file=_PYPROJECT,
            unread=unread,
            others=others,
            groups=tuple(by_likelihood(group_names(document))),
        )
    raise NoDependencyFile(
        found=names,
        misspelled=misspelled(names, DEPENDENCY_FILES),
        unread=unread,
        others=others,
        subfolders=subfolders,
    )


def _may_list(app: AppFolder, name: str, document: Document, settings: Settings) -> bool:
    """Return whether a file lists dependencies, and not only the settings of tools."""
    if name == _PYPROJECT:
        return (
            isinstance(document.get("project"), dict)
            or is_package(document)
            or bool(poetry_dependencies(document))
            or bool(settings.groups and group_names(document))
        )
    if name == _PIPFILE:
        pipfile = parse_toml(app.text(name) or "", name)
        return any(
            isinstance(pipfile.get(key), dict) for key in (*(settings.groups or ()), "packages")
        )
    if name == "setup.cfg":
        return _TABLES.search(app.text(name) or "") is not None
    return True
