"""Find modules of the app and of the virtual environment as a process of the app would."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from slipway.domain.web.imports import Elsewhere, OwnModule
from slipway.domain.web.targets import StartTarget
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.context import BuildContext


class ModuleFinder:
    """Finds modules where a process will look for them."""

    def __init__(
        self,
        context: BuildContext,
        files: AppFolder,
        target: StartTarget,
        variables: Mapping[str, str],
    ) -> None:
        self.context = context
        self.files = files
        start = context.start_folder / target.start_folder
        named = [one for one in variables.get("PYTHONPATH", "").split(":") if one]
        first = [context.start_folder / one for one in target.folders]
        folders = [*first, *(start / one for one in named)]
        self.folders = [*dict.fromkeys(Path(os.path.normpath(one)) for one in folders)]

    def find(self, module: str) -> OwnModule | Elsewhere:
        top, *below = module.split(".")
        for folder in self.folders:
            if is_regular(folder / top):
                return self._own(folder, [top, *below]) or Elsewhere.MISSING
        if top in sys.stdlib_module_names or top in sys.builtin_module_names:
            return Elsewhere.INSTALLED
        installed = [folder for folder in self._installed if _is_there(folder / top)]
        if installed:
            # A package may make modules that are no files, so only an import shows that.
            is_there = not below or any(
                _is_there(it.joinpath(*[top, *below])) for it in installed
            )
            return Elsewhere.INSTALLED if is_there else Elsewhere.UNKNOWN
        portions = [folder for folder in self.folders if (folder / top).is_dir()]
        for folder in portions:
            found = self._own(folder, [top, *below])
            if found is not None:
                return found
        return Elsewhere.UNKNOWN if portions else Elsewhere.MISSING

    @cached_property
    def _installed(self) -> list[Path]:
        return [*self.context.virtualenv.module_folders()]

    def _own(self, folder: Path, parts: Sequence[str]) -> OwnModule | Elsewhere | None:
        """Return a module in one of the folders; None if it is not there."""
        path = folder.joinpath(*parts)
        for file, is_package in ((path / "__init__.py", True), (_module_file(path), False)):
            if file.is_file():
                return self._source(file, is_package=is_package)
        if any(path.parent.glob(f"{path.name}.*so")):
            return Elsewhere.INSTALLED
        if path.is_dir():
            place = os.path.relpath(path, self.context.start_folder)
            return OwnModule(file=place, text="", is_package=True)
        return None

    def _source(self, file: Path, *, is_package: bool) -> OwnModule | Elsewhere:
        app = self.context.start_folder
        if not file.is_relative_to(app):
            return Elsewhere.INSTALLED
        name = str(file.relative_to(app))
        text = text_of(self.files, name)
        if text is None:
            return Elsewhere.UNKNOWN
        return OwnModule(file=name, text=text, is_package=is_package)


def is_regular(path: Path) -> bool:
    """Tell whether Python finds a module or a regular package, whose `__init__` wins."""
    return (
        (path / "__init__.py").is_file()
        or _module_file(path).is_file()
        or any(path.parent.glob(f"{path.name}.*so"))
    )


def _is_there(path: Path) -> bool:
    return path.is_dir() or is_regular(path)


def _module_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.py")


def text_of(files: AppFolder, name: str) -> str | None:
    """Read a module; whatever keeps it from being read is not said here."""
    try:
        return files.text(name)
    except BuildStopped:
        return None
