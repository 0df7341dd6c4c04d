"""Compare the lock that Slipway has written with what it was made from."""

from __future__ import annotations

from slipway.domain.locks.written import COMMAND, FILE, MadeFrom, differences, made_from
from slipway.effects.files import AppFolder
from slipway.errors.locks import LockOutdated


def made_of(app: AppFolder, file: str) -> MadeFrom | None:
    """Return what a lock was made from; None if Slipway did not write it."""
    return made_from(app.text(file) or "") if file == FILE else None


def refuse_outdated(file: str, lock: MadeFrom, now: MadeFrom) -> None:
    """Stop if the app's files declare something else than when the lock was made.

    Raises LockOutdated.
    """
    found = differences(lock, now)
    if found:
        raise LockOutdated(
            file=file,
            tool="Slipway",
            made_from=now.origin,
            differences=found,
            commands=(COMMAND,),
        )
