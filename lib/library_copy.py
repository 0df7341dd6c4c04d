"""Runs a compiled copy of Slipway's own library from the platform's cache.

A platform pulls Slipway again for each build, without bytecode, and compiling it takes longer
than everything else in an unchanged build. So the first build copies the library into the cache
and compiles it there; later builds of the same Slipway run that copy. This module itself, like
lib/slipway/__main__.py, always runs from the pulled folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

_MODULES = "lib"
_SEAL = "sha256"
"""The digest of all files below the folder of modules, next to that folder."""
_UNREADABLE = (OSError, RecursionError)
"""Python before 3.12 walks and removes folders recursively, as deep as its stack."""


def compiled_library(lib: str, wheels: Sequence[str], cache: str) -> str | None:
    """Return the folder with the compiled package `slipway` and the content of the wheels.

    The copy's name is a digest of the pulled files; a missing copy is made. None if the cache
    cannot be used: the pulled library does the same, but starts more slowly.
    """
    package = _read(os.path.join(lib, "slipway"), without="__pycache__")
    modules = {f"slipway/{name}": content for name, content in package.items()}
    archives = {os.path.basename(wheel): _content(wheel) for wheel in wheels}
    key = f"{sys.implementation.cache_tag}-{_digest({**modules, **archives})}"
    copy = os.path.join(cache, key)
    if os.path.islink(cache):  # what it leads to is not Slipway's to empty
        try:
            os.unlink(cache)
        except OSError:
            return None
    is_whole = _is_whole(copy)
    with suppress(OSError):
        os.makedirs(cache, exist_ok=True)
        _remove_unused(cache)
        if not is_whole:
            _make(copy, modules, archives)
    # A concurrent build may have been faster.
    return os.path.join(copy, _MODULES) if is_whole or _is_whole(copy) else None


def _is_whole(copy: str) -> bool:
    """Tell whether a copy is unchanged; if so, lock it, so that no other build removes it."""
    try:
        lock = _hold(copy)
    except OSError:
        return False
    with suppress(*_UNREADABLE):
        digest = _digest(_read(os.path.join(copy, _MODULES)))
        seal = os.path.join(copy, _SEAL)
        if os.path.isfile(seal) and _content(seal) == digest.encode():
            return True
    os.close(lock)
    return False


def _hold(copy: str) -> int:
    """Lock a copy until the descriptor is closed or the process ends.

    No other build may remove it, because modules are imported from it until the build ends.
    """
    folder = os.open(copy, os.O_RDONLY | os.O_DIRECTORY)
    with suppress(OSError):  # a file system without locks
        fcntl.flock(folder, fcntl.LOCK_SH)
    return folder


def _remove_unused(cache: str) -> None:
    """Remove everything that no build has locked, such as old and unfinished copies.

    Raises OSError.
    """
    import shutil

    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        with suppress(*_UNREADABLE):  # a build has locked it, or has just removed it
            if not os.path.isdir(path) or os.path.islink(path):
                os.unlink(path)
                continue
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(folder)


def _make(copy: str, modules: Mapping[str, bytes], archives: Mapping[str, bytes]) -> None:
    """Make the copy under another name, and rename it when it is complete.

    Raises OSError.
    """
    import compileall
    import io
    import py_compile
    import shutil
    import tempfile
    import zipfile

    aside = tempfile.mkdtemp(dir=os.path.dirname(copy), prefix=".new-")
    try:
        _hold(aside)
        lib = os.path.join(aside, _MODULES)
        for name, content in modules.items():
            _write(os.path.join(lib, name), content)
        for archive in archives.values():
            with zipfile.ZipFile(io.BytesIO(archive)) as wheel:
                wheel.extractall(
                    lib, [name for name in wheel.namelist() if name.endswith(".py")]
                )
        # Valid whatever dates the platform gives to the files; the seal covers the sources.
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        if compileall.compile_dir(lib, quiet=2, invalidation_mode=unchecked):
            _write(os.path.join(aside, _SEAL), _digest(_read(lib)).encode())
            os.chmod(aside, 0o755)
            os.rename(aside, copy)
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # it exists only if something went wrong


def _read(folder: str, without: str = "") -> dict[str, bytes]:
    """Read all files below a folder, by relative path; skip folders with the name `without`."""
    files: dict[str, bytes] = {}
    for parent, _, names in os.walk(folder):
        if os.path.basename(parent) == without:
            continue
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path):  # reading a pipe, for example, could block forever
                files[path[len(folder) + 1 :]] = _content(path)
    return files


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(content)


def _digest(files: Mapping[str, bytes]) -> str:
    """Digest the names and contents of files."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(b"%s\0%d\0" % (os.fsencode(name), len(files[name])))
        total.update(files[name])
    return total.hexdigest()
