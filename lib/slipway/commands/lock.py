"""`slipway lock`: writes a lock for an app that has none."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

from slipway.commands.working_folder import copy_app
from slipway.composition import compose_effects, compose_tools
from slipway.domain.counting import counted
from slipway.domain.installation import Installation
from slipway.domain.layout import Layout, in_app
from slipway.domain.locks import written
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.dependencies import Dependencies
from slipway.effects.cache.place import cache_of_developer, usable_cache
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, read_if_there, remove, scratch, write
from slipway.errors.app import FolderTooWide
from slipway.errors.writing_locks import AlreadyLocked, NothingToLock
from slipway.steps import pipeline
from slipway.steps.detect import detect
from slipway.steps.plan import declared_dependencies, plan
from slipway.steps.plan.check_addresses import learn_credentials
from slipway.steps.plan.find_root import find_root


def lock(
    repository: Path,
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
    *,
    is_upgrade: bool,
) -> int:
    """Write pylock.toml, or requirements.txt for a requirements.in, from what git would ship.

    It is written into the folder of the app.

    A file that Slipway did not write is never replaced. Without `is_upgrade`, versions of the
    lock that is replaced, or of the last build in the folder, stay if they still fit.

    Raises AlreadyLocked, NothingToLock, FolderTooWide, BuildStopped.
    """
    found = find_root(AppFolder(repository, console.secrets), environment)
    app = found.root
    detect(str(app))
    if repository in (Path("/"), Path(environment.get("HOME") or "/").resolve()):
        raise FolderTooWide(path=str(repository))
    earlier = _earlier_lock(app, in_app(repository))
    with scratch("lock") as folder:
        copy = folder / (repository.name or "app")
        copy_app(repository, copy, environment, console)
        layout = in_app(copy, found.path_in_repository)
        copied = AppFolder(layout.app, console.secrets, layout.repository)
        for file in (written.FILE, written.REQUIREMENTS):
            if written.is_own_file(file, read_if_there(layout.app / file) or ""):
                remove(layout.app / file)
        learn_credentials(copied, environment)
        decided = plan(copied, environment, is_locking=True)
        _refuse_locked(app, decided.dependencies)
        for notice in decided.notices:
            console.warning(notice)
        cache = cache_of_developer(environment) or folder / "cache"
        with usable_cache(cache, console.warning) as cached:
            effects = compose_effects(environment, cached, console, installation)
            request = pipeline.BuildRequest(
                layout=layout,
                bundles_python=False,
                hook_variables={},
                tools=lambda settings, used: compose_tools(
                    layout.app, used, settings, installation
                ),
                effects=effects,
            )
            preferred = () if is_upgrade else earlier
            declared = declared_dependencies(copied, environment)
            made = pipeline.lock_app(request, decided, declared, preferred)
    for notice in made.notices:
        console.warning(notice)
    _write(found, made, console)
    return 0


def _earlier_lock(app: Path, layout: Layout) -> tuple[str, ...] | None:
    """Return the versions to keep: those of Slipway's own lock, or of the last build there.

    Returns None if there is neither: then the lock of a build with the same cache is used.
    """
    for file in (written.FILE, written.REQUIREMENTS):
        text = read_if_there(app / file) or ""
        if written.is_own_file(file, text):
            return written.pins_in(text)
    built = read_if_there(layout.record / locks.FILE)
    return written.pins_in(built) if built else None


def _refuse_locked(app: Path, dependencies: Dependencies) -> None:
    """Raise an error if there is nothing to lock, or if another program has done that."""
    if dependencies.is_lock:
        tool = dependencies.lock.tool if dependencies.lock else ""
        raise AlreadyLocked(file=dependencies.origin, tool=tool)
    if not dependencies.requirements:
        raise NothingToLock(origin=dependencies.origin)
    text = read_if_there(app / written.FILE)
    if text is not None and not written.is_own(text):  # one that git does not track
        raise AlreadyLocked(file=written.FILE, tool="")


def _write(app: AppFolder, made: written.WrittenLock, console: Console) -> None:
    file = posixpath.join(app.path_in_repository, made.file)
    if read_if_there(app.root / made.file) == made.text:
        console.success(f"{file} is up to date")
        return
    write(app.root / made.file, made.text)
    count = counted(made.count, "package")
    console.success(f"Wrote {file}: {count}, for Python {made.python} on Linux")
    console.info(f"Commit {file}. Builds then install exactly what it locks")
