"""The build cache: folders by key, each whole or not there at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slipway.errors.stopped import CommandFailed

FORMAT = "1"
"""Changes when what is stored does; folders of another format are left to themselves."""

_KEPT = 4
_ASIDE = ".new-"
_MARK = ".slipway-entry"


Put = Callable[[Path, Path], None]
"""Puts a tree at a place that does not exist."""


def _ignore(text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Entries `<root>/slipway-<format>/<kind>/<key>/`, made aside and then renamed.

    A rename is the only way in, so a build that fails, is killed or runs beside another
    leaves no half entry. All of it can be thrown away at any time.
    """

    root: Path
    copy: Put
    """How entries come in: what a build does later to its own files changes no entry."""
    link: Put
    """How entries go out: a build may share files with the cache."""
    tell: Callable[[str], None]
    """Says why an entry is not used."""
    detail: Callable[[str], None] = _ignore
    """Says of each entry that is asked for whether it is there."""

    keeps_dates: bool = True
    """Whether files have the same dates when the platform brings the cache back."""

    @property
    def folder(self) -> Path:
        return self.root / f"slipway-{FORMAT}"

    def entry(self, kind: str, key: str) -> Path | None:
        """Give the folder of an entry, if it is there and whole."""
        path = self.folder / kind / key
        try:
            recorded = (path / _MARK).read_text(encoding="ascii")
        except OSError:
            self.detail(f"The cache has no {kind} {key}")
            return None
        if recorded != self._census(path):
            self.tell(f"The cache's {kind} is not as it was stored, and is made anew")
            shutil.rmtree(path, ignore_errors=True)
            return None
        os.utime(path)
        self.detail(f"The cache has the {kind} {key}")
        return path

    def restore(self, kind: str, key: str, destination: Path) -> bool:
        """Put an entry at a place that does not exist; tell whether there was one."""
        path = self.entry(kind, key)
        if path is None:
            return False
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.link(path, destination)
        except CommandFailed:
            # What it was to spare is done instead, and says what is wrong: a full disk, mostly.
            shutil.rmtree(destination, ignore_errors=True)
            return False
        (destination / _MARK).unlink(missing_ok=True)
        return True

    def store(self, kind: str, key: str, source: Path, kept: int = _KEPT) -> str | None:
        """Copy a folder into the cache; of its kind, the `kept` used last stay.

        A cache that cannot be written costs time, never a build: the reason is returned.
        """
        shelf = self.folder / kind
        try:
            shelf.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=shelf, prefix=_ASIDE) as aside:
                made = Path(aside, "entry")
                self.copy(source, made)
                (made / _MARK).write_text(self._census(made), encoding="ascii")
                _rename_unless_there(made, shelf / key)
            _forget(shelf, kept)
        except OSError as error:
            return error.strerror or str(error)
        except CommandFailed as error:
            return error.output.strip() or error.command
        return None

    def _census(self, path: Path) -> str:
        """Digest what each file's entry says: what a broken copy, or a write in place, changes.

        A build may share files with the entry it was given, so that a hook that writes into an
        installed file writes here too; the file's date then gives it away, and the entry is
        made anew. Whole seconds, because that is what platforms that pack the cache keep.
        """
        lines = []
        for folder, _, names in os.walk(path):
            for name in names:
                if name != _MARK:
                    place = os.path.join(folder, name)
                    entry = _entry(place, with_date=self.keeps_dates)
                    lines.append(f"{os.path.relpath(place, path)} {entry}")
        digest = hashlib.sha256("\n".join(sorted(lines)).encode(errors="surrogateescape"))
        return f"{len(lines)} files, {digest.hexdigest()}\n"


def _rename_unless_there(made: Path, place: Path) -> None:
    try:
        os.rename(made, place)
    except OSError as error:
        # Another build was faster: same key, same content.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _forget(shelf: Path, kept: int) -> None:
    """Keep the entries used last; a folder that a killed build left aside ages with them."""
    entries = sorted(shelf.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[kept:]:
        shutil.rmtree(path, ignore_errors=True)


def _entry(place: str, *, with_date: bool) -> str:
    status = os.lstat(place)
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(place)}"
    date = f" {int(status.st_mtime)}" if with_date else ""
    return f"{status.st_size} {status.st_mode:o}{date}"
