"""Finds which folder or file denies access, and to whom it belongs."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from slipway.errors.app import Denial


def denial_of(path: str) -> Denial:
    """Describe what denies access to a path.

    This is the first folder on it that cannot be entered. A path that does not exist can only
    be forbidden by its folder.
    """
    for folder in [*reversed(Path(os.path.abspath(path)).parents)]:
        if folder.is_dir() and not os.access(folder, os.X_OK, effective_ids=True):
            return _describe(str(folder))
    return _describe(path if os.path.lexists(path) else os.path.dirname(path))


def unreadable_in(root: Path, most: int) -> list[Denial]:
    """Return folders and files of an app that this user cannot read, `most` at most.

    The paths are relative to the app. Symbolic links are not followed. root reads everything,
    so nothing is searched for it.
    """
    if os.geteuid() == 0:
        return []
    denials = (
        replace(_describe(path), path=os.path.relpath(path, root))
        for path in islice(_unreadable(str(root)), most)
    )
    return sorted(denials, key=lambda denial: denial.path)


def _unreadable(root: str) -> Iterator[str]:
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            own = [entry for entry in entries if not entry.is_symlink()]
        for entry in own:
            is_folder = entry.is_dir(follow_symlinks=False)
            if not os.access(entry.path, os.R_OK | os.X_OK if is_folder else os.R_OK):
                yield entry.path
            elif is_folder:
                waiting.append(entry.path)


def _describe(path: str) -> Denial:
    user = _name(os.geteuid())
    try:
        status = os.lstat(path)
    except OSError:
        return Denial(path=path, owner="", mode="", user=user)
    mode, owner = stat.filemode(status.st_mode), _name(status.st_uid)
    return Denial(path=path, owner=owner, mode=mode, user=user)


def _name(user: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(user).pw_name
    return str(user)
