"""Find the packages that an app ships itself by their files, without running any of them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from packaging.utils import InvalidSdistFilename, parse_sdist_filename

from slipway.domain.requirements.lines import Line
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Form, VendoredPackage, Vendoring, is_archive_name
from slipway.domain.vendoring.source_project import (
    LEGACY,
    PROJECT_FILES,
    SourceProject,
    read_project,
)
from slipway.effects.files import AppFolder
from slipway.errors.vendored import (
    OutsideTheApp,
    VendoredBroken,
    VendoredMissing,
    VendoredNotPython,
    VendorFolderMissing,
)
from slipway.steps.plan.source_folder import SourceFolder, wheels_and_archives
from slipway.steps.plan.true_places import TruePlaces

_DEPTH = 4
_DEPTH_FOR_BUILDS = 2
_NO_MODULES = frozenset({"setup", "conftest", "__init__", "__main__"})


def find_vendored(
    app: AppFolder, settings: Settings, requirements: Iterable[Line]
) -> Vendoring:
    """Search the vendor folders, and wherever a requirement points.

    Raises VendorFolderMissing, VendoredMissing, VendoredNotPython, VendoredBroken,
    OutsideTheApp.
    """
    finder = _Finder(app)
    places = [
        _Place(path=folder, true=finder.places.of(folder), depth=0)
        for folder in settings.vendor
        if _is_there(app, folder, settings.vendor_origin)
    ]
    finder.search(places)
    for line in requirements:
        if line.folder is not None:
            finder.ask(_path_of(line), line)
    return Vendoring(
        folders=tuple(place.path for place in places),
        packages=tuple(sorted(finder.found.values(), key=lambda package: package.path)),
        for_builds=tuple(sorted(finder.for_builds)),
    )


def _refuse_damaged(path: str) -> None:
    """Stop at an sdist that is none: left alone, its name would come from an index."""
    try:
        parse_sdist_filename(posixpath.basename(path))
    except InvalidSdistFilename:
        return
    raise VendoredBroken(
        path=path,
        reason="it is named as an sdist, and is no archive: Git LFS, or an upload, may have "
        "left something else in its place",
    )


def _is_there(app: AppFolder, folder: str, origin: str | None) -> bool:
    if os.path.isdir(app.root / folder):
        return True
    if origin is not None:
        raise VendorFolderMissing(folder=folder, origin=origin)
    return False


def _path_of(line: Line) -> str:
    """Give the path that a line names as the app's own, as `vendor/x`."""
    path = posixpath.normpath(line.folder or ".")
    if posixpath.isabs(path) or path.split("/")[0] == "..":
        raise OutsideTheApp(path=f"{line.file}:{line.number}", target=line.folder or "")
    return path


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A file or folder to be looked at."""

    path: str
    true: str
    """The same without a symbolic link in it."""
    depth: int
    """Steps below a vendor folder."""
    may_be_plain: bool = False
    """Whether Python could import it, were the folder around it on its path."""

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


class _Finder:
    """Collects packages by where they truly lie, so that a link to one adds no second."""

    def __init__(self, app: AppFolder) -> None:
        self._app = app
        self._seen: set[str] = set()
        self._links: list[_Place] = []
        self.places = TruePlaces(os.path.realpath(app.root))
        self.found: dict[str, VendoredPackage] = {}
        self.for_builds: list[str] = []

    def search(self, folders: Iterable[_Place]) -> None:
        """Search folders; links come last, so that a package has its own path if it can."""
        places = list(folders)
        self._seen.update(place.true for place in places)
        for place in places:
            self._enter(place)
        while self._links:
            self._follow(self._links.pop(0))

    def take(self, place: _Place) -> None:
        """Look at a file or folder, and into it if it may hold packages."""
        if os.path.isfile(self._app.root / place.path):
            self._take_file(place)
        elif place.depth <= _DEPTH and place.true not in self._seen:
            self._seen.add(place.true)
            self._enter(place)

    def _enter(self, place: _Place) -> None:
        folder = SourceFolder(self._app, place.path)
        if folder.project is not None:
            self._add(place, Form.TREE, folder.project)
        elif place.depth == 1 and place.name == "build":
            self.for_builds += wheels_and_archives(self._app, place.path, _DEPTH_FOR_BUILDS)
        elif place.may_be_plain and folder.is_package and place.name.isidentifier():
            self._add(place, Form.PLAIN)
        elif place.depth == 0 or not folder.is_foreign:
            self._descend(place, folder)

    def _descend(self, place: _Place, folder: SourceFolder) -> None:
        is_src = place.depth == 2 and place.name == "src"
        holds_plain = (place.depth <= 1 or is_src) and not folder.is_package
        for entry in folder.entries():
            inner = _Place(
                path=posixpath.join(place.path, entry.name),
                true=posixpath.join(place.true, entry.name),
                depth=place.depth + 1,
                may_be_plain=holds_plain,
            )
            if entry.is_symlink():
                self._links.append(inner)
            elif entry.is_dir():
                self.take(inner)
            elif entry.is_file():
                self._take_file(inner)

    def _take_file(self, place: _Place) -> None:
        stem, ending = posixpath.splitext(place.name)
        if ending == ".whl":
            self._add(place, Form.WHEEL)
        elif is_archive_name(place.name):
            from slipway.effects.packages.archives import top_files  # few apps ship archives

            files = top_files(self._app.root / place.path, PROJECT_FILES)
            if files is None:
                _refuse_damaged(place.path)
            project = read_project(files or {}, place.path)
            if project is not None:
                self._add(place, Form.SDIST, project)
        elif ending == ".py" and place.may_be_plain and place.depth <= 2 and _is_module(stem):
            self._add(place, Form.PLAIN)

    def _add(self, place: _Place, form: Form, project: SourceProject | None = None) -> None:
        package = VendoredPackage(path=place.path, form=form, project=project)
        self.found.setdefault(place.true, package)

    def _follow(self, link: _Place) -> None:
        """Look at what a link leads to: out of the app it may lead to no package."""
        full = self._app.root / link.path
        target = self.places.target_outside(link.path)
        if target is None:
            true = self.places.of(link.path)
            is_loop = true == "." or f"{link.true}/".startswith(f"{true}/")
            if full.exists() and not is_loop:
                self.take(replace(link, true=true))
            return
        outside = _Finder(self._app)
        outside.take(replace(link, depth=_DEPTH))
        # Of a link that dangles nobody knows; an index must not fill in for a package of ours.
        if outside.found or (link.depth == 1 and not full.exists()):
            raise OutsideTheApp(path=link.path, target=target)

    def ask(self, path: str, line: Line) -> None:
        """Attach a requirement to what it names, found already or not.

        Raises OutsideTheApp, VendoredMissing, VendoredNotPython.
        """
        true = self.places.of(path)
        if not self.named_by(true):
            self._look_at(_Place(path=path, true=true, depth=0, may_be_plain=True))
        named = self.named_by(true)
        if not named:
            is_there = os.path.exists(self._app.root / path)
            error = VendoredNotPython if is_there else VendoredMissing
            raise error(path=path, file=line.file, line=line.number)
        for place in named:
            package = self.found[place]
            self.found[place] = replace(package, asked=(*package.asked, line))

    def _look_at(self, place: _Place) -> None:
        """Find what is asked for by its path: a package, or plain ones right in a folder."""
        if os.path.isfile(self._app.root / place.path):
            self._take_file(place)
            return
        folder = SourceFolder(self._app, place.path)
        # What is asked for need not look like a project: pip runs any setup.py.
        scripts = {"setup.py", "setup.cfg"} if place.true == "." else {"setup.py"}
        if folder.project is not None:
            self._add(place, Form.TREE, folder.project)
        elif folder.files & scripts:
            self._add(place, Form.TREE, LEGACY)
        elif place.true != ".":
            inner = _Finder(self._app)
            inner.search([place])
            self.found.update((true, inner.found[true]) for true in inner.named_by(place.true))

    def named_by(self, true: str) -> list[str]:
        """Give the package at a place, else the plain ones right in it or in a `src/` there."""
        if true in self.found:
            return [true]
        return [
            place
            for place, package in self.found.items()
            if package.form is Form.PLAIN and posixpath.dirname(place) in (true, f"{true}/src")
        ]


def _is_module(stem: str) -> bool:
    return stem.isidentifier() and stem not in _NO_MODULES
