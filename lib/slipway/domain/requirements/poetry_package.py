"""Tell whether there is anything in an app that Poetry would package.

Many Django projects have a [build-system], because `poetry init` writes one, and no module of
the project's name. Poetry then installs the dependencies, and reports that it cannot install
the project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from slipway.domain.toml_text import Document, table_in
from slipway.errors.stopped import BuildStopped

_BACKENDS = ("poetry.core.masonry.api", "poetry.masonry.api")
_SETTINGS = ("packages", "build")
"""Keys of [tool.poetry] that say what is packaged, or what makes it."""


def missing_module(document: Mapping[str, Any], read: Callable[[str], str | None]) -> str:
    """Return the module that Poetry would package, if the app lacks it; else nothing.

    `read` returns the text of a file, or None if it is missing; it raises BuildStopped for a
    folder, or for what it cannot read. https://python-poetry.org/docs/pyproject/#packages
    """
    poetry = table_in(document, "tool", "poetry")
    if (
        table_in(document, "build-system").get("build-backend") not in _BACKENDS
        or poetry.get("package-mode") is False
        or any(poetry.get(key) for key in _SETTINGS)
    ):
        return ""
    name = table_in(document, "project").get("name") or poetry.get("name")
    if not isinstance(name, str) or not name:
        return ""
    module = canonicalize_name(name).replace("-", "_")
    places = (module, f"{module}.py", f"src/{module}", f"src/{module}.py")
    return "" if any(_exists(place, read) for place in places) else module


def without_package(document: Mapping[str, Any]) -> Document:
    """Return a pyproject.toml of which Poetry installs only the dependencies."""
    tool = table_in(document, "tool")
    poetry = {**table_in(tool, "poetry"), "package-mode": False}
    return {**document, "tool": {**tool, "poetry": poetry}}


def _exists(path: str, read: Callable[[str], str | None]) -> bool:
    try:
        return read(path) is not None
    except BuildStopped:
        return True
