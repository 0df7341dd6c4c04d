"""Find vendored packages by their files, without running any of them."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from packaging.utils import InvalidSdistFilename, canonicalize_name

from slipway.domain.packaging_text import parse_sdist_name
from slipway.domain.requirements.lines import Line
from slipway.domain.settings import Settings
from slipway.domain.vendoring import submodules
from slipway.domain.vendoring.packages import (
    Form,
    VendoredPackage,
    Vendoring,
    is_archive_name,
    is_distribution_name,
)
from slipway.domain.vendoring.source_project import (
    LEGACY,
    PROJECT_FILES,
    SourceProject,
    read_project,
)
from slipway.effects.files import AppFolder, read_if_there
from slipway.effects.reading import FOLDER, kind_at
from slipway.errors.submodules import SubmoduleEmpty
from slipway.errors.vendored import (
    OutsideTheApp,
    VendoredBroken,
    VendoredMissing,
    VendoredNotPython,
    VendorFolderMissing,
)

_DEPTH = 4
"""How many levels below a vendor folder are searched."""
_DEPTH_FOR_BUILDS = 2
"""How many levels below `vendor/build/` are searched."""
_NOT_MODULES = frozenset({"setup", "conftest", "__init__", "__main__"})
_GIT_ENTRIES = frozenset({".git", ".git/"})
"""The only entries of a submodule whose files are missing."""

_OTHER_LANGUAGES = frozenset(
    "package.json go.mod Cargo.toml composer.json Gemfile pom.xml pyvenv.cfg".split()
)
_SKIPPED = frozenset(
    "node_modules __pycache__ site-packages docs doc tests test examples example"
    " fixtures".split()
)
_SKIPPED_ENDINGS = (".egg-info", ".dist-info", ".data")
_NAMED = re.compile(
    r"(?P<stem>(?P<name>[A-Za-z0-9._-]+?)(?:-v?\d[^/]*?|-main|-master)?)"
    r"(?:\.(?:zip|egg|t[gbx]z|tar(?:\.\w+)?))?"
)
"""The name of a folder or file that may be a package, with its version or branch."""
_GO_MODULE = re.compile(r"^# ([^/\s]+)/", re.M)


def check_submodules(app: AppFolder) -> None:
    """Stop if the files of one of the app's git submodules, or of their own, are missing.

    Of a repository with more than the app, only the submodules in the app's folder count; their
    paths in the error are those in the repository.

    Raises SubmoduleEmpty.
    """
    root = app.path_in_repository
    below = _empty_submodules(app.whole_repository, "")
    empty = tuple(found for found in below if not root or f"{found[0]}/".startswith(f"{root}/"))
    if empty:
        raise SubmoduleEmpty(submodules=empty)


def _empty_submodules(app: AppFolder, parent: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the URL of each empty submodule of a repository in the app."""
    text = app.text(posixpath.join(parent, submodules.FILE)) or ""
    for submodule in submodules.parse_gitmodules(text):
        path = posixpath.normpath(posixpath.join(parent, submodule.path))
        if not path.startswith(f"{parent}/" if parent else "") or path == ".":
            continue  # git accepts no such path
        if _GIT_ENTRIES.issuperset(app.entries(path)):
            yield path, submodule.url
        else:
            yield from _empty_submodules(app, path)


