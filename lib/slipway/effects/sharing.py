"""A folder put in a second place in one pass: by one process, or by two that meet.

Run as a program it is the second of the two: sharing.py SOURCE TARGET DATES FIRST, with `dates`
or nothing, and the number of the first. It imports nothing of Slipway, to be at work at once.
"""

from __future__ import annotations

import os
import stat
import sys
from io import FileIO

PROGRAM = __file__
FOLDER = os.O_RDONLY | os.O_DIRECTORY
"""How folders are opened; what is done below such a descriptor, is done nowhere else."""


class Sharing:
    """What one process does of it: folder after folder, from the front or from the back.

    Whoever makes a folder puts its files there. Where the other one has made a folder, it has
    made all that comes after it as well, or will: what is left lies in that folder, if any.
    So no list is handed over, and both end at the same moment, however fast each of them is.
    """

    def __init__(self, source: int, target: int, *, with_dates: bool) -> None:
        self.source = source
        self.target = target
        """A folder that has nothing but what the other one has put there."""
        self.with_dates = with_dates
        self.blocks: list[str] = []
        """The `block` of each folder that was made, and has files."""
        self.closing: list[tuple[str, int]] = []
        """Folders that get another mode than new ones have, when both are done with them."""

    def from_front(self, without: frozenset[str]) -> None:
        """Begin with the top, apart from files of these names.

        Raises OSError.
        """
        usual = _mode(self.target)
        waiting = self._put("", usual, without)[::-1]
        while waiting:
            waiting += self._visit(waiting, usual)[::-1]

    def from_back(self, first: int) -> None:
        """Begin with the last folder, and go on while the process with this number lives.

        Raises OSError.
        """
        usual = _mode(self.target)
        waiting = self._folders("")
        while waiting:
            if os.getppid() != first:
                raise ProcessLookupError("the first process has ended")
            waiting += self._visit(waiting, usual)

    def _visit(self, waiting: list[str], usual: int) -> list[str]:
        """Do the last folder of those that wait; give those in it, in their order."""
        name = waiting.pop()
        try:
            os.mkdir(name, dir_fd=self.target)
        except FileExistsError:
            waiting.clear()
            return self._folders(name)
        return self._put(name, usual, frozenset())

    def _folders(self, name: str) -> list[str]:
        """Give the folders in one that the other process has made, in their order."""
        folder = os.open(name or ".", FOLDER, dir_fd=self.source)
        try:
            return entries_in(name, folder)[0]
        finally:
            os.close(folder)

    def _put(self, name: str, usual: int, without: frozenset[str]) -> list[str]:
        folder = os.open(name or ".", FOLDER, dir_fd=self.source)
        try:
            mode = _mode(folder)
            if mode != usual:
                self.closing.append((name, mode))
            folders, files = entries_in(name, folder)
            lines = [
                self._put_file(name, file, folder) for file in files if file.name not in without
            ]
        finally:
            os.close(folder)
        if lines:  # some platforms keep no empty folders
            self.blocks.append(block(name, lines))
        return folders

    def _put_file(self, below: str, file: os.DirEntry[str], folder: int) -> str:
        """Link it, or copy it where it cannot be; give its line."""
        name, status = file.name, file.stat(follow_symlinks=False)
        target = f"{below}{name}"
        try:
            os.link(
                name, target, src_dir_fd=folder, dst_dir_fd=self.target, follow_symlinks=False
            )
        except OSError:
            copy_file(name, target, folder, self.target)
        pointing = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(status.st_mode) else ""
        return line(name, status, pointing, with_date=self.with_dates)

    def report(self) -> bytes:
        """Tell the other one what was done."""
        closing = (f"{mode:o} {name}" for name, mode in self.closing)
        return os.fsencode("\0".join([*closing, "", *self.blocks]))

    def add(self, report: bytes) -> None:
        """Take for done what the other one has told."""
        parts = os.fsdecode(report).split("\0")
        end = parts.index("")
        self.blocks += parts[end + 1 :]
        for part in parts[:end]:
            mode, _, name = part.partition(" ")
            self.closing.append((name, int(mode, 8)))

    def close(self) -> None:
        """Give folders their modes last: nothing could be put into one nobody may write to.

        Raises OSError.
        """
        for name, mode in sorted(self.closing, reverse=True):
            os.chmod(name or ".", mode, dir_fd=self.target)


def _mode(folder: int) -> int:
    return os.fstat(folder).st_mode & 0o7777


def entries_in(name: str, folder: int) -> tuple[list[str], list[os.DirEntry[str]]]:
    """Give the folders in a folder, named as it is, in their order; and all else there."""
    folders, files = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{name}{entry.name}/")
            else:
                files.append(entry)
    return sorted(folders), files


def line(name: str, status: os.stat_result, pointing: str, *, with_date: bool) -> str:
    """Say what a file's entry says: what a broken copy, or a write in place, changes.

    Whole seconds, because that is what platforms that pack a folder keep of its dates.
    """
    if pointing:
        return f"{name} -> {pointing}"
    date = f" {int(status.st_mtime)}" if with_date else ""
    return f"{name} {status.st_size} {status.st_mode:o}{date}"


def block(name: str, lines: list[str]) -> str:
    """Say what the files of a folder are, in whatever order they are read."""
    return "\n".join([name, *sorted(lines)])


def copy_file(
    source: str, target: str, source_folder: int | None = None, target_folder: int | None = None
) -> None:
    """Copy with mode and date; where the file system can, both share the same blocks.

    https://man7.org/linux/man-pages/man2/copy_file_range.2.html

    Raises OSError.
    """
    status = os.stat(source, dir_fd=source_folder, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        pointing = os.readlink(source, dir_fd=source_folder)
        os.symlink(pointing, target, dir_fd=target_folder)
        return
    reading = os.open(source, os.O_RDONLY, dir_fd=source_folder)
    with open(reading, "rb", buffering=0) as old:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, dir_fd=target_folder)
        with open(writing, "wb", buffering=0) as new:
            _copy_content(old, new, status.st_size)
            os.fchmod(writing, stat.S_IMODE(status.st_mode))
    times = status.st_atime_ns, status.st_mtime_ns
    os.utime(target, ns=times, dir_fd=target_folder)


def _copy_content(old: FileIO, new: FileIO, size: int) -> None:
    left = size
    try:
        while left and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
            left -= done
    except OSError:
        if left < size:
            raise
    if left:  # between two file systems of an old kernel, or of another kind
        import shutil

        shutil.copyfileobj(old, new)


def _main(source: str, target: str, dates: str, first: str) -> None:
    own = Sharing(os.open(source, FOLDER), os.open(target, FOLDER), with_dates=bool(dates))
    own.from_back(int(first))
    sys.stdout.buffer.write(own.report())


if __name__ == "__main__":
    _main(*sys.argv[1:])
