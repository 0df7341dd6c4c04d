"""Slipway's own modules, compiled once and kept in the platform's cache, in one file.

A platform pulls Slipway anew for each build, without bytecode; and to compile it takes longer
than all that a build without changes does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import marshal
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib.machinery import FileFinder, SourceFileLoader
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Any
from zipimport import zipimporter

_DIGEST = 32
"""Bytes of a sha256."""


class OwnCode:
    """The compiled modules of one cache, each with the digest of what it was compiled from."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, f"{sys.implementation.cache_tag}.bin")
        self._known = _read(self._path)
        self._used: set[str] = set()
        self._has_new = self._has_changed = False

    def of(self, name: str, source: bytes, compiled: Callable[[], CodeType]) -> CodeType:
        """Give the code of a module, compiled only if it is another one than was kept."""
        digest = hashlib.sha256(source).digest()
        self._used.add(name)
        kept = self._known.get(name)
        if kept and kept[0] == digest:
            code: CodeType = marshal.loads(kept[1])  # noqa: S302  # sealed, see _read
            return code
        code = compiled()
        self._known[name] = digest, marshal.dumps(code)
        self._has_new = True
        self._has_changed = self._has_changed or kept is not None
        return code

    def keep(self) -> None:
        """Keep what is new; where it cannot be written, later builds compile it again.

        Of another Slipway than before, only what it uses is kept: the rest may be the other's.
        """
        if not self._has_new:
            return
        names = self._used if self._has_changed else self._known.keys()
        content = marshal.dumps({name: self._known[name] for name in names})
        with suppress(OSError):
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            self._write(_seal(content) + content)

    def _write(self, content: bytes) -> None:
        """Write the file whole or not at all; what an ended build has left of one is removed.

        Raises OSError, also where a build beside this one was faster.
        """
        folder, name = os.path.split(self._path)
        for left in os.listdir(folder):
            if left.startswith(f"{name}."):
                os.unlink(os.path.join(folder, left))
        aside = f"{self._path}.{os.getpid()}"
        try:
            with open(aside, "wb") as stream:
                stream.write(content)
            os.rename(aside, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(aside)
            raise


def _read(path: str) -> dict[str, tuple[bytes, bytes]]:
    """Read what was kept; nothing of what another Python, a half write or a disk has made."""
    try:
        with open(path, "rb") as stream:
            seal, content = stream.read(_DIGEST), stream.read()
    except OSError:
        return {}
    if seal != _seal(content):
        return {}
    known: dict[str, tuple[bytes, bytes]] = marshal.loads(content)  # noqa: S302  # as bytecode is
    return known


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(MAGIC_NUMBER + content).digest()


class _Module(SourceFileLoader):
    def __init__(self, own: OwnCode, root: str, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        # Below the root: the next build has it elsewhere, and looks there for its lines.
        self.own, self.name_below = own, os.path.relpath(path, root)

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # a file holds one
        source = self.get_data(self.path)
        return self.own.of(
            self.name_below, source, partial(self.source_to_code, source, self.name_below)
        )


class _Wheel(zipimporter):
    def __init__(self, own: OwnCode, path: str) -> None:
        super().__init__(path)
        self.own = own

    def get_code(self, fullname: str) -> CodeType:
        # Of a wheel its name tells its version, and thereby its content.
        wheel = os.path.basename(self.archive)
        return self.own.of(
            f"{wheel}/{fullname}", wheel.encode(), partial(super().get_code, fullname)
        )

    def get_filename(self, fullname: str) -> str:
        """Tell it without what zipimport does for it, which is to compile the module."""
        path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
        return f"{path}/__init__.py" if self.is_package(fullname) else f"{path}.py"


def run_from(own: OwnCode, modules: str, wheels: Sequence[str]) -> None:
    """Let all that is imported from now on from this folder and these wheels be kept."""

    def finder(path: str) -> FileFinder | zipimporter:
        if path.startswith(modules):
            loader = partial(_Module, own, modules)
            return FileFinder(path, (loader, [".py"]))  # type: ignore[arg-type]  # it is called
        if path.startswith(tuple(wheels)):
            return _Wheel(own, path)
        raise ImportError

    def run_kept(text: str, variables: dict[str, Any], names: dict[str, Any]) -> None:
        code = own.of(text, b"", partial(compile, text, "<dataclass>", "exec"))
        exec(code, variables, names)  # noqa: S102  # as dataclasses does

    # To compile the methods of data classes takes a third of a start without changes. Where a
    # later Python makes them in another way, they are compiled each time.
    # https://github.com/python/cpython/blob/3.11/Lib/dataclasses.py#L413
    dataclasses.exec = run_kept  # type: ignore[attr-defined]  # in place of the built-in
    sys.path_hooks.insert(0, finder)
    for path in [*sys.path_importer_cache]:
        if path.startswith((modules, *wheels)):
            del sys.path_importer_cache[path]
