"""The names of files that Slipway looks for in an app; imports little, so detect is fast."""

from __future__ import annotations

PYTHON_APP_FILES = (
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
"""Any of these makes a folder a Python app. Some are not enough for a build: the build then
stops with an error that says what is missing."""

PRE_COMPILE = "bin/pre_compile"
"""Runs before a build reads the app's files."""
POSTINSTALL = "postinstall"
"""Runs in the virtual environment, after the packages are installed."""
POST_COMPILE = "bin/post_compile"
"""Runs at the end of the build."""
HOOKS = (PRE_COMPILE, POSTINSTALL, POST_COMPILE)
"""The app's own scripts that a build runs, in this order."""

_SIMILARITY = 0.85


def misspelled(names: list[str]) -> tuple[tuple[str, str], ...]:
    """Pair each name that is close to one of PYTHON_APP_FILES with that file's name."""
    from difflib import get_close_matches  # only errors need it

    pairs = []
    for name in names:
        matches = get_close_matches(name.lower(), PYTHON_APP_FILES, n=1, cutoff=_SIMILARITY)
        if matches and name not in PYTHON_APP_FILES:
            pairs.append((name, matches[0]))
    return tuple(pairs)
