"""Digests source trees of the app, and copies them for builds."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.files import OF_OTHER_BUILDPACKS, sha256_of
from slipway.errors.vendored import OutsideTheApp, VendoredBroken

NOT_SOURCE = frozenset(
    {
        *OF_OTHER_BUILDPACKS,
        *(".git", ".hg", ".slipway"),
        *(".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".tox", ".venv"),
        *("__pycache__", "node_modules"),
    }
)
"""Names of files and folders that no package is built from, such as a submodule's .git file."""

_CONFIG_VARIABLES = ".env"
"""Dokku writes the config variables of an app to this file of its root folder before it builds:
https://github.com/dokku/dokku/blob/master/plugins/builder-herokuish/pre-build"""
_COMPILED = ".pyc"
_LINKS = 40
"""As many as Linux follows on one path: path_resolution(7)."""

_ONE_DATE = 1580601600
"""2020-02-02, as in hatchling. If all dates are equal, no file is older than its source, so
make, Cython and autoconf use the generated files in the tree."""

DEEPEST = 100
"""Folders in one another; those who read the tree later may do so recursively."""

_Parts = tuple[str, ...]


def digest_source(app: Path, path: str, only: Collection[str] | None = None) -> str:
    """Digest names, executable bits and content of a file or folder: 64 hexadecimal digits.

    Dates, owners, empty folders and the path do not count. `path` is relative to the app, and
    `.` is the app itself. `only` names the files of a folder that count; None for all.

    Raises OutsideTheApp, VendoredBroken.
    """
    tree = _tree(app, path, only)
    if tree.root.is_file():
        return sha256_of(tree.root)
    digest = hashlib.sha256()
    for entry in tree.entries():
        # Names have no NUL, and what follows has a fixed length, so the input is unambiguous.
        digest.update(os.fsencode(entry.name) + b"\0" + _content(entry))
    return digest.hexdigest()


def copy_source(app: Path, path: str, into: Path) -> None:
    """Copy the files that `digest_source` digests to a path that does not exist.

    A link out of the tree is replaced by its target. All files are writable, and have the same
    date.

    Raises OutsideTheApp, VendoredBroken.
    """
    tree = _tree(app, path, None)
    if tree.root.is_file():
        into.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(tree.root, into)
        return
    into.mkdir(parents=True)
    for entry in tree.entries():
        place = into / entry.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.link is None:
            _copy_file(entry.source, place)
        elif entry.leads_inside:
            place.symlink_to(entry.link)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One file or link of a tree."""

    name: str
    """Relative to the tree, even if the file is outside and a link in the tree leads to it."""
    source: Path
    link: str | None = None
    """The text of a link that is not replaced by its target."""
    leads_inside: bool = True
    """False for a dangling link out of the tree; it is not copied, because its target could
    exist next to the copy."""


@dataclass(frozen=True, kw_only=True)
class _Tree:
    app: Path
    top: _Parts
    """Its real path; all paths of this class are relative to the app."""
    name: str = ""
    """The path of the link to it in the tree that is read, with a slash at the end."""
    links: tuple[_Parts, ...] = ()
    """The paths of all links that led to it."""
    only: Collection[str] | None = None

    @property
    def root(self) -> Path:
        return self.app.joinpath(*self.top)

    def entries(self) -> Iterator[_Entry]:
        """Yield all entries, in an order that depends only on their names."""
        yield from self._below(())

    def _below(self, folder: _Parts) -> Iterator[_Entry]:
        if len(folder) > DEEPEST:
            reason = f"it has more than {DEEPEST} folders in one another"
            raise VendoredBroken(path="/".join((*self.top, folder[0])), reason=reason)
        with os.scandir(self.root.joinpath(*folder)) as scan:
            found = sorted(scan, key=lambda entry: os.fsencode(entry.name))
        for entry in found:
            path = (*folder, entry.name)
            if entry.name in NOT_SOURCE or entry.name.endswith(_COMPILED):
                continue
            if path == (_CONFIG_VARIABLES,) and not self.top:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(path)
            elif self.only is None or "/".join(path) in self.only:
                yield from self._leaf(path, entry)

    def _leaf(self, path: _Parts, entry: os.DirEntry[str]) -> Iterator[_Entry]:
        """Yield a file or what a link points to, but nothing for pipes and the like."""
        name = self.name + "/".join(path)
        if entry.is_symlink():
            yield from self._linked(name, (*self.top, *path))
        elif entry.is_file(follow_symlinks=False):
            yield _Entry(name=name, source=Path(entry.path))

    def _linked(self, name: str, path: _Parts) -> Iterator[_Entry]:
        target, stays = _follow(self.app, path, self.top)
        source = self.app.joinpath(*target)
        if stays or not source.exists():
            link = os.readlink(self.app.joinpath(*path))
            yield _Entry(name=name, source=source, link=link, leads_inside=stays)
        elif source.is_file():
            yield _Entry(name=name, source=source)
        elif source.is_dir():
            links = (*self.links, path)
            if any(link[: len(target)] == target for link in links):
                raise VendoredBroken(
                    path="/".join(path),
                    reason="it is a link to a folder that contains it",
                )
            yield from _Tree(app=self.app, top=target, name=f"{name}/", links=links).entries()


def _tree(app: Path, path: str, only: Collection[str] | None) -> _Tree:
    app = app.resolve()
    top, _ = _follow(app, tuple(path.split("/")), ())
    tree = _Tree(app=app, top=top, only=only)
    if not tree.root.exists():
        raise VendoredBroken(path=path, reason="there is no such file or folder")
    return tree


def _follow(app: Path, path: _Parts, tree: _Parts) -> tuple[_Parts, bool]:
    """Resolve a path, and tell whether its links stay in the tree all the way.

    The kernel also follows a link that leaves the app and comes back through the name of the
    app's folder. This function does not, because the app will be moved.

    Raises OutsideTheApp.
    """
    reached: _Parts = ()
    ahead = [*reversed(path)]
    link = text = "/".join(path)
    links, stays = 0, True
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not reached:
                raise OutsideTheApp(path=link, target=text)
            reached = reached[:-1]
        elif (found := _link_text(app.joinpath(*reached, part))) is None:
            reached = (*reached, part)
        else:
            link, text = "/".join((*reached, part)), found
            links += 1
            if text.startswith("/"):
                raise OutsideTheApp(path=link, target=text)
            if links > _LINKS:
                return path, stays
            ahead += reversed(text.split("/"))
        stays = stays and (not links or reached[: len(tree)] == tree)
    return reached, stays


def _link_text(path: Path) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None  # not a link, or missing


def _content(entry: _Entry) -> bytes:
    if entry.link is not None:
        return b"l" + hashlib.sha256(os.fsencode(entry.link)).digest()
    kind = b"x" if _is_executable(entry.source) else b"-"
    return kind + bytes.fromhex(sha256_of(entry.source))


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)


def _copy_file(source: Path, place: Path) -> None:
    shutil.copyfile(source, place)
    place.chmod(0o755 if _is_executable(source) else 0o644)
    os.utime(place, (_ONE_DATE, _ONE_DATE))
