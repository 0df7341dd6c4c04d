"""The caches that tools manage themselves, emptied if they have changed between two builds.

uv and pip trust the files in their own caches. If a platform has restored only a part of one,
they would install incomplete packages, or stop in every build. Of the wheels that they have
built themselves, they know only the processor: one that was compiled on a newer image could not
be imported on an older one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.effects.cache.file_trees import Tree, read_tree
from slipway.effects.cache.locks import ItemLocks, is_folder, remove_tree
from slipway.effects.files import read_if_there, remove, write

_LOCK = ".in-use"
SEAL = ".listing-of-"
"""The prefix of the file next to a cache that has a digest of its files' names and sizes, and
in a second line the image."""


def image_of_build() -> str:
    """Return what decides where compiled code runs: the processor and the C library."""
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):  # musl
        library = None
    return f"{os.uname().machine} {library or 'without glibc'}"


@dataclass(frozen=True)
class ToolCaches:
    folder: Path
    """Contains a folder for each tool."""
    info: Callable[[str], None]
    locks: ItemLocks = field(default_factory=ItemLocks)
    image: str = field(default_factory=image_of_build)
    """As image_of_build returns it."""
    _used: set[str] = field(default_factory=set)
    _chosen: dict[str, Path] = field(default_factory=dict)
    _locks: list[int] = field(default_factory=list)

    def place(self, tool: str) -> Path:
        """Return the folder of a tool, the same during a build.

        It is `<tool>`, or else `<tool>.2` or a higher number: eviction starts another folder if
        it cannot remove the last one, because there is always a build that uses it.
        """
        if tool not in self._chosen:
            number = newest_number(self.folder, tool)
            self._chosen[tool] = self.folder / (tool if number < 2 else f"{tool}.{number}")
        return self._chosen[tool]

    def checked(self, name: str) -> Path:
        """Return the folder of a tool; before the first use of any, all are checked."""
        self._used.add(name)
        if not self._locks:
            with suppress(OSError):
                self._check_alone()
        place = self.folder / name
        with suppress(OSError):  # the tool reports it
            if not is_folder(place):
                remove(place)
                place.mkdir(parents=True, exist_ok=True)
            self.locks.hold(place)
        return place

    def _check_alone(self) -> None:
        """Empty what differs from its record, and note that this build uses the caches.

        While another build uses them, their content does not match any record. The lock is not
        that of the whole cache: a build that asks for the exclusive form of a shared lock and
        does not get it has lost the shared one too (flock(2)).

        Raises OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / _LOCK
        if os.path.islink(lock):  # nothing that Slipway has put there
            lock.unlink()
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        self._locks.append(descriptor)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for place in sorted(self.folder.glob("[!.]*")):
                reason = self._why_unusable(place.name) if is_folder(place) else ""
                if reason:
                    tool = place.name.partition(".")[0]
                    self.info(
                        f"The files of {tool} in the cache {reason}, so {tool} downloads them "
                        "again"
                    )
                    remove_tree(place)
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _why_unusable(self, name: str) -> str:
        """Return why not to use the files of a tool, as part of a sentence; or nothing."""
        listing = _listing(self.folder / name)
        if listing == Tree(()).listing_digest(with_dates=False):
            return ""
        recorded, _, image = (read_if_there(self._seal(name)) or "").partition("\n")
        if listing != recorded:
            return "differ from their record"
        # Earlier versions of Slipway have recorded no image.
        if image and image != self.image:
            return f"are for another image ({image}; this one is {self.image})"
        return ""

    def seal(self) -> None:
        """Record the content of all that this build has used, at its end."""
        for name in self._used:
            with suppress(OSError):  # then the next build downloads again
                if (self.folder / name).is_dir():
                    write(self._seal(name), f"{_listing(self.folder / name)}\n{self.image}")
        while self._locks:
            os.close(self._locks.pop())

    def _seal(self, name: str) -> Path:
        return self.folder / f"{SEAL}{name}"


def newest_number(folder: Path, tool: str) -> int:
    """Return the number of the newest folder of a tool; 0 if it has none."""
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    found = (
        re.fullmatch(rf"{re.escape(tool)}(?:\.([1-9][0-9]{{0,8}}))?", name) for name in names
    )
    return max((int(match[1] or 1) for match in found if match), default=0)


def _listing(folder: Path) -> str:
    return read_tree(folder).listing_digest(with_dates=False)
