"""The files with dependencies that settings name, instead of those that a plan would find."""

from __future__ import annotations

from slipway.domain.locks.choosing import is_alone, locks_in
from slipway.domain.locks.formats import format_of
from slipway.domain.settings import Settings
from slipway.domain.unread_files import requirements_in
from slipway.effects.files import AppFolder
from slipway.errors.app import RequirementsMissing
from slipway.errors.locks import LockAlone, LockAndRequirementsSet, LockSettingWrong
from slipway.steps.plan.check_files import refuse_dead_links


def named_files(app: AppFolder, settings: Settings) -> tuple[str, ...]:
    """Return the requirements files or the lock that settings name; empty if they name none.

    Raises RequirementsMissing, LockSettingWrong, LockAlone, LockAndRequirementsSet,
    OutsideTheApp, LinkDead.
    """
    if settings.lock is not None:
        if settings.requirements:
            raise LockAndRequirementsSet(
                lock=settings.lock,
                lock_origin=settings.lock_origin,
                requirements=settings.requirements,
                requirements_origin=settings.requirements_origin,
            )
        _check_lock(app, settings.lock, settings.lock_origin)
        return (settings.lock,)
    for path in settings.requirements:
        app.real_path(path)
        refuse_dead_links(app, path)
        if not app.has(path):
            folder = path.rstrip("/")
            raise RequirementsMissing(
                path=path,
                origin=settings.requirements_origin,
                is_folder=(app.root / path).is_dir(),
                in_folder=requirements_in(folder, app.entries(folder)),
            )
    return settings.requirements


def _check_lock(app: AppFolder, path: str, origin: str) -> None:
    app.real_path(path)
    refuse_dead_links(app, path)
    found = format_of(path)
    if found is None or not app.has(path):
        raise LockSettingWrong(
            origin=origin,
            file=path,
            is_missing=not app.has(path),
            known=locks_in(app.entries()),
        )
    folder, _, name = path.rpartition("/")
    if is_alone(name, app.entries(folder)):
        raise LockAlone(file=path, tool=found.tool, made_from=found.made_from)
