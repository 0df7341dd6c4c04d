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
