"""Detect whether a folder holds a Python app; a yes needs only imports that are fast."""

from __future__ import annotations

import os

from slipway.domain.app_files import (
    FOLDERS_WITHOUT_APPS,
    PYTHON_APP_FILES,
    PYTHON_APP_FILES_BELOW,
    are_of_python_app,
    is_named_lock,
    misspelled,
)


def is_python_app(app: str) -> bool:
    """Return whether a folder has a file that marks a Python app; False if it is unreadable."""
    return _has_any(app, PYTHON_APP_FILES)


def holds_python_app_below(repository: str) -> bool:
    """Return whether a folder right below holds a Python app, which `root` could name.

    A classic platform shows no config variables to detect, so only the build knows `root`.
    """
    try:
        with os.scandir(repository) as entries:
            folders = [
                entry.path
                for entry in entries
                if not entry.name.startswith(".")
                and entry.name not in FOLDERS_WITHOUT_APPS
                and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return False
    return any(_has_any(folder, PYTHON_APP_FILES_BELOW) for folder in folders)


def _has_any(folder: str, files: tuple[str, ...]) -> bool:
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return are_of_python_app(names, files)


def require_root(repository: str) -> None:
    """Raise NotPython if a repository has Python apps only below, and no setting names one."""
    if not is_python_app(repository) and holds_python_app_below(repository):
        detect(repository)


def detect(app: str, *, may_be_below: bool = False) -> None:
    """Return if the folder is a Python app, else raise an error.

    With `may_be_below`, a Python app in a folder right below is enough.

    Raises NotPython, with the files found, those that look misspelled or that other tools
    read, and the folders that contain a Python app; AppFolderMissing.
    """
    if is_python_app(app) or (may_be_below and holds_python_app_below(app)):
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
        subfolders=tuple(folders_with(Path(app), PYTHON_APP_FILES, is_named_lock)),
    )


def _entries(folder: str) -> list[str]:
    """List a folder, subfolders with a slash at the end."""
    return sorted(
        f"{name}/" if os.path.isdir(f"{folder}/{name}") else name for name in os.listdir(folder)
    )
