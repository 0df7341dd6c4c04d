"""Read the lock that an app brings."""

from __future__ import annotations

from slipway.domain.locks.choices import chosen
from slipway.domain.locks.fit import path_lines
from slipway.domain.locks.formats import Format
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.settings import Settings
from slipway.effects.files import AppFolder
from slipway.steps.plan.check_files import check_file


def read_lock(app: AppFolder, file: str, form: Format, settings: Settings) -> Dependencies:
    """Read a lock as the app's dependencies.

    Raises LockBroken, LockVersionUnknown, LockOutdated, LockSourceUnsupported,
    LockChoiceUnknown, and as check_file.
    """
    check_file(app, file)
    lock = form.read(app.text(file) or "", file, app.text, app.entries)
    extras = lock.extras if form.has_extras else None
    choice = chosen(settings, file, lock.groups, extras)
    return Dependencies(
        origin=file,
        files=(file,),
        requirements=tuple(path_lines(lock.local_pins(choice), file)),
        lock=lock,
        choice=choice,
    )
