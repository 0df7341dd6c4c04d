"""Detect whether a folder holds a Python app; a yes needs only imports that are fast."""

from __future__ import annotations

import os

from slipway.domain.app_files import PYTHON_APP_FILES, is_named_lock, misspelled


def is_python_app(app: str) -> bool:
    """Return whether a folder has a file that marks a Python app; False if it is unreadable."""
    try:
        names = os.listdir(app)
    except OSError:
        return False
    return not set(PYTHON_APP_FILES).isdisjoint(names) or any(map(is_named_lock, names))


def detect(app: str) -> None:
    """Return if the folder is a Python app, else raise an error.

    Raises NotPython, with the files found, those that look misspelled or that other tools
    read, and the folders that contain a Python app; AppFolderMissing.
    """
    if is_python_app(app):
        return
    # Only a refusal needs these modules.
    from pathlib import Path

    from slipway.domain.unread_files import requirements_files, unread_sources
    from slipway.effects.subfolders import folders_with
    from slipway.errors.app import AppFolderMissing, NotPython

    try:
        names = tuple(_entries(app))
        below = tuple(_entries(f"{app}/requirements")) if "requirements/" in names else ()
    except OSError:
        raise AppFolderMissing(path=app) from None
    raise NotPython(
        found=names,
        misspelled=misspelled(names, PYTHON_APP_FILES),
        unread=unread_sources(names, {}),
        others=requirements_files(names, below),
        subfolders=tuple(folders_with(Path(app), PYTHON_APP_FILES)),
    )


def _entries(folder: str) -> list[str]:
    """List a folder, subfolders with a slash at the end."""
    return sorted(
        f"{name}/" if os.path.isdir(f"{folder}/{name}") else name for name in os.listdir(folder)
    )
