"""The folder of the cache: made usable, or replaced for one build if that is not possible."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from slipway.effects.cache.kinds import KINDS
from slipway.effects.cache.locks import is_folder
from slipway.effects.cache.store import FORMAT, IN_USE, SIZE, Cache
from slipway.effects.files import remove, scratch
from slipway.errors.app import DISK_FULL


def cache_of_developer(variables: Mapping[str, str]) -> Path | None:
    """Return the folder for the cache of commands that people run; None without a home.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    home = variables.get("HOME")
    caches = variables.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    return Path(caches, "slipway") if caches else None


@contextmanager
def usable_cache(root: Path, warn: Callable[[str], None]) -> Iterator[Path]:
    """Yield the folder for the cache, or a temporary one for this build alone.

    A platform may restore anything: a file in place of the folder, a link to nowhere, or what
    this user cannot read. Then the build goes on without it, and `warn` gets the reason.
    """
    root = Path(os.path.abspath(root))  # not resolved: a link to itself cannot be
    problem = _problem(root, warn)
    if problem is None:
        yield Path(os.path.realpath(root))
        return
    warn(f"Not using the cache {root}: {problem}")
    with scratch("cache") as folder:
        yield folder


def state_without_entries(root: Path, folder: Path) -> str | None:
    """Return why a build can find nothing in a cache: `unusable` or `empty`; or else None.

    `root` is what the platform has named, and `folder` what usable_cache has made of it.
    """
    if os.path.realpath(root) != os.fspath(folder):
        return "unusable"
    try:
        with os.scandir(folder / f"slipway-{FORMAT}") as entries:
            return None if any(entry.is_dir() for entry in entries) else "empty"
    except OSError:  # another user's
        return None


def _problem(root: Path, warn: Callable[[str], None]) -> str | None:
    if os.path.lexists(root) and not root.is_dir():
        return "it is a link to nothing" if root.is_symlink() else "it is not a folder"
    try:
        try:
            _prepare(root)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            from slipway.effects.cache.eviction import make_room  # rarely needed

            make_room(Cache(root=root, now=time.time, info=warn))
            _prepare(root)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _prepare(root: Path) -> None:
    """Create the folder of this format, and remove what does not belong into it.

    Raises OSError.
    """
    folder = root / f"slipway-{FORMAT}"
    if os.path.lexists(folder) and not is_folder(folder):
        remove(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        os.listdir(folder)
    _remove_misplaced(folder)


def _remove_misplaced(folder: Path) -> None:
    """Remove everything that is a file where a folder belongs, or a folder in place of a file.

    Nothing is removed through a link: the link itself is in the wrong place.

    Raises OSError.
    """
    expected = {kind.name: _is_file if kind.is_file else is_folder for kind in KINDS}
    for name, is_right in {**expected, IN_USE: _is_file, SIZE: _is_file}.items():
        place = folder / name
        if not os.path.lexists(place):
            continue
        if not is_right(place) or not os.access(place, os.R_OK):
            remove(place)
        elif is_folder(place) and not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"its folder {name} cannot be written to")


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)
