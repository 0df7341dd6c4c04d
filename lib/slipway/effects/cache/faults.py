"""Finds out whether the cache's disk is why a build has failed, from what the failure shows."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from slipway.errors.app import DISK_FULL, DiskFull
from slipway.errors.stopped import CommandFailed

_UNUSABLE = (errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE)
_PROBE = 2**20


def fault_of(folder: Path, error: BaseException, app: Path) -> OSError | None:
    """Return why the cache in `folder` cannot be used; None if nothing shows that.

    If a disk is full, it may also be that of the folder `app`, or that of temporary files.
    """
    others = (app, Path(tempfile.gettempdir()))
    problem = _write_problem(folder)
    if problem is not None:
        return problem
    for text in _texts(error):
        for number in (*DISK_FULL, *_UNUSABLE):
            reason = os.strerror(number)
            if reason in text and (
                str(folder) in text
                or (number in DISK_FULL and _has_least_space(folder, others))
            ):
                return OSError(number, reason)
    return None


def is_room_elsewhere(folder: Path) -> bool:
    """Tell whether temporary files are on another disk than a folder, with more space."""
    temporary = Path(tempfile.gettempdir())
    try:
        is_same = os.stat(temporary).st_dev == os.stat(folder).st_dev
        return not is_same and _free(temporary) > _free(folder)
    except OSError:
        return False


def _write_problem(folder: Path) -> OSError | None:
    """Write a megabyte, which the smallest change of the cache may need."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(_PROBE))
            stream.flush()
    except OSError as error:
        return error
    return None


def _texts(error: BaseException | None) -> Iterator[str]:
    """Yield what an error and its causes show: their words, paths and outputs."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        match error:
            case DiskFull(path=path):
                yield f"{os.strerror(errno.ENOSPC)}: {path}"
            case CommandFailed(output=output):
                yield output
            case OSError():
                yield str(error)
        error = error.__cause__ or error.__context__


def _has_least_space(folder: Path, others: Iterable[Path]) -> bool:
    with suppress(OSError):
        return _free(folder) <= min(map(_free, others), default=0)
    return False


def _free(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder, which may not exist yet."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(place).free
