"""The cache is blamed for a failure only if something shows that it is why."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from slipway.effects.cache.faults import fault_of, is_room_elsewhere
from slipway.errors.app import DiskFull
from slipway.errors.dependencies import InstallFailed
from slipway.errors.stopped import BuildStopped, CommandFailed


class Usage(NamedTuple):
    total: int
    used: int
    free: int


UNUSABLE = (errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE)


def failed(output: str) -> BuildStopped:
    """Return the error of a failed tool, as a toolchain raises it."""
    error = InstallFailed(output=("error: it failed",))
    error.__cause__ = CommandFailed(command="uv", status=2, output=output)
    return error


def with_free_space(monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int]) -> None:
    def usage(folder: Path) -> Usage:
        free = next(size for name, size in sizes.items() if name in folder.parts)
        return Usage(10, 10 - free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for name in ("cache", "app", "temporary"):
        (tmp_path / name).mkdir()
    return tmp_path / "cache"


@pytest.mark.parametrize("number", [*UNUSABLE, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("is_tool", [False, True])
def test_an_error_that_names_the_folder_of_the_cache(
    cache: Path, number: int, *, is_tool: bool
) -> None:
    path, reason = cache / "downloads" / "x", os.strerror(number)
    error = (
        failed(f"error: failed to create `{path}`: {reason} (os error {number})")
        if is_tool
        else OSError(number, reason, str(path))
    )
    fault = fault_of(cache, error, cache.parent / "app")
    assert fault
    assert fault.errno == number


def test_errors_of_a_copied_tree_have_no_number(cache: Path) -> None:
    error = shutil.Error([("a", str(cache / "b"), f"[Errno 28] {os.strerror(errno.ENOSPC)}")])
    fault = fault_of(cache, error, cache.parent)
    assert fault
    assert fault.errno == errno.ENOSPC


@pytest.mark.parametrize(
    "error",
    [
        failed("error: no version of six"),
        failed("/app/setup.py: Permission denied"),
        OSError(errno.EACCES, "Permission denied", "/app/x"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/app/x"),
        ValueError("Read-only file system"),
    ],
)
def test_any_other_error_does_not_blame_it(cache: Path, error: Exception) -> None:
    assert fault_of(cache, error, cache.parent / "app") is None


@pytest.mark.parametrize(
    "error", [DiskFull(path=None), failed("No space left on device (os error 28)")]
)
def test_of_several_disks_the_one_with_the_least_space_is_full(
    cache: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = cache.parent / "app"
    monkeypatch.setattr(tempfile, "tempdir", str(cache.parent / "temporary"))
    with_free_space(monkeypatch, {"cache": 1, "app": 2, "temporary": 3})
    fault = fault_of(cache, error, app)
    assert fault
    assert fault.errno == errno.ENOSPC
    with_free_space(monkeypatch, {"cache": 3, "app": 2, "temporary": 3})
    assert fault_of(cache, error, app) is None


def test_a_cache_that_refuses_a_file_is_to_blame_whatever_the_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    fault = fault_of(tmp_path / "cache" / "slipway", failed("a conflict"), tmp_path)
    assert fault
    assert fault.errno in (errno.ENOTDIR, errno.EEXIST)


def test_a_temporary_folder_on_the_same_disk_has_no_more_room(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("temporary", "missing"):
        monkeypatch.setattr(tempfile, "tempdir", str(cache.parent / name))
        assert not is_room_elsewhere(cache)