def find_vendored(
    app: AppFolder,
    settings: Settings,
    requirements: Iterable[Line],
    locked: Collection[str] = (),
) -> Vendoring:
    """Search the vendor folders and the paths that requirements name.

    `locked` has the names in the app's lock. What is named like a required package is never
    ignored in silence, because an index may have another package of that name.

    Raises VendorFolderMissing, VendoredMissing, VendoredNotPython, VendoredBroken,
    OutsideTheApp.
    """
    folders = []
    for folder in settings.vendor:
        _refuse_dead_link(app, folder)
        if os.path.isdir(app.root / folder):
            folders.append(_Place(path=folder, real_path=app.real_path(folder), depth=0))
        elif settings.vendor_origin is not None:
            raise VendorFolderMissing(folder=folder, origin=settings.vendor_origin)
    requirements = tuple(requirements)
    search = _Search(app, {*locked, *(line.name for line in requirements if line.name)})
    search.search(folders)
    for line in requirements:
        if line.local_path is not None:
            search.attach(line)
    imported = [path for path in search.namespaces if _is_imported(app, path)]
    packages = [
        package
        for package in search.found.values()
        if not (package.form is Form.PLAIN and _is_submodule(package, imported))
    ]
    return Vendoring(
        folders=tuple(folder.path for folder in folders),
        packages=tuple(sorted(packages, key=lambda package: package.path)),
        for_builds=tuple(sorted(search.for_builds)),
        namespaces=tuple(sorted(search.namespaces)),
        ignored=tuple(search.ignored(folders)),
    )


def notices_about_ignored(vendoring: Vendoring) -> Iterator[str]:
    """Yield a notice for each file or folder that is named like a package but is none."""
    for path, name in vendoring.ignored:
        yield (
            f"{path} is named like {name}, which the app requires, but Slipway finds no Python "
            f"package there. {name} is installed from elsewhere"
        )


