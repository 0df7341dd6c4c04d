"""Reads what git knows about a folder: nothing without git, or outside a repository."""

from __future__ import annotations

import ast
import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from slipway.effects.processes import Command, Processes, TimeLimitReached
from slipway.effects.reading import FOLDER, kind_at, read_bytes
from slipway.errors.stopped import CommandFailed
from slipway.errors.submodules import NO_GIT

# Read repositories of other owners too, because platforms build as another user than the one
# that cloned. Start no file system monitor, because the repository's configuration names it.
_OPTIONS = tuple("-c safe.directory=* -c core.fsmonitor=false -c core.quotePath=true".split())
_POINTER = re.compile(r"gitdir: *(?P<place>.+)")
_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d+)-g(?P<commit>[0-9a-f]+)")
# A version may follow parts that do not begin with a digit; so a date is not a version.
_TAG = re.compile(r"(?:[^-_/\d][^-_/]*[-_/])*?[vV]?(?P<version>\d.*)")
# One line of `git ls-files --stage`; 160000 is the mode of a submodule.
_SUBMODULE = re.compile(r"160000 (?P<commit>[0-9a-f]+) \d\t(?P<name>.+)")

_TIME_LIMIT = 60.0
"""Seconds: git waits forever for a writer of a named pipe among its files."""
_READ_BY_GIT = ("HEAD", "config", "index", "info/exclude", "packed-refs", "../.gitignore")
"""Files that each query may read, relative to .git."""


@dataclass(frozen=True, kw_only=True)
class WorkTree:
    """What git would ship of a folder, and what it would not; paths are relative to it."""

    files: tuple[str, ...]
    """With the content that they have now; some may have been deleted. A path with a slash at
    the end is a repository that git would add as a whole."""
    submodules: tuple[str, ...]
    """The folders that the repository records as submodules."""
    left_out: tuple[str, ...]
    """Files that git neither tracks nor ignores; a folder without tracked files is one path,
    with a slash at the end."""
    is_tracked: bool
    """False for a new folder, of which git tracks nothing: `files` are those not ignored."""


