"""Find and read the lock that an app brings."""

from __future__ import annotations

from slipway.domain.locks.brought import Choice
from slipway.domain.locks.fit import path_lines
from slipway.domain.locks.formats import FORMATS, format_of
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.effects.files import AppFolder


def lock_file(app: AppFolder, settings: Settings) -> str | None:
    """Return the lock that counts: the one of the setting, or the first of FORMATS."""
    if settings.lock or settings.requirements:
        return settings.lock
    names = app.entries()
    return next((name for one in FORMATS for name in names if one.pattern == name), None)


def read_lock(app: AppFolder, file: str, settings: Settings) -> Dependencies:
    """Read a lock as the app's dependencies.

    Raises LockBroken, LockVersionUnknown, LockOutdated, LockSourceUnsupported.
    """
    found = format_of(file)
    assert found is not None
    lock = found.read(app.text(file) or "", file, app.text)
    choice = Choice(groups=settings.groups, extras=settings.extras)
    return Dependencies(
        origin=file,
        files=(file,),
        requirements=tuple(path_lines(lock.local_pins(choice), file)),
        lock=lock,
        choice=choice,
    )
