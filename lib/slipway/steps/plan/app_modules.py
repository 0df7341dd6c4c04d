"""The modules of an app, as a server imports them, read with limits."""

from __future__ import annotations

import posixpath
import re
import sys
from functools import partial

from slipway.domain.app_files import FOLDERS_WITHOUT_CODE
from slipway.domain.python.syntax import decoded
from slipway.domain.web.modules import Module, Modules
from slipway.effects.files import AppFolder
from slipway.errors.vendored import OutsideTheApp

_MOST = 40
"""How many modules are read."""
_MOST_BYTES = 200_000
_SKIPPED = FOLDERS_WITHOUT_CODE | frozenset(
    "venv env virtualenv example examples sample samples demo demos script scripts bench"
    " benchmarks tools ci __pycache__ templates assets public pages".split()
)


class AppModules:
    """Reads each module of an app once, and not more than 40."""

    def __init__(self, app: AppFolder, vendor: tuple[str, ...]) -> None:
        self.app = app
        self._skipped = _SKIPPED.union(vendor)
        self._texts: dict[str, str | None] = {}
        self._folders: dict[str, Modules] = {}
        self._count = 0

    def imported_from(self, folder: str) -> Modules:
        """Return the modules that are imported from a folder of the app."""
        if folder not in self._folders:
            self._folders[folder] = Modules(read=partial(self._read, folder))
        return self._folders[folder]

    def _read(self, folder: str, file: str) -> str | None:
        path = posixpath.join(folder, file)
        if path not in self._texts:
            self._texts[path] = self.text(path)
        return self._texts[path]

    def text(self, path: str) -> str | None:
        """Return the text of a file; None if there is none that can be read."""
        if self._count >= _MOST or not self.app.has(path) or self._is_outside(path):
            return None
        self._count += 1
        # A file that cannot be read does not matter here.
        data = self.app.start_of(path, _MOST_BYTES + 1)
        return decoded(data) if len(data) <= _MOST_BYTES else None

    def _is_outside(self, path: str) -> bool:
        try:
            self.app.real_path(path)
        except OutsideTheApp:
            return True
        return False

    def module_at(self, path: str) -> tuple[str, Module] | None:
        """Return the folder to import a file from, relative to the app, and its module.

        That folder is the first one above it that is not a package, as for
        https://fastapi.tiangolo.com/fastapi-cli/, unless the imports in the file need another.
        """
        folder, name = posixpath.split(path.removesuffix(".py"))
        parts = [] if name == "__init__" else [name]
        while folder and self.app.has(f"{folder}/__init__.py"):
            above, package = posixpath.split(folder)
            if not package.isidentifier():
                break
            folder = above
            parts.insert(0, package)
        if not parts:
            return None
        module = self.imported_from(folder).get(".".join(parts))
        if module is None or posixpath.join(folder, module.file) != path:
            return None
        above, package = posixpath.split(folder)
        is_inside = module.relative_level >= len(parts) + (name == "__init__")
        if package and (is_inside or self._has_one_of(above, module.imported, package)):
            named = self.imported_from(above).get(".".join([package, *parts]))
            return (above, named) if named else (folder, module)
        own = posixpath.dirname(path)
        if own != folder and self._has_siblings(own, folder, module):
            alone = self.imported_from(own).get(name)
            return (own, alone) if alone else (folder, module)
        return folder, module

    def named(self, name: str) -> tuple[str, Module] | None:
        """Return the folder to import a module from, and the module with this full name.

        It is looked for in the root folder and in src/.
        """
        for folder in ("", "src"):
            module = self.imported_from(folder).get(name)
            if module is None:
                continue
            path = posixpath.join(folder, module.file)
            own, file = posixpath.split(path)
            if (
                own != folder
                and file != "__init__.py"
                and self._has_siblings(own, folder, module)
            ):
                alone = self.imported_from(own).get(file.removesuffix(".py"))
                return (own, alone) if alone else (folder, module)
            return folder, module
        return None

    def imported(self) -> frozenset[str]:
        """Return the first parts of the names that the modules read so far import."""
        modules = [it for one in self._folders.values() for it in one.known.values() if it]
        return frozenset(
            name.partition(".")[0] for module in modules for name in module.imported
        )

    def has_top(self, name: str) -> bool:
        """Return whether the app has the first part of the full name of a module."""
        top = name.partition(".")[0]
        return any(
            self._is_module(folder, top) or f"{top}/" in self.app.entries(folder)
            for folder in ("", "src")
        )

    def names(self) -> list[str]:
        """Return the modules in the root folder, in src/ and one level below each."""
        found = []
        for base in ("", "src"):
            folders = [it for it in self.folders(base) if it != "src"]
            for file in (*self.files(base), *(it for one in folders for it in self.files(one))):
                path = file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
                found.append(path.replace("/", "."))
        return found

    def _has_one_of(self, folder: str, imported: frozenset[str], package: str) -> bool:
        """Return whether modules of a package without an `__init__.py` are imported."""
        return any(
            name.startswith(f"{package}.") and self._is_module(folder, name)
            for name in imported
        )

    def _has_siblings(self, own: str, folder: str, module: Module) -> bool:
        """Return whether a module of a package imports its neighbours as if it were alone."""
        names = {name.partition(".")[0] for name in module.imported}
        if module.relative_level or module.name.partition(".")[0] in names:
            return False
        return any(
            self._is_module(own, name) and not self._is_module(folder, name)
            for name in names - sys.stdlib_module_names - {""}
        )

    def _is_module(self, folder: str, name: str) -> bool:
        path = posixpath.join(folder, name.replace(".", "/"))
        return self.app.has(f"{path}.py") or self.app.has(f"{path}/__init__.py")

    def folders(self, within: str = "") -> list[str]:
        """Return the folders one level down that can have modules of the app."""
        found = []
        for entry in self.app.entries(within):
            name = entry.rstrip("/")
            path = posixpath.join(within, name)
            is_skipped = not self._skipped.isdisjoint((name, path))
            # A server imports from a folder `my-app`, but not the package of that name.
            is_folder = entry.endswith("/") and re.fullmatch(r"\w[\w-]*", name)
            if is_folder and not is_skipped and not self.app.has(f"{path}/pyvenv.cfg"):
                found.append(path)
        return found

    def files(self, folder: str) -> list[str]:
        """Return the modules in a folder, without those of the folders in it."""
        return [
            posixpath.join(folder, name)
            for name in self.app.entries(folder)
            if name.endswith(".py") and name.removesuffix(".py").isidentifier()
        ]
