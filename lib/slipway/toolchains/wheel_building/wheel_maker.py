"""One package that the app ships, as a wheel: from the cache while nothing of it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from slipway.domain.cache_key import Facts, cache_key
from slipway.domain.vendoring.packages import Form, InspectedPackage
from slipway.effects import Effects
from slipway.effects.console import seconds
from slipway.errors.dependencies import HashMismatch
from slipway.errors.vendored import VendoredNotForThisPython
from slipway.toolchains import LocalDistribution
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_environments import (
    BuildEnvironments,
    NotBuiltYet,
    needs,
)
from slipway.toolchains.wheel_building.wheel_cache import WheelCache

if TYPE_CHECKING:
    from slipway.toolchains.wheel_building.wheel_making import WheelMaking

_FORMAT = "1"
_HASHES = ("sha256", "sha384", "sha512")
"""Those that pip takes: https://pip.pypa.io/en/stable/topics/secure-installs/."""
_COMPILING = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "RUSTFLAGS")
"""Variables that decide what compilers make."""


@dataclass(frozen=True, kw_only=True)
class WheelMaker:
    app: Path
    folder: Path
    """For what is made on the way; this user's alone."""
    cache: WheelCache
    environments: BuildEnvironments
    backends: Backends
    effects: Effects

    def make(
        self,
        shipped: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        awaited: frozenset[str] = frozenset(),
    ) -> LocalDistribution:
        """Give the wheel; what is `here` answers for its name in the build.

        Raises NotBuiltYet where one of the `awaited` names has to be here before, WheelInvalid,
        VendoredBroken, ArchiveUnsafe, VendoredBuildFailed, OfflineMissing,
        VendoredNotForThisPython, HashMismatch, or what else keeps it from being built.
        """
        package = shipped.package
        _hold_to_hashes(shipped, self.app)
        if package.form is Form.WHEEL:
            version = self.environments.interpreter.version
            wheel = [Path(package.path).name, shipped.digest]
            facts: Facts = {"format": _FORMAT, "wheel": wheel, "python": version}
        else:
            facts = self._decisive(shipped, distributions, awaited)
        key = cache_key(facts)
        found = self.cache.find(key, package.path)
        if found:
            self._tell(found, "as before")
            return found
        start = self.effects.console.now()
        file, metadata = self._making.make(shipped, distributions, awaited)
        self._hold_to_python(package.path, metadata.requires_python)
        made = self.cache.keep(key, package.path, file, metadata)
        took = seconds(self.effects.console.now() - start)
        how = package.form.value
        self._tell(made, how if package.form is Form.WHEEL else f"{how}, built in {took}")
        return made

    def _tell(self, wheel: LocalDistribution, how: str) -> None:
        self.effects.console.info(f"{wheel.name} {wheel.version} from {wheel.source} ({how})")

    def _hold_to_python(self, path: str, requires: str | None) -> None:
        python = self.environments.interpreter.version
        if requires and not SpecifierSet(requires).contains(python, prereleases=True):
            raise VendoredNotForThisPython(path=path, requires=requires, python=python)

    def claim(self, shipped: InspectedPackage, name: str) -> LocalDistribution:
        """Give a wheel without modules, that takes the name of a plain package."""
        path = shipped.package.path
        key = cache_key({"format": _FORMAT, "plain": [name, shipped.digest]})
        found = self.cache.find(key, path)
        if found:
            return found
        return self.cache.keep(key, path, *self._making.stand_in(shipped, name))

    def _decisive(
        self,
        shipped: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        awaited: frozenset[str],
    ) -> Facts:
        """Collect what decides a build: the tree, what the build needs, and the Python."""
        interpreter = self.environments.interpreter
        requires = shipped.project.requires
        closure = needs(requires, distributions, interpreter.markers, shipped.package.path)
        if any(demand.name in awaited for demand in closure.unmet):
            raise NotBuiltYet
        given = self.effects.environment
        return {
            "format": _FORMAT,
            "tree": shipped.digest,
            "version": shipped.version or "",
            "requires": sorted(requires),
            "here": sorted(
                found.sha256 for found in distributions if found.name in closure.met
            ),
            "python": interpreter.identity,
            "compiling": [f"{name}={given[name]}" for name in _COMPILING if name in given],
        }

    @property
    def _making(self) -> WheelMaking:
        # Loads a good deal, and most builds find what they need in the cache.
        from slipway.toolchains.wheel_building.wheel_making import WheelMaking

        return WheelMaking(
            app=self.app,
            folder=self.folder,
            environments=self.environments,
            backends=self.backends,
            effects=self.effects,
        )


def _hold_to_hashes(shipped: InspectedPackage, app: Path) -> None:
    """Accept no other archive than one that the app's own requirements give a hash for."""
    if shipped.package.form is Form.TREE:
        return  # which has none
    for line in shipped.package.asked:
        given = [digest.lower().partition(":") for digest in line.hashes]
        content = (app / shipped.package.path).read_bytes() if given else b""
        got = {kind: hashlib.new(kind, content).hexdigest() for kind in _HASHES}
        if given and not any(got.get(kind) == digest for kind, _, digest in given):
            raise HashMismatch(
                package=shipped.package.path,
                expected=tuple(digest for _, _, digest in given),
                got=got["sha256"],
                is_vendored=True,
            )
