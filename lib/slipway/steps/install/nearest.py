"""The stored environment that has most of what a lock names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lock import Lock
from slipway.effects.cache.outputs import Earlier
from slipway.effects.files import read_if_there

LOCK = "lock.txt"
"""In each environment: what it was made equal to, below a line that says by whom."""
MADE_BY = "# Installed by "

_WORTH_IT = 0.5
"""The share of a lock's packages that an environment must have to be worth starting from."""


def nearest(found: Iterable[Earlier], lock: Lock) -> Earlier | None:
    """Give the one to start from; None if to start anew is less work."""
    wanted = frozenset(lock)
    best, most = None, len(wanted) * _WORTH_IT
    for earlier in found:
        before = lock_of(earlier.root)
        if before and len(wanted.intersection(before)) > most:
            best, most = earlier, len(wanted.intersection(before))
    return best


def lock_of(root: Path) -> Lock | None:
    """Read what an environment was made equal to; None if it does not say."""
    text = read_if_there(root / LOCK)
    return locks.parse(text, LOCK) if text and text.startswith(MADE_BY) else None


def maker_of(root: Path) -> str:
    """Name the toolchain that made an environment."""
    text = read_if_there(root / LOCK) or ""
    return text.partition("\n")[0].removeprefix(MADE_BY)
