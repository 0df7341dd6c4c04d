"""Compare the lock that Slipway has written with what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.domain.locks.formats import format_of
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.toml_text import Document, parse_toml
from slipway.effects.files import AppFolder
from slipway.errors.locks import LockOutdated

if TYPE_CHECKING:
    from slipway.domain.locks.written import MadeFrom

OWN_LOCK = "pylock.toml"
_UV_TOML = "uv.toml"


def made_of(app: AppFolder, file: str) -> MadeFrom | None:
    """Return what a lock was made from; None if Slipway did not write it."""
    text = app.text(file) if file == OWN_LOCK else None
    if text is None:
        return None
    from slipway.domain.locks.written import made_from  # few apps have such a lock

    found = made_from(text)
    # Another program may have written anything there.
    return found if found and not any(map(format_of, found.files)) else None


def uv_settings(app: AppFolder) -> Document | None:
    """Return the content of uv.toml; None if it is missing. Raises FileNotToml."""
    text = app.text(_UV_TOML)
    return None if text is None else parse_toml(text, _UV_TOML)


def refuse_outdated(
    app: AppFolder, file: str, lock: MadeFrom, sources: Dependencies, document: Document
) -> None:
    """Stop if the app's files declare something else than when the lock was made.

    `sources` is what those files have now, and `document` is pyproject.toml.

    Raises LockOutdated.
    """
    from slipway.domain.locks.written import COMMAND, declared_by, differences

    now = declared_by(lock.files, sources, document, uv_settings(app))
    found = differences(lock, now)
    if found:
        raise LockOutdated(
            file=file,
            tool="Slipway",
            made_from=now.origin,
            differences=found,
            commands=(COMMAND,),
        )
