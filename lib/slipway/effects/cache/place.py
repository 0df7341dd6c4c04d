"""The folder of the cache: made usable, or replaced for one build if that is not possible."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.effects.cache.kinds import KINDS
from slipway.effects.cache.store import FORMAT, IN_USE
from slipway.effects.files import remove, scratch, write_problem


@contextmanager
def usable_cache(root: Path, warn: Callable[[str], None]) -> Iterator[Path]:
    """Yield the folder for the cache, or a temporary one for this build alone.

    A platform may restore anything: a file in place of the folder, a link to nowhere, or what
    this user cannot read. Then the build goes on without it, and `warn` gets the reason.
    """
    root = Path(os.path.abspath(root))  # not resolved: a link to itself cannot be
    problem = _problem(root)
    if problem is None:
        yield Path(os.path.realpath(root))
        return
    warn(f"Not using the cache {root}: {problem}")
    with scratch("cache") as folder:
        yield folder


def _problem(root: Path) -> str | None:
    if os.path.lexists(root) and not root.is_dir():
        return "it is a link to nothing" if root.is_symlink() else "it is not a folder"
    folder = root / f"slipway-{FORMAT}"
    try:
        if os.path.lexists(folder) and not _is_folder(folder):
            remove(folder)
        problem = write_problem(folder)
        if problem is None:
            os.listdir(folder)
            _remove_misplaced(folder)
    except OSError as error:
        return error.strerror or str(error)
    return problem


def _remove_misplaced(folder: Path) -> None:
    """Remove everything that is a file where a folder belongs, or a folder in place of a file.

    Nothing is removed through a link: the link itself is in the wrong place.

    Raises OSError.
    """
    expected = {kind.name: _is_file if kind.is_file else _is_folder for kind in KINDS}
    for name, is_right in {**expected, IN_USE: _is_file}.items():
        place = folder / name
        if os.path.lexists(place) and not (is_right(place) and os.access(place, os.R_OK)):
            remove(place)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)
