"""The files that tell a Python app; imports nothing that takes time, for detect's sake."""

from __future__ import annotations

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

PRE_COMPILE = "bin/pre_compile"
"""Runs before anything of the app is read."""
POSTINSTALL = "postinstall"
"""Runs in the new virtual environment."""
POST_COMPILE = "bin/post_compile"
"""Runs at the end of the build."""
HOOKS = (PRE_COMPILE, POSTINSTALL, POST_COMPILE)
"""Scripts of the app that a build runs, in their order."""

_ALIKE = 0.85


def misspelled(names: list[str]) -> tuple[tuple[str, str], ...]:
    """Pair names with the telling file that each was probably meant to be."""
    from difflib import get_close_matches  # only a refusal needs it

    pairs = []
    for name in names:
        meant = get_close_matches(name.lower(), TELLING_FILES, n=1, cutoff=_ALIKE)
        if meant and name not in TELLING_FILES:
            pairs.append((name, meant[0]))
    return tuple(pairs)
