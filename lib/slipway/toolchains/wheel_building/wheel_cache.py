"""Wheels that were made from what an app ships, each by what decides it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.vendoring.core_metadata import CoreMetadata
from slipway.effects import Effects
from slipway.effects.files import sha256_of
from slipway.toolchains import LocalDistribution

_KIND = "wheel"
_FACTS = "wheel.json"


@dataclass(frozen=True, kw_only=True)
class WheelCache:
    effects: Effects

    def find(self, key: str, source: str) -> LocalDistribution | None:
        """Give the wheel of a key, without opening it."""
        entry = self.effects.cache.entry(_KIND, key)
        return None if entry is None else _read(entry, source)

    def keep(
        self, key: str, source: str, wheel: Path, metadata: CoreMetadata
    ) -> LocalDistribution:
        """Keep a wheel, in a cache that cannot take it for this build alone."""
        entry = wheel.parent / "entry"
        entry.mkdir()
        shutil.copyfile(wheel, entry / wheel.name)
        facts = {
            "file": wheel.name,
            "name": metadata.name,
            "version": metadata.version,
            "requires": metadata.requires,
            "sha256": sha256_of(wheel),
        }
        (entry / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        reason = self.effects.cache.store(_KIND, key, entry)
        found = self.find(key, source)
        if found:
            return found
        self.effects.console.warning(
            f"The wheel of {source} could not be kept in the cache: {reason}"
        )
        place = self.effects.cache.folder / "wheels" / key
        shutil.copytree(entry, place, dirs_exist_ok=True)
        return _read(place, source)


def _read(entry: Path, source: str) -> LocalDistribution:
    facts = json.loads((entry / _FACTS).read_text(encoding="utf-8"))
    return LocalDistribution(
        name=facts["name"],
        version=facts["version"],
        path=entry / facts["file"],
        sha256=facts["sha256"],
        source=source,
        requires=tuple(facts["requires"]),
    )
