"""A lock in a subfolder of the app, whose reader knows only the folder of the lock."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from slipway.domain.locks.brought import (
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
)


@dataclass(frozen=True)
class LockInFolder:
    """Has the pins of a lock, with paths relative to the app: see BroughtLock."""

    lock: BroughtLock
    folder: str
    """Relative to the app."""

    @property
    def file(self) -> str:
        return self.lock.file

    @property
    def tool(self) -> str:
        return self.lock.tool

    @property
    def requires_python(self) -> str:
        return self.lock.requires_python

    @property
    def default_index(self) -> Index | None:
        return self.lock.default_index

    @property
    def other_indexes(self) -> tuple[Index, ...]:
        return self.lock.other_indexes

    @property
    def groups(self) -> tuple[str, ...]:
        return self.lock.groups

    @property
    def extras(self) -> tuple[str, ...]:
        return self.lock.extras

    @property
    def is_consistent(self) -> bool:
        return self.lock.is_consistent

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        """Return every pin FromPath that `select` may return, for any Python."""
        return self._in_app(self.lock.local_pins(choice))

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        """Return what is installed for a Python, sorted by name, each name once."""
        return self._in_app(self.lock.select(markers, choice))

    def _in_app(self, pins: Iterable[Pin]) -> tuple[Pin, ...]:
        return tuple(replace(pin, source=self._source(pin.source)) for pin in pins)

    def _source(
        self, source: FromIndex | FromAddress | FromFiles | FromPath
    ) -> FromIndex | FromAddress | FromFiles | FromPath:
        match source:
            case FromPath(path=path):
                return FromPath(path=self._path(path))
            case FromFiles(files=files):
                places = (one if "://" in one else self._path(one) for one in files)
                return FromFiles(files=tuple(places))
        return source

    def _path(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, path))
