"""Detect whether a folder holds a Python app; a yes needs only imports that are fast."""

from __future__ import annotations

import os

from slipway.domain.app_files import PYTHON_APP_FILES, misspelled


def is_python_app(app: str) -> bool:
    """Return whether a folder has a file that marks a Python app; False if it is unreadable."""
    try:
        return not set(PYTHON_APP_FILES).isdisjoint(os.listdir(app))
    except OSError:
        return False


def detect(app: str) -> None:
    """Return if the folder is a Python app, else raise an error.

    Raises NotPython, with the files found and those that look misspelled; AppFolderMissing.
    """
    from slipway.errors.app import AppFolderMissing, NotPython  # only a refusal needs them

    try:
        names = sorted(os.listdir(app))
    except OSError:
        raise AppFolderMissing(path=app) from None
    if not is_python_app(app):
        raise NotPython(found=tuple(names), misspelled=misspelled(names))