@dataclass(frozen=True)
class Git:
    processes: Processes
    environment: Mapping[str, str]
    root: str = ""
    """The path of the app in its repository; empty if they are the same."""

    def repository_of(self, app: Path, path: str) -> str | None:
        """Return the repository below the app that contains a path; for `.`, the app itself.

        It is the nearest folder with a .git entry. All paths are relative to the app.
        """
        parts = path.split("/")
        above = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
        return next((name for name in above if os.path.lexists(app / name / ".git")), None)

    def unusable(self, folder: Path) -> str | None:
        """Return the reason why git cannot read a repository; None if it can."""
        pointer = folder / ".git"
        if not os.path.lexists(pointer):
            return "that folder has no .git"
        if not _leads_to_repository(pointer):
            return "its .git points to a folder that does not exist"
        if shutil.which("git", path=self.environment.get("PATH")) is None:
            return NO_GIT
        if self.commit(folder) is None:
            return "git finds no commit in it"
        return None

    def commit(self, folder: Path) -> str | None:
        """Return the commit that is checked out, 40 or 64 hexadecimal digits."""
        return self._query(folder, "rev-parse", "--verify", "HEAD")

    def version(self, folder: Path) -> str | None:
        """Return a version (PEP 440) from the nearest tag: `1.2` or `1.2.post3+g0123456`.

        If no tag is a version, it is `0+g` and 12 digits of the commit.
        """
        options = ("--tags", "--long", "--always", "--abbrev=40", "--match", "*[0-9]*")
        answer = self._query(folder, "describe", *options)
        if answer is None:
            return None
        found = _DESCRIBED.fullmatch(answer)
        commit = found["commit"] if found else answer
        version = found and _version(found["tag"], int(found["distance"]), commit)
        return version or f"0+g{commit[:12]}"

    def remote_url(self, folder: Path) -> str | None:
        """Return the URL of `origin` as it is configured, credentials included."""
        return self._query(folder, "config", "--get", "remote.origin.url") or None

    def recorded_commit(self, app: Path, path: str) -> str | None:
        """Return the commit of a submodule that the app's own repository records."""
        place = posixpath.join(self.root, path)
        answer = self._query(self.repository(app), "ls-files", "--stage", "--", place)
        found = _SUBMODULE.fullmatch(answer or "")
        return found["commit"] if found and _name(found["name"]) == place else None

    def repository(self, app: Path) -> Path:
        """Return the folder of the repository that the app is in."""
        return app.parents[self.root.count("/")] if self.root else app

    def tracked_files(self, folder: Path, below: str = ".") -> tuple[str, ...] | None:
        """List the tracked files, including those of submodules, relative to the repository."""
        answer = self._query(folder, "ls-files", "--recurse-submodules", "--", below)
        return None if answer is None else tuple(map(_name, filter(None, answer.split("\n"))))

    def tracked_files_of(self, app: Path, path: str) -> frozenset[str] | None:
        """Return the files of a package that its own repository or the app's tracks.

        They are relative to the package. None without git, or if none of them is tracked yet.
        """
        own = self.repository_of(app, path)
        repository = app / own if own else self.repository(app)
        below = os.path.relpath(app / path, repository)
        names = self.tracked_files(repository, below)
        return frozenset(os.path.relpath(name, below) for name in names) if names else None

    def work_tree(self, folder: Path) -> WorkTree | None:
        """List the files of a folder in a repository; None without git, or if all are ignored.

        The repository may begin above the folder.
        """
        above = (folder, *folder.parents)
        root = next((place for place in above if os.path.lexists(place / ".git")), folder)
        below = os.path.relpath(folder, root)
        staged = self._query(root, "ls-files", "--stage", "--", below)
        tracked = self.tracked_files(root, below)
        if staged is None or tracked is None:
            return None
        entries = filter(None, map(_SUBMODULE.fullmatch, staged.split("\n")))
        submodules = [_name(entry["name"]) for entry in entries]
        options = ["--others", "--exclude-standard"]
        if tracked:
            options += ["--directory", "--no-empty-directory"]
        answer = self._query(root, "ls-files", *options, "--", below) or ""
        others = [*map(_name, filter(None, answer.split("\n")))]
        if not (tracked or others):
            return None

        def relative(names: Iterable[str]) -> tuple[str, ...]:
            prefix = "" if below == "." else f"{below}/"
            return tuple(name.removeprefix(prefix) for name in names)

        return WorkTree(
            files=relative(tracked or others),
            submodules=relative(submodules),
            left_out=relative(others) if tracked else (),
            is_tracked=bool(tracked),
        )

    def has_changes(self, folder: Path) -> bool:
        """Tell whether there are uncommitted changes; ignored files do not count."""
        return bool(self._query(folder, "status", "--porcelain", "--untracked-files=normal"))

    def _query(self, folder: Path, *arguments: str) -> str | None:
        """Query the repository whose .git is in `folder`, but never one above it."""
        pointer = folder / ".git"
        is_usual = {"", FOLDER}.issuperset(kind_at(pointer / name) for name in _READ_BY_GIT)
        if not is_usual or not _leads_to_repository(pointer):
            return None
        place = ("-C", str(folder.absolute()), "--git-dir=.git", "--work-tree=.")
        argv = ["git", *_OPTIONS, *place, "--literal-pathspecs", *arguments]
        command = Command(argv=argv, cwd=folder, env=self._variables())
        try:
            return self.processes.query(command, _TIME_LIMIT)
        except (CommandFailed, OSError, TimeLimitReached):
            return None

    def _variables(self) -> dict[str, str]:
        """Leave out GIT_DIR and others: some platforms build in a git hook, which sets them."""
        kept = {
            name: value
            for name, value in self.environment.items()
            if not name.startswith("GIT_")
        }
        return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


def _leads_to_repository(pointer: Path) -> bool:
    """Tell whether a .git is a repository or points to one.

    https://git-scm.com/docs/gitrepository-layout
    """
    if pointer.is_dir():
        return True
    try:
        text = os.fsdecode(read_bytes(pointer))
    except OSError:
        return False
    found = _POINTER.match(text)
    return found is not None and (pointer.parent / found["place"].strip()).is_dir()


def _version(tag: str, distance: int, commit: str) -> str | None:
    """Read `v1.2`, `acme-1.2` or `release/1.2`; None for a tag that is not a version."""
    found = _TAG.fullmatch(tag)
    try:
        version = Version(found["version"]) if found else None
    except InvalidVersion:
        return None
    if version is None or not distance:
        return str(version) if version else None
    if version.is_devrelease:
        return f"{version.public}+{distance}.g{commit[:7]}"
    release = version.public.partition(".post")[0]
    return f"{release}.post{(version.post or 0) + distance}+g{commit[:7]}"


def _name(text: str) -> str:
    r"""Decode a file name, which git quotes if necessary: `"caf\303\251.py"`."""
    return os.fsdecode(ast.literal_eval(f"b{text}")) if text.startswith('"') else text
