"""Tell whether a folder holds a Python app; imports nothing that takes time."""

from __future__ import annotations

import os

from slipway.errors import AppFolderMissing, NotPython

TELLING_FILES = (
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "manage.py",
    "wsgi.py",
    "Pipfile",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    ".python-version",
    "runtime.txt",
)
"""Any of these makes a folder ours; wider than what can be built, so that compile can say
what is missing."""

_ALIKE = 0.85


def detect(app: str) -> None:
    """Return if the folder is a Python app.

    Raises NotPython, with what was found and what looks misspelled; AppFolderMissing.
    """
    try:
        names = sorted(os.listdir(app))
    except OSError:
        raise AppFolderMissing(path=app) from None
    if any(name in TELLING_FILES for name in names):
        return
    raise NotPython(found=tuple(names), misspelled=_misspelled(names))


def _misspelled(names: list[str]) -> tuple[tuple[str, str], ...]:
    from difflib import get_close_matches  # only a refusal needs it

    pairs = []
    for name in names:
        meant = get_close_matches(name.lower(), TELLING_FILES, n=1, cutoff=_ALIKE)
        if meant:
            pairs.append((name, meant[0]))
    return tuple(pairs)