def packages_at(app: AppFolder, path: str) -> Vendoring:
    """Find the packages at a path that the metadata of another one names.

    Raises VendoredBroken, OutsideTheApp.
    """
    search = _Search(app)
    found = search.find_named(path)
    return Vendoring(packages=tuple(search.found[place] for place in found))


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A file or folder that may be a package, or contain some."""

    path: str
    real_path: str
    """The same path with its symbolic links resolved."""
    depth: int
    """How many levels it is below a vendor folder."""
    may_be_plain: bool = False
    """Whether Python could import it if the folder around it were on the import path."""

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


class _Search:
    """Collects packages by their real paths, so a link to a package does not add it again."""

    def __init__(self, app: AppFolder, required: Collection[str] = ()) -> None:
        self._app = app
        self._required = required
        self._seen: set[str] = set()
        self._links: list[_Place] = []
        self.found: dict[str, VendoredPackage] = {}
        self.for_builds: list[str] = []
        self.namespaces: list[str] = []

    def search(self, folders: Iterable[_Place]) -> None:
        """Search folders; follow links last, so a package keeps its own path if it has one."""
        places = list(folders)
        self._seen.update(place.real_path for place in places)
        for place in places:
            self._enter(place)
        while self._links:
            self._follow(self._links.pop(0))

    def attach(self, line: Line) -> None:
        """Attach a requirement to the packages that its path names, and find them if necessary.

        Raises OutsideTheApp, VendoredMissing, VendoredNotPython.
        """
        path = posixpath.normpath(line.local_path or ".")
        if posixpath.isabs(path) or path.split("/")[0] == "..":
            raise OutsideTheApp(path=line.place, target=line.local_path or "")
        named = self.find_named(path)
        if not named:
            exists = os.path.exists(self._app.root / path)
            error = VendoredNotPython if exists else VendoredMissing
            raise error(path=path, file=line.file, line=line.number)
        for place in named:
            package = self.found[place]
            requested_by = (*package.requested_by, line)
            self.found[place] = replace(package, requested_by=requested_by)

    def find_named(self, path: str) -> list[str]:
        """Find what is at a path of the app, and return the real paths of its packages."""
        real_path = self._app.real_path(path)
        if not self.packages_at(real_path):
            self._take_named(_Place(path=path, real_path=real_path, depth=0, may_be_plain=True))
        return self.packages_at(real_path)

    def take(self, place: _Place) -> None:
        """Add a file if it is a package, or look into a folder."""
        _refuse_special(self._app, place.path)
        if os.path.isfile(self._app.root / place.path):
            self._take_file(place)
        elif place.depth <= _DEPTH and place.real_path not in self._seen:
            self._seen.add(place.real_path)
            self._enter(place)

    def _enter(self, place: _Place) -> None:
        """Add a folder if it is a package, or search it if it may contain some."""
        folder = _Folder(self._app, place.path)
        if folder.project is not None:
            self._add(place, Form.TREE, folder.project)
        elif place.depth > 0 and self._is_legacy(place, folder):
            self._add(place, Form.TREE, LEGACY)
        elif place.depth > 0 and is_distribution_name(place.name):
            reason = "its name is that of a file, but it is a folder without a project"
            raise VendoredBroken(path=place.path, reason=reason)
        elif place.depth == 1 and place.name == "build":
            self.for_builds += _distributions(self._app, place.path, _DEPTH_FOR_BUILDS)
        elif place.may_be_plain and folder.is_package and place.name.isidentifier():
            self._add(place, Form.PLAIN)
        elif place.depth == 0 or not folder.is_of_another_language:
            self._search_below(place, folder)
            may_be_namespace = place.may_be_plain and not folder.is_package
            if may_be_namespace and place.name.isidentifier() and self._has_modules(place):
                self.namespaces.append(place.path)

    def _is_legacy(self, place: _Place, folder: _Folder) -> bool:
        """Tell whether a folder is a source tree though its setup.py does not look like it."""
        has_script = "setup.py" in folder.files and not folder.is_package
        return has_script and (folder.was_built or bool(self._required_name(place.name)))

    def _required_name(self, entry: str) -> str:
        """Return the required package that a file or folder is named like; empty if none."""
        found = _NAMED.fullmatch(entry)
        names = found.group("stem", "name") if found else ()
        return next((one for one in map(canonicalize_name, names) if one in self._required), "")

    def ignored(self, folders: Iterable[_Place]) -> Iterator[tuple[str, str]]:
        """Yield what is named like a required package but is none, right in vendor folders.

        Yields the path and the name of the package, if that is not vendored elsewhere.
        """
        places = [*self.found, *self.namespaces]
        projects = [package.project for package in self.found.values() if package.project]
        vendored = {project.name for project in projects}
        vendored |= {self._required_name(posixpath.basename(place)) for place in places}
        entries = [
            (posixpath.join(folder.path, entry.name), self._required_name(entry.name))
            for folder in folders
            for entry in self._app.scan(folder.path)
        ]
        for path, name in entries:
            if name and name not in vendored:
                is_outside = self._app.target_outside(path) is not None
                below = "" if is_outside else f"{self._app.real_path(path)}/"
                if is_outside or not any(place.startswith(below) for place in places):
                    yield path, name

    def _search_below(self, place: _Place, folder: _Folder) -> None:
        is_src = place.depth == 2 and place.name == "src"
        holds_plain = (place.depth <= 1 or is_src) and not folder.is_package
        for entry in folder.entries(self._required):
            child = _Place(
                path=posixpath.join(place.path, entry.name),
                real_path=posixpath.join(place.real_path, entry.name),
                depth=place.depth + 1,
                may_be_plain=holds_plain,
            )
            if entry.is_symlink():
                self._links.append(child)
            elif entry.is_dir():
                self.take(child)
            elif entry.is_file():
                self._take_file(child)
            else:
                _refuse_special(self._app, child.path)

    def _has_modules(self, place: _Place) -> bool:
        """Tell whether Python could import something from a folder without an `__init__.py`.

        Modules of projects do not count: they are imported from where they are installed.
        """
        folder = _Folder(self._app, place.path)
        if folder.project is not None or folder.is_of_another_language:
            return False
        entries = [*folder.entries()]
        if any(_is_module(stem) for stem, ending in map(_split, entries) if ending == ".py"):
            return True
        below = (
            replace(place, path=posixpath.join(place.path, entry.name), depth=place.depth + 1)
            for entry in entries
            if entry.name.isidentifier() and entry.is_dir()
        )
        return folder.is_package or any(
            self._has_modules(child) for child in below if child.depth <= _DEPTH
        )

    def _take_file(self, place: _Place) -> None:
        stem, ending = posixpath.splitext(place.name)
        if ending == ".whl":
            self._add(place, Form.WHEEL)
        elif is_archive_name(place.name):
            from slipway.effects.packages.archives import top_files  # few apps have archives

            self._app.real_path(place.path)  # a link out of the app is refused, not read
            files = top_files(self._app.root / place.path, PROJECT_FILES)
            if files is None:
                _refuse_damaged_sdist(place.path)
            required = self._required_name(place.name)
            is_named_like_one = bool(required) or (
                "setup.py" in (files or ()) and _is_sdist_name(place.name)
            )
            project = read_project(files or {}, place.path, is_named_like_one=is_named_like_one)
            if project is not None:
                self._add(place, Form.SDIST, project)
            elif required and _is_sdist_name(place.name):
                reason = (
                    f"it is named like an sdist of {required}, which the app requires, but has "
                    "no package that can be built"
                )
                raise VendoredBroken(path=place.path, reason=reason)
        elif ending == ".py" and place.may_be_plain and place.depth <= 2 and _is_module(stem):
            self._add(place, Form.PLAIN)

    def _add(self, place: _Place, form: Form, project: SourceProject | None = None) -> None:
        package = VendoredPackage(path=place.path, form=form, project=project)
        self.found.setdefault(place.real_path, package)

    def _follow(self, link: _Place) -> None:
        """Search the target of a link, which must not be a package outside the app."""
        full = self._app.root / link.path
        target = self._app.target_outside(link.path)
        if target is None:
            real_path = self._app.real_path(link.path)
            is_loop = real_path == "." or f"{link.real_path}/".startswith(f"{real_path}/")
            if full.exists() and not is_loop:
                self.take(replace(link, real_path=real_path))
            elif link.depth == 1:
                # It may stand for a vendored package, which no index must replace.
                _refuse_dead_link(self._app, link.path)
            return
        outside = _Search(self._app)
        outside.take(replace(link, depth=_DEPTH))
        # A dangling link may stand for a vendored package, which no index must replace.
        if outside.found or (link.depth == 1 and not full.exists()):
            raise OutsideTheApp(path=link.path, target=target)

    def _take_named(self, place: _Place) -> None:
        """Add what a requirement names: a package, or the plain packages right in a folder."""
        _refuse_special(self._app, place.path, is_named=True)
        if os.path.isfile(self._app.root / place.path):
            self._take_file(place)
            return
        folder = _Folder(self._app, place.path)
        # The setup.py does not have to look like one: pip runs any.
        scripts = {"setup.py", "setup.cfg"} if place.real_path == "." else {"setup.py"}
        if folder.project is not None:
            self._add(place, Form.TREE, folder.project)
        elif folder.files & scripts:
            self._add(place, Form.TREE, LEGACY)
        elif place.real_path != ".":
            below = _Search(self._app)
            below.search([place])
            for real_path in below.packages_at(place.real_path):
                self.found[real_path] = below.found[real_path]

    def packages_at(self, real_path: str) -> list[str]:
        """Return the package at a path, or the plain packages right in it or in its `src/`."""
        if real_path in self.found:
            return [real_path]
        return [
            place
            for place, package in self.found.items()
            if package.form is Form.PLAIN
            and posixpath.dirname(place) in (real_path, f"{real_path}/src")
        ]


class _Folder:
    """One folder; it is listed at once, and its files are read when needed."""

    def __init__(self, app: AppFolder, path: str) -> None:
        self._app = app
        self._path = path
        self._entries = app.scan(path)
        # is_file() raises for a link to itself.
        self.files = frozenset(
            entry.name
            for entry in self._entries
            if (os.path.isfile(entry.path) if entry.is_symlink() else entry.is_file())
        )

    @cached_property
    def project(self) -> SourceProject | None:
        """The project in this folder, if its files describe one.

        Raises VendoredBroken, FileUndecodable, FileUnreadable, OutsideTheApp.
        """
        for entry in self._entries:
            if entry.name in PROJECT_FILES and entry.name not in self.files:
                path = posixpath.join(self._path, entry.name)
                _refuse_special(self._app, path, is_named=True)
        texts = {name: self._text(name) for name in PROJECT_FILES if name in self.files}
        return read_project(texts, self._path) if texts else None

    def _text(self, name: str) -> str:
        path = posixpath.normpath(posixpath.join(self._path, name))
        # Only TOML must be UTF-8; Slipway only looks for ASCII words in the other files.
        if name == "pyproject.toml":
            return self._app.text(path) or ""
        self._app.real_path(path)  # a link out of the app is refused, not read
        return read_if_there(self._app.root / path) or ""

    @property
    def is_package(self) -> bool:
        return "__init__.py" in self.files

    @property
    def was_built(self) -> bool:
        """Whether setuptools has built a package from this folder."""
        return any(entry.name.endswith(".egg-info") for entry in self._entries)

    @property
    def is_of_another_language(self) -> bool:
        """Whether this is a project in another language, or a virtual environment."""
        return not _OTHER_LANGUAGES.isdisjoint(self.files) or any(
            name.endswith(".gemspec") for name in self.files
        )

    def entries(self, required: Collection[str] = ()) -> Iterator[os.DirEntry[str]]:
        """Yield the entries that may be or contain packages, sorted by name, but no Go modules.

        None is skipped that has the name of a required package.

        https://go.dev/ref/mod#go-mod-vendor
        """
        has_go = "modules.txt" in self.files
        of_go = _GO_MODULE.findall(self._text("modules.txt")) if has_go else ()
        for entry in self._entries:
            name = entry.name
            is_skipped = name.lower() in _SKIPPED and name.lower() not in required
            is_skipped |= name.endswith(_SKIPPED_ENDINGS)
            if not (name.startswith(".") or is_skipped or name in of_go):
                yield entry


def _split(entry: os.DirEntry[str]) -> tuple[str, str]:
    return posixpath.splitext(entry.name)


def _is_imported(app: AppFolder, namespace: str) -> bool:
    """Tell whether the app imports, or names in a string, a module of a namespace package.

    If it does, the folder does not just group modules.
    """
    name = re.escape(posixpath.basename(namespace).encode())
    use = re.compile(rb"^[ \t]*(?:from|import)[ \t]+%b\b|[\"']%b\." % (name, name), re.M)
    return any(use.search(content) for content in app.modules())


def _is_submodule(package: VendoredPackage, namespaces: Iterable[str]) -> bool:
    """Tell whether a plain package is imported by another name than its own."""
    return not package.requested_by and any(
        package.path.startswith(f"{namespace}/") for namespace in namespaces
    )


def _is_module(stem: str) -> bool:
    return stem.isidentifier() and stem not in _NOT_MODULES


def _distributions(app: AppFolder, folder: str, depth: int) -> Iterator[str]:
    """Yield the wheels and archives in a folder, down to `depth` levels below it."""
    for entry in app.scan(folder):
        path = posixpath.join(folder, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if depth > 0:
                yield from _distributions(app, path, depth - 1)
        elif is_distribution_name(entry.name):
            yield path


def _refuse_dead_link(app: AppFolder, path: str) -> None:
    full = app.root / path
    if os.path.islink(full) and not os.path.exists(full):
        reason = f"it is a link to {os.readlink(full)}, which does not exist"
        raise VendoredBroken(path=path, reason=reason)


def _refuse_special(app: AppFolder, path: str, *, is_named: bool = False) -> None:
    """Stop if a named pipe or the like stands for a package, or for a file of one.

    If it were ignored, the package would come from an index.
    """
    kind = kind_at(app.root / path)
    if kind not in ("", FOLDER) and (is_named or is_distribution_name(path)):
        raise VendoredBroken(path=path, reason=f"it is {kind}, not a file")


def _refuse_damaged_sdist(path: str) -> None:
    """Stop if a file is named like an sdist but is not an archive.

    If it were ignored, the package would come from an index.
    """
    if not _is_sdist_name(posixpath.basename(path)):
        return
    raise VendoredBroken(
        path=path,
        reason="it is named like an sdist but is not an archive. It may be a Git LFS pointer "
        "or a damaged upload",
    )


def _is_sdist_name(name: str) -> bool:
    try:
        parse_sdist_name(name)
    except InvalidSdistFilename:
        return False
    return True
