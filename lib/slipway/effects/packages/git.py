"""What git knows of a folder, read only; nothing if there is no git or no repository."""

from __future__ import annotations

import ast
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from slipway.effects.processes import Command, Processes
from slipway.errors.stopped import CommandFailed

# Read repositories of other owners too: platforms build as a user who has cloned nothing. Start
# no file system monitor, which the repository's own configuration could name.
_OPTIONS = tuple("-c safe.directory=* -c core.fsmonitor=false -c core.quotePath=true".split())
_POINTER = re.compile(r"gitdir: *(?P<place>.+)")
_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d+)-g(?P<commit>[0-9a-f]+)")
# Before a version may be parts that do not begin with a digit, as a date's do.
_TAG = re.compile(r"(?:[^-_/\d][^-_/]*[-_/])*?[vV]?(?P<version>\d.*)")
# One line of `git ls-files --stage`; 160000 is the mode of a submodule.
_SUBMODULE = re.compile(r"160000 (?P<commit>[0-9a-f]+) \d\t(?P<name>.+)")


@dataclass(frozen=True)
class Git:
    processes: Processes
    environment: Mapping[str, str]

    def repository_of(self, app: Path, path: str) -> str | None:
        """Give the repository that a path is in, below the app; for `.` the app itself.

        It is the nearest folder with a .git entry. All paths are relative to the app.
        """
        parts = path.split("/")
        above = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
        return next((name for name in above if os.path.lexists(app / name / ".git")), None)

    def unusable(self, folder: Path) -> str | None:
        """Give the reason why git does not know a repository; None if it can."""
        pointer = folder / ".git"
        if not os.path.lexists(pointer):
            return "it has no .git"
        if not _leads_to_repository(pointer):
            return "its .git points to a folder that is not there"
        if shutil.which("git", path=self.environment.get("PATH")) is None:
            return "git is not installed"
        if self.commit(folder) is None:
            return "git finds no commit in it"
        return None

    def commit(self, folder: Path) -> str | None:
        """Give the commit that is checked out, 40 or 64 hexadecimal digits."""
        return self._query(folder, "rev-parse", "--verify", "HEAD")

    def version(self, folder: Path) -> str | None:
        """Give a version (PEP 440) from the nearest tag: `1.2` or `1.2.post3+g0123456`.

        `0+g` and 12 digits of the commit where no tag is a version.
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
        """Give the URL of `origin` as it is written, credentials included."""
        return self._query(folder, "config", "--get", "remote.origin.url") or None

    def recorded_commit(self, app: Path, path: str) -> str | None:
        """Give the commit of a submodule that the app's own repository names."""
        answer = self._query(app, "ls-files", "--stage", "--", path)
        found = _SUBMODULE.fullmatch(answer or "")
        return found["commit"] if found and _name(found["name"]) == path else None

    def tracked_files(self, folder: Path, below: str = ".") -> tuple[str, ...] | None:
        """List what the repository tracks, its own submodules included, relative to it."""
        answer = self._query(folder, "ls-files", "--recurse-submodules", "--", below)
        return None if answer is None else tuple(map(_name, filter(None, answer.split("\n"))))

    def tracked_files_of(self, app: Path, path: str) -> frozenset[str] | None:
        """Name the files of one package that its repository, or the app's, tracks.

        Relative to the package; None if there is no git, or none of them is tracked yet.
        """
        repository = self.repository_of(app, path) or "."
        below = os.path.relpath(path, repository)
        names = self.tracked_files(app / repository, below)
        return frozenset(os.path.relpath(name, below) for name in names) if names else None

    def has_changes(self, folder: Path) -> bool:
        """Tell whether something is not committed; ignored files do not count."""
        return bool(self._query(folder, "status", "--porcelain", "--untracked-files=normal"))

    def _query(self, folder: Path, *arguments: str) -> str | None:
        """Query the repository whose .git is in `folder`, and none above it."""
        if not _leads_to_repository(folder / ".git"):
            return None
        place = ("-C", str(folder.absolute()), "--git-dir=.git", "--work-tree=.")
        argv = ["git", *_OPTIONS, *place, "--literal-pathspecs", *arguments]
        command = Command(argv=argv, cwd=folder, env=self._variables())
        try:
            return self.processes.query(command)
        except (CommandFailed, OSError):
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
    """Follow a .git as https://git-scm.com/docs/gitrepository-layout describes it."""
    if pointer.is_dir():
        return True
    try:
        text = os.fsdecode(pointer.read_bytes())
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
    r"""Read a name, which git quotes if it has to: `"caf\303\251.py"`."""
    return os.fsdecode(ast.literal_eval(f"b{text}")) if text.startswith('"') else text
