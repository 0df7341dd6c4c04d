"""Tell whether a folder holds a Python app."""

from __future__ import annotations

import os

from slipway.domain.app_files import TELLING_FILES, misspelled
from slipway.errors import AppFolderMissing, NotPython


def detect(app: str) -> None:
    """Return if the folder is a Python app.

    Raises NotPython, with what was found and what looks misspelled; AppFolderMissing.
    """
    try:
        names = sorted(os.listdir(app))
    except OSError:
        raise AppFolderMissing(path=app) from None
    if not any(name in TELLING_FILES for name in names):
        raise NotPython(found=tuple(names), misspelled=misspelled(names))
