"""Locks that earlier builds have made, each by what decides it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lock import Lock
from slipway.effects import Effects
from slipway.effects.cache.keys import CacheKey, Facts
from slipway.effects.cache.kinds import LOCK
from slipway.toolchains import LocalDistribution, Locked

_LOCK = "lock.txt"
_WHEELS = "wheels"
"""The folder of what was built from addresses."""

_IN_WORDS: Mapping[str, str] = {
    "format": "another Slipway made the last lock",
    "python": "the Python is another one",
    "requirements": "the requirements have changed",
    "hashes": "the hashes of the requirements have changed",
    "constraints": "the constraints have changed",
    "options": "the options in the requirements have changed",
    "direct": "the requirements have changed",
    "here": "the packages that the app ships have changed",
    "sources": "the packages that the app ships have changed",
    "offline": "offline has changed",
    "folders": "a folder of --find-links has changed",
    "settings": "a variable with a setting of the index has changed",
    "configuration": "a configuration file of pip has changed",
    "toolchain": "toolchain has changed",
}


@dataclass(frozen=True, kw_only=True)
class LockCache:
    inputs: Facts
    """What decides the lock that is asked for."""
    distributions: Sequence[LocalDistribution]
    """What the app ships, which is kept elsewhere."""
    effects: Effects

    @property
    def _key(self) -> CacheKey:
        return LOCK.key(self.inputs)

    def find(self) -> Locked | None:
        entry = self.effects.cache.entry(self._key)
        if entry is None:
            return None
        lock = locks.parse((entry / _LOCK).read_text(encoding="utf-8"), _LOCK)
        return Locked(lock=lock, wheels=_built(entry / _WHEELS)).with_distributions(
            self.distributions
        )

    def why_none(self) -> str:
        """Say what differs from the lock that was used last."""
        last = next(iter(self.effects.cache.facts(LOCK.name).values()), None)
        if last is None:
            return "no earlier build has left a lock"
        now = self._key.facts
        changed = (
            words for name, words in _IN_WORDS.items() if last.get(name) != now.get(name)
        )
        return "; ".join(dict.fromkeys(changed)) or "the lock that was kept cannot be used"

    def keep(self, lock: Lock, wheels: Mapping[str, Path], folder: Path) -> Locked:
        """Keep a lock, in a cache that cannot take it for this build alone.

        `folder` is empty, and this build's alone.
        """
        entry = folder / "entry"
        (entry / _WHEELS).mkdir(parents=True)
        (entry / _LOCK).write_text(locks.render(lock), encoding="utf-8")
        distributions = {wheel.name for wheel in self.distributions}
        for name, path in wheels.items():
            if name not in distributions:
                shutil.copy2(path, entry / _WHEELS)
        reason = self.effects.cache.store(self._key, entry)
        kept = self.find()
        if kept:
            return kept
        self.effects.console.warning(f"The lock could not be kept in the cache: {reason}")
        # Beside the cache, for the length of this build.
        place = self.effects.cache.folder / _WHEELS / self._key.digest
        if any((entry / _WHEELS).iterdir()):
            shutil.copytree(entry / _WHEELS, place, dirs_exist_ok=True)
        return Locked(lock=lock, wheels=_built(place)).with_distributions(self.distributions)


def _built(folder: Path) -> dict[str, Path]:
    """Find the wheels that were built from addresses."""
    return {canonicalize_name(path.name.split("-")[0]): path for path in folder.glob("*.whl")}
