"""Stop where a git submodule came along without its files."""

from __future__ import annotations

from slipway.domain.vendoring.submodules import FILE, parse_gitmodules
from slipway.effects.files import AppFolder
from slipway.errors.submodules import SubmoduleEmpty

_GIT = frozenset({".git", ".git/"})
"""All that is there of a submodule whose files are not."""


def check_submodules(app: AppFolder) -> None:
    """Raise SubmoduleEmpty, with all that are."""
    empty = [
        submodule
        for submodule in parse_gitmodules(app.text(FILE) or "")
        if _GIT.issuperset(app.entries(submodule.path))
    ]
    if empty:
        raise SubmoduleEmpty(submodules=tuple((one.path, one.url) for one in empty))
