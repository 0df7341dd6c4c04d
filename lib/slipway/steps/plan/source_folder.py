"""One folder of an app, as far as its own files tell what it is."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property

from slipway.domain.vendoring.packages import is_archive_name
from slipway.domain.vendoring.source_project import PROJECT_FILES, SourceProject, read_project
from slipway.effects.files import AppFolder, read_if_there

_FOREIGN = frozenset(
    "package.json go.mod Cargo.toml composer.json Gemfile pom.xml pyvenv.cfg".split()
)
_SKIPPED = frozenset(
    "node_modules __pycache__ site-packages docs doc tests test examples example"
    " fixtures".split()
)
_SKIPPED_ENDINGS = (".egg-info", ".dist-info", ".data")
_GO_MODULE = re.compile(r"^# ([^/\s]+)/", re.M)


class SourceFolder:
    """Read once, when it is made; what its files say is read when it is asked for."""

    def __init__(self, app: AppFolder, path: str) -> None:
        self._app = app
        self._path = path
        self._entries = _entries(app, path)
        # is_file() raises for a link to itself.
        self.files = frozenset(
            entry.name
            for entry in self._entries
            if (os.path.isfile(entry.path) if entry.is_symlink() else entry.is_file())
        )

    @cached_property
    def project(self) -> SourceProject | None:
        """Raise VendoredBroken, FileUndecodable, FileUnreadable."""
        texts = {name: self._text(name) for name in PROJECT_FILES if name in self.files}
        return read_project(texts, self._path) if texts else None

    def _text(self, name: str) -> str:
        path = posixpath.normpath(posixpath.join(self._path, name))
        # TOML alone has to be UTF-8; of the others no more is read than words in ASCII.
        if name == "pyproject.toml":
            return self._app.text(path) or ""
        return read_if_there(self._app.root / path) or ""

    @property
    def is_package(self) -> bool:
        return "__init__.py" in self.files

    @property
    def is_foreign(self) -> bool:
        """Tell a project in another language, or a virtual environment."""
        return not _FOREIGN.isdisjoint(self.files) or any(
            name.endswith(".gemspec") for name in self.files
        )

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """List what may hold packages, sorted by name."""
        of_go = self._of_go() if "modules.txt" in self.files else ()
        for entry in self._entries:
            if not _is_skipped(entry.name) and entry.name not in of_go:
                yield entry

    def _of_go(self) -> list[str]:
        """Name the folders that `go mod vendor` wrote.

        https://go.dev/ref/mod#go-mod-vendor
        """
        return _GO_MODULE.findall(self._text("modules.txt"))


def _entries(app: AppFolder, path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(app.root / path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (OSError, ValueError):  # ValueError: no name can have a null byte
        return []


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SKIPPED or name.endswith(_SKIPPED_ENDINGS)


def wheels_and_archives(app: AppFolder, folder: str, depth: int) -> Iterator[str]:
    """Give the paths of those in a folder, and in the folders down to a depth below it."""
    for entry in _entries(app, folder):
        path = posixpath.join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if depth > 0:
                yield from wheels_and_archives(app, path, depth - 1)
        elif entry.name.endswith(".whl") or is_archive_name(entry.name):
            yield path
