"""Choose the lock that counts, by the names of an app's files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from slipway.domain.app_files import is_named_lock
from slipway.domain.locks.formats import FORMATS, Format, format_of
from slipway.domain.unread_files import is_for_development, is_for_production


def locks_in(names: Sequence[str]) -> tuple[str, ...]:
    """Return the locks at the top of an app, in the order in which they count."""
    return tuple(
        name
        for one in FORMATS
        for name in names
        if fnmatchcase(name, one.pattern) and format_of(name) is one
    )


def is_alone(file: str, names: Collection[str]) -> bool:
    """Return whether the file that a lock was made from is missing; `names` are at the top."""
    made_from = _format(file).made_from
    return bool(made_from) and made_from not in names


def counting_lock(names: Sequence[str]) -> str | None:
    """Return the lock that counts if no setting names one; None if none does."""
    locks = locks_in(names)
    named = named_lock(locks)
    for file in locks:
        is_other = is_named_lock(file) and file != named
        if not is_other and not is_alone(file, names):
            return file
    return None


def named_locks(locks: Sequence[str]) -> tuple[str, ...]:
    """Return the locks with their own names: `pylock.<name>.toml`."""
    return tuple(filter(is_named_lock, locks))


def named_lock(locks: Sequence[str]) -> str | None:
    """Return the `pylock.<name>.toml` that counts; None if their names do not decide that.

    PEP 751 gives the names no meaning.
    """
    names = {file: file.split(".", 1)[1].removesuffix(".toml") for file in named_locks(locks)}
    for is_likely in (is_for_production, lambda name: not is_for_development(name)):
        likely = [file for file, name in names.items() if is_likely(name)]
        if likely:
            return likely[0] if len(likely) == 1 else None
    return None


def _format(file: str) -> Format:
    found = format_of(file)
    assert found is not None
    return found
