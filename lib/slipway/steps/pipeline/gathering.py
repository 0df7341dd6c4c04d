"""What the app ships and what it needs besides, made ready side by side.

A resolver needs to know what a package says of itself, and not what is in it. Where its
pyproject.toml says that already, the resolver does not wait for the wheel to be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from slipway.domain.lock import Lock
from slipway.domain.stated_metadata import normal_requirement
from slipway.domain.vendored import ShippedPackage
from slipway.effects import Effects
from slipway.effects.beside import beside
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import ResolveFailed
from slipway.steps.build_wheels import WheelHouse
from slipway.steps.install import Beginning, Installer
from slipway.steps.resolve import Resolver
from slipway.toolchains import LocalDistribution, Locked


@dataclass(frozen=True, kw_only=True)
class Gathered:
    here: tuple[LocalDistribution, ...]
    """What the app ships, as wheels."""
    locked: Locked
    begun: Beginning | None = None
    """An environment with what was locked before the last wheel was built."""


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """Has everything but `here`, which is what it is about."""

    house: WheelHouse
    resolver: Resolver
    installer: Installer
    options: str
    """Where and how to look for what is not here."""
    place: Path | None
    """Where an environment can be begun."""
    effects: Effects

    def gather(self, shipped: Sequence[ShippedPackage]) -> Gathered:
        """Raise what the house, the resolver and the installer raise, in this order."""
        if shipped:
            self.effects.console.header("Packages that the app ships")
        stated = self.house.stated(shipped)
        if stated is None:
            here = self.house.build(shipped)
            self._announce()
            return Gathered(here=here, locked=self._resolve(here))
        are_built = Event()
        with beside(lambda: self._resolve_and_begin(stated, are_built)) as resolving:
            here = self.house.build(shipped)
            are_built.set()
            try:
                ahead = resolving.result()
            except (ResolveFailed, PackageBuildFailed):
                ahead = None  # as if something is built with what was still to be made
        if ahead is None or not _say_the_same(stated, here):
            return Gathered(here=here, locked=self._resolve(here))
        made = [wheel for wheel in here if wheel.name in ahead.locked.wheels]
        return replace(ahead, here=here, locked=ahead.locked.having(made))

    def _announce(self) -> None:
        source = self.resolver.plan.dependencies.source
        self.effects.console.header(f"Dependencies from {source}")

    def _resolve(self, here: tuple[LocalDistribution, ...]) -> Locked:
        return replace(self.resolver, here=here).resolve()

    def _resolve_and_begin(
        self, stated: tuple[LocalDistribution, ...], are_built: Event
    ) -> Gathered:
        self._announce()
        locked = self._resolve(stated)
        if are_built.is_set() or self.place is None:
            return Gathered(here=stated, locked=locked)
        names = {wheel.name for wheel in stated}
        others = tuple(package for package in locked.lock if package.name not in names)
        part = Locked(
            lock=Lock(packages=others),
            wheels={name: path for name, path in locked.wheels.items() if name not in names},
        )
        # Whoever builds with one of them waits for it: nobody reads what it says.
        silent = [replace(wheel, requires=()) for wheel in stated]
        installer = replace(self.installer, here=silent)
        begun = installer.begin(part, self.options, self.place, are_built.is_set)
        return Gathered(here=stated, locked=locked, begun=begun)


def _say_the_same(
    stated: Sequence[LocalDistribution], made: Sequence[LocalDistribution]
) -> bool:
    return [*map(_facts, stated)] == [*map(_facts, made)]


def _facts(wheel: LocalDistribution) -> tuple[str, str, list[str]]:
    return wheel.name, wheel.version, sorted(map(normal_requirement, wheel.requires))
