"""The app's files; functions that write, copy, move and digest files."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from slipway.domain.redaction import Secrets
from slipway.effects import reading
from slipway.effects.reading import NotReadable, read_bytes
from slipway.effects.removal import remove_folder
from slipway.errors.app import FileUndecodable, FileUnreadable
from slipway.errors.vendored import OutsideTheApp

OF_OTHER_BUILDPACKS = frozenset(
    {
        *(".apt", ".chrome-for-testing", ".heroku"),
        *(".heroku-buildpack-nginx", ".heroku-geo-buildpack"),
    }
)
"""Folders in which earlier buildpacks install programs and libraries, for example all of a
Python: https://github.com/heroku/heroku-buildpack-apt/blob/main/bin/compile,
https://github.com/heroku/heroku-buildpack-chrome-for-testing/blob/main/bin/compile,
https://github.com/heroku/heroku-geo-buildpack/blob/main/bin/compile"""
_NOT_OF_THE_APP = OF_OTHER_BUILDPACKS | {".git", ".slipway", "node_modules", "__pycache__"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class AppFolder:
    """The app's files, read only; names are relative to the root."""

    root: Path
    secrets: Secrets = field(default_factory=Secrets, compare=False)
    """The credentials in the texts that were read are added to it."""
    repository: Path | None = None
    """The folder of the user's files, if the app is a folder below; None: it is the app."""

    @property
    def path_in_repository(self) -> str:
        """The path of the app in its repository; empty if they are the same."""
        if self.repository in (None, self.root):
            return ""
        return os.path.relpath(self.root, self.repository)

    @property
    def whole_repository(self) -> AppFolder:
        return AppFolder(self.repository or self.root, self.secrets)

    def text(self, name: str) -> str | None:
        """Return the text of a file; None if it does not exist.

        Raises FileUnreadable, FileUndecodable, OutsideTheApp.
        """
        try:
            if os.path.exists(self.root / name):
                self._refuse_outside(name)  # first: reading a file of the system may wait
            data = read_bytes(self.root / name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise unreadable(error, name) from None
        text = _decoded(data, name)
        self.secrets.learn_file(text)
        return text

    def _refuse_outside(self, name: str) -> None:
        """Raise OutsideTheApp for a path of a file that is not in the app."""
        real = os.path.realpath(self.root / name)
        if os.path.commonpath([self._real_root, real]) != self._real_root:
            parts = name.split("/")
            paths = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
            link = next((path for path in paths if self.target_outside(path)), name)
            raise OutsideTheApp(path=link, target=self.target_outside(link) or real)

    def refuse_unreadable(self, name: str) -> None:
        """Stop if a path leads to anything else than a regular file, or to nothing.

        Raises FileUnreadable.
        """
        kind = reading.kind_at(self.root / name)
        if kind:
            code = errno.EISDIR if kind == reading.FOLDER else errno.EINVAL
            reason = f"it is {kind}, not a regular file"
            raise FileUnreadable(file=name, reason=reason, code=code)

    def has(self, name: str) -> bool:
        return (self.root / name).is_file()

    def is_at(self, path: str) -> bool:
        """Return whether anything has this path, even a link to nothing."""
        return os.path.lexists(self.root / path)

    def start_of(self, name: str, most: int = 512) -> bytes:
        """Return the first bytes of a file; none if it cannot be read, which `text` reports."""
        try:
            return reading.start_of(self.root / name, most)
        except OSError:
            return b""

    def entries(self, name: str = "") -> tuple[str, ...]:
        """List a folder, subfolders with a slash at the end; empty if it does not exist."""
        # Not entry.is_dir(), which raises for a link to itself.
        return tuple(
            f"{entry.name}/" if os.path.isdir(entry.path) else entry.name
            for entry in self.scan(name)
        )

    def scan(self, name: str) -> list[os.DirEntry[str]]:
        """List a folder, sorted by name; empty if it cannot be read."""
        try:
            with os.scandir(self.root / name) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except (OSError, ValueError):  # ValueError: the name has a null byte
            return []

    def small_files(self, folder: str, most: int) -> Iterator[tuple[str, bytes]]:
        """Yield each file below a folder with 1 to `most` bytes: its path and its content.

        Links and what git or Slipway itself keep are left out, and so are unreadable files.
        """
        for path in walk(self.root / folder, _NOT_OF_THE_APP):
            content = _content_if_small(path, most)
            if content:
                yield str(path.relative_to(self.root)), content

    def modules(self) -> Iterator[bytes]:
        """Yield the content of each Python file of the app; unreadable ones are left out."""
        for path in walk(self.root, _NOT_OF_THE_APP):
            if path.name.endswith(".py"):
                with suppress(OSError):
                    yield read_bytes(path)

    def same_but_for_case(self, path: str) -> str:
        """Return the file that differs from a missing one only by case; empty if none does."""
        found = ""
        for part in path.split("/"):
            names = [entry.name for entry in self.scan(found)]
            similar = [name for name in names if name.casefold() == part.casefold()]
            if not similar:
                return ""
            found = f"{found}/{part if part in similar else similar[0]}".lstrip("/")
        return found if self.has(found) else ""

    def real_path(self, path: str) -> str:
        """Resolve symbolic links; return the path itself if nothing exists at it.

        Raises OutsideTheApp if a link along the path leads out of the app.
        """
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            link = "/".join(parts[:end])
            target = self.target_outside(link)
            if target is not None:
                raise OutsideTheApp(path=link, target=target)
        full = self.root / path
        if not os.path.exists(full):
            return path
        return os.path.relpath(os.path.realpath(full), self._real_root)

    def target_outside(self, path: str) -> str | None:
        """Return the target of a symbolic link that leads out of the app, or else None.

        An absolute link always leads out, because the app will be moved.
        """
        full = self.root / path
        if not os.path.islink(full):
            return None
        target = os.readlink(full)
        root = self._real_root
        is_within = os.path.commonpath([root, os.path.realpath(full)]) == root
        return None if is_within and not os.path.isabs(target) else target

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self.root)


def unreadable(error: OSError, file: str) -> FileUnreadable:
    """Return the error of a file that could not be read, under the name that the user knows."""
    reason = error.strerror or str(error)
    if isinstance(error, NotReadable):
        reason = f"it {reason}"
    return FileUnreadable(file=file, reason=reason, code=error.errno or 0)


def walk(root: Path, without: Container[str] = (), *, is_deep: bool = True) -> Iterator[Path]:
    """Yield everything below a folder that is not a folder itself, sorted in each folder.

    Symbolic links are not followed, and folders that cannot be read count as empty. `without`
    has names that are left out at any depth. Unlike os.walk before Python 3.12, it can go
    deeper than Python's stack.
    """
    waiting = [os.fspath(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            continue
        entries = [entry for entry in entries if entry.name not in without]
        folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        waiting += reversed(folders) if is_deep else ()
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)


def walk_folders(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield what os.walk does, which is as deep as Python's stack before Python 3.12.

    Names that are removed from the list of folders are left out.
    """
    waiting = [os.fspath(root)]
    while waiting:
        folder, folders, files = waiting.pop(), list[str](), list[str]()
        try:
            with os.scandir(folder) as scan:
                entries = [*scan]
        except OSError:
            continue
        for entry in entries:
            (folders if _is_folder(entry) else files).append(entry.name)
        links = {entry.name for entry in entries if entry.is_symlink()}
        yield folder, folders, files
        waiting += [f"{folder}/{name}" for name in reversed(folders) if name not in links]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _content_if_small(path: Path, most: int) -> bytes | None:
    try:
        status = path.lstat()
        is_small = stat.S_ISREG(status.st_mode) and 1 <= status.st_size <= most
        return read_bytes(path, most, follow=False) if is_small else None
    except OSError:
        return None


def _decoded(data: bytes, name: str) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark, as pip does; `>` in Windows writes it."""
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    without_mark = _utf16_without_mark(data)
    if without_mark:
        raise FileUndecodable(file=name, line=1, encoding=without_mark)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileUndecodable(file=name, line=line) from None


def _utf16_without_mark(data: bytes) -> str:
    """Return the encoding of a text in UTF-16 that has no byte order mark; else nothing."""
    start = data[:200]
    if len(start) < 4 or len(data) % 2 or data.startswith(_UTF16):
        return ""
    for encoding, null in (("UTF-16LE", 1), ("UTF-16BE", 0)):
        if not any(start[null::2]) and all(start[1 - null :: 2]):
            return encoding
    return ""


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write one of Slipway's files atomically: a reader sees the old content or the new.

    A folder in its place is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(temporary, mode)
        try:
            os.replace(temporary, path)
        except IsADirectoryError:
            remove_folder(path)
            os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def exchange(path: Path, content: bytes) -> None:
    """Replace a file and keep its mode; hard links to the old file keep the old content."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    shutil.copymode(path, temporary)
    os.replace(temporary, path)


@contextmanager
def scratch(prefix: str, within: Path | None = None) -> Iterator[Path]:
    """Create a temporary folder that only this user can read, and remove it afterwards."""
    path = Path(tempfile.mkdtemp(prefix=f"slipway-{prefix}-", dir=within))
    try:
        yield path
    finally:
        with suppress(OSError):
            remove_folder(path)


@contextmanager
def temporary_sibling(path: Path, content: bytes) -> Iterator[Path]:
    """Create a file next to another with the same mode, and remove it afterwards."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        shutil.copymode(path, temporary)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file, a symbolic link or a folder, if it exists.

    Raises OSError, after it has removed what it can.
    """
    with suppress(FileNotFoundError):  # another build may be faster
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a regular file, as 64 hexadecimal digits.

    Raises OSError.
    """
    return reading.hash_of(path, "sha256")


def tree_digest(root: Path, without: Container[str] = ()) -> str:
    """Digest all files below a folder: names, executable bits and content, but not dates.

    `without` has names of files and folders that are left out at any depth.

    Raises OSError.
    """
    digest = hashlib.sha256()
    for path in walk(root, without):
        mode = b"x" if os.access(path, os.X_OK) else b"-"
        name = os.fsencode(path.relative_to(root))
        digest.update(b"\0".join((name, mode, _content_digest(path))) + b"\n")
    return digest.hexdigest()


def _content_digest(path: Path) -> bytes:
    if path.is_symlink():
        return b"-> " + os.fsencode(os.readlink(path))
    return sha256_of(path).encode() if path.is_file() else b"special"


def content_digest(place: Path, moved: Sequence[Path], *, is_deep: bool = True) -> str:
    """Digest a file or folder that a variable names, wherever the platform has put it.

    Dates, modes and the paths of the folders `moved`, which `.pc` files contain, do not count.
    Unless `is_deep`, subfolders do not count either, nor links to folders in `moved`. Returns
    `missing` if there is nothing.
    """
    if os.path.isfile(place):
        return _content_without(place, moved)
    if not os.path.isdir(place):
        return "missing"
    digest = hashlib.sha256()
    root = Path(os.path.realpath(place))
    waiting, seen = [(root, Path())], {root}
    while waiting:
        folder, name = waiting.pop()
        for path in walk(folder, is_deep=is_deep):
            relative = name / path.relative_to(folder)
            digest.update(os.fsencode(relative) + b"\0")
            digest.update(f"{_content_without(path, moved)}\n".encode())
            real = _linked_folder(path, moved) if is_deep else None
            # What contains the folder itself may be large, and is not what it is for.
            if real is not None and real not in seen and not root.is_relative_to(real):
                seen.add(real)
                waiting.append((real, relative))
    return digest.hexdigest()


def _linked_folder(path: Path, within: Sequence[Path]) -> Path | None:
    """Return the folder in `within` to which a symbolic link leads, if it is one."""
    if not path.is_symlink() or not os.path.isdir(path):
        return None
    real = Path(os.path.realpath(path))
    return real if any(real.is_relative_to(folder) for folder in within) else None


def _content_without(path: Path, moved: Sequence[Path]) -> str:
    try:
        if path.is_symlink() and not os.path.isfile(path):
            content = os.fsencode(os.readlink(path))
        else:
            content = read_bytes(path) if os.path.isfile(path) else b"special"
    except NotReadable:
        return sha256_of(path)  # too large for a file that names the app
    except OSError:
        return "unreadable"
    for folder in moved:
        content = content.replace(os.fsencode(folder), b".")
    return hashlib.sha256(content).hexdigest()


def read(path: Path) -> str:
    """Return the text of one of Slipway's own files."""
    return read_bytes(path).decode("utf-8")


def overwrite(path: Path, text: str) -> None:
    """Write into a file that the platform has created, so that its owner and mode stay."""
    path.write_text(text, encoding="utf-8")


def read_if_there(path: Path) -> str | None:
    """Return a file's text, with replacements for invalid bytes; None if it cannot be read."""
    try:
        text = read_bytes(path).decode("utf-8", "replace")
    except OSError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def copy_folder(source: Path, destination: Path, without: Iterable[str] = ()) -> None:
    """Copy a folder, with its symbolic links and without names that match the patterns.

    Special files, such as named pipes, are left out.
    """
    shutil.copytree(source, destination, symlinks=True, ignore=_ignored(without))


def _ignored(patterns: Iterable[str]) -> Callable[[str, list[str]], Collection[str]]:
    by_name = shutil.ignore_patterns(*patterns)

    def ignored(folder: str, names: list[str]) -> Collection[str]:
        special = {name for name in names if _is_special(f"{folder}/{name}")}
        return {*by_name(folder, names), *special}

    return ignored


def _is_special(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


def copy_files(source: Path, destination: Path, names: Iterable[str]) -> None:
    """Copy files and symbolic links of a folder; of a folder among the names, its content.

    Names that do not exist, and special files, such as named pipes, are left out.
    """
    destination.mkdir(parents=True, exist_ok=True)
    for name in names:
        path, copy = source / name, destination / name
        if os.path.isdir(path) and not os.path.islink(path):
            copy_folder(path, copy, without=(".git",))
        elif os.path.isfile(path) or os.path.islink(path):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy, follow_symlinks=False)


def copy_with_usual_modes(
    root: Path, names: Iterable[str], destination: Path, without: Iterable[str] = ()
) -> None:
    """Copy files and folders of `root`; folders and programs get mode 755, other files 644."""
    destination.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (root / name).is_dir():
            copy_folder(root / name, destination / name, without)
        else:
            shutil.copy2(root / name, destination / name)
    for path in (destination, *destination.rglob("*")):
        is_program = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if is_program else 0o644)


def copy_file(source: Path, destination: Path) -> None:
    """Copy the content and the mode of a file; create its parent folder."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, destination)


def link_into(folder: Path, files: Iterable[Path]) -> None:
    """Make symbolic links to files, in a folder that may have some of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        with suppress(FileExistsError):
            (folder / path.name).symlink_to(path)


def move(source: Path, destination: Path) -> None:
    """Move a file or a folder, even to another file system; create its parent folder."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, destination)
