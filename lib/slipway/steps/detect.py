"""Tell whether a folder holds a Python app; loads nothing that takes time before a yes."""

from __future__ import annotations

import os

from slipway.domain.app_files import TELLING_FILES, misspelled


def is_python_app(app: str) -> bool:
    """Tell whether a folder has a telling file at its top; one that cannot be read has none."""
    try:
        return not set(TELLING_FILES).isdisjoint(os.listdir(app))
    except OSError:
        return False


def detect(app: str) -> None:
    """Return if the folder is a Python app.

    Raises NotPython, with what was found and what looks misspelled; AppFolderMissing.
    """
    from slipway.errors.app import AppFolderMissing, NotPython  # only a refusal needs them

    try:
        names = sorted(os.listdir(app))
    except OSError:
        raise AppFolderMissing(path=app) from None
    if not is_python_app(app):
        raise NotPython(found=tuple(names), misspelled=misspelled(names))
