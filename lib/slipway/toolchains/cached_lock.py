"""The lock of an earlier build, reused if nothing that affects it has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lines import expand, normalized_requirement
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.resolution_request import (
    ResolutionRequest,
    find_links_folders,
)
from slipway.effects import Effects
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import LOCK
from slipway.effects.files import move, read, remove, tree_digest, write
from slipway.toolchains.key_variables import index_facts, without_app
from slipway.toolchains.protocol import LocalDistribution, Locked

_WHEELS = "wheels"
"""The folder of the wheels that were built from direct references."""


def lock_key(
    request: ResolutionRequest,
    interpreter: Interpreter,
    distributions: Iterable[LocalDistribution],
    app: Path,
    environment: Mapping[str, str],
) -> CacheKey:
    """Make the cache key from everything that affects a lock, except for credentials.

    The order of the options matters, that of the requirements does not. Of vendored packages
    only the metadata matter: their hashes are not cached, but set in each build.
    """

    def normal(text: str) -> str:
        return without_app(expand(text, environment), app)

    wheels = [*distributions]
    facts: dict[str, str | Sequence[str]] = {
        "python": f"{interpreter.version} {interpreter.platform}",
        "requirements": sorted(map(normal, request.requirements)),
        "hashes": sorted(" ".join([name, *given]) for name, given in request.hashes.items()),
        "constraints": sorted(map(normal, request.constraints)),
        "options": [normal(line.text) for line in request.options],
        "direct": [normal(line.text) for line in request.direct],
        "vendored": [
            f"{wheel.locked.requirement} "
            f"{json.dumps(sorted(map(normalized_requirement, wheel.requires)))}"
            for wheel in wheels
        ],
        "sources": [wheel.source for wheel in wheels],
        "offline": str(request.is_offline),
        "folders": [
            f"{without_app(folder, app)} "
            f"{tree_digest(app / folder) if (app / folder).is_dir() else 'missing'}"
            for folder in find_links_folders(request.options)
        ],
        "variables": index_facts(app, environment),
    }
    if request.toolchain != "auto":
        facts["toolchain"] = request.toolchain
    return LOCK.key(facts)


@dataclass(frozen=True, kw_only=True)
class CachedLock:
    key: CacheKey
    distributions: Sequence[LocalDistribution]
    """Vendored packages, whose wheels have their own cache entries."""
    effects: Effects

    def find(self) -> Locked | None:
        entry = self.effects.cache.entry(self.key)
        if entry is None:
            return None
        return self._locked(locks.parse(read(entry / locks.FILE), locks.FILE), entry / _WHEELS)

    def reason_for_miss(self) -> str:
        """Explain why there is no lock that can be used."""
        return "; ".join(self.effects.cache.reasons_for_miss(self.key))

    def store(self, lock: Lock, wheels: Mapping[str, Path], folder: Path) -> Locked:
        """Store a lock, and move the wheels that were built for it into its cache entry.

        If the lock cannot be stored, the wheels are available to this build only. `folder` is
        a temporary folder.
        """
        entry = folder / "entry"
        write(entry / locks.FILE, locks.render(lock))
        self._move_built(wheels, entry / _WHEELS)
        reason = self.effects.cache.store(self.key, entry)
        stored = self.find()
        if stored:
            return stored
        self.effects.console.warning(
            f"The lock could not be stored in the cache: {reason or 'it has disappeared'}"
        )
        return self.keep_aside(lock, {path.name: path for path in entry.glob(f"{_WHEELS}/*")})

    def keep_aside(self, lock: Lock, wheels: Mapping[str, Path]) -> Locked:
        """Keep the wheels that were built for a lock until the build ends, but do not store it.

        The build needs them after the temporary folder that they are in has been deleted.
        """
        place = self.effects.cache.spare / _WHEELS / self.key.digest
        remove(place)
        self._move_built(wheels, place)
        return self._locked(lock, place)

    def _move_built(self, wheels: Mapping[str, Path], place: Path) -> None:
        vendored = {distribution.name for distribution in self.distributions}
        for name, path in wheels.items():
            if name not in vendored:
                move(path, place / path.name)

    def _locked(self, lock: Lock, wheels: Path) -> Locked:
        built: dict[str, Path] = {
            canonicalize_name(path.name.split("-")[0]): path for path in wheels.glob("*.whl")
        }
        return Locked(lock=lock, wheels=built).with_distributions(self.distributions)
