"""Make a wheel of each package that the app ships; build none that has not changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.build_plan import BuildPlan
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.resolution_request import options_of, options_text
from slipway.domain.vendoring.packages import Form, InspectedPackage
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.domain.vendoring.selection import choose, in_build_order, name_of, wanted_here
from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.effects.interpreters import supported_tags
from slipway.errors.vendored import VendoredBuildCycle, VendoredTwice
from slipway.steps.context import BuildContext
from slipway.toolchains import LocalDistribution, Toolchain
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_distributions import build_distributions
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments, NotBuiltYet
from slipway.toolchains.wheel_building.wheel_cache import WheelCache
from slipway.toolchains.wheel_building.wheel_maker import WheelMaker


def build_wheels(
    context: BuildContext, packages: Sequence[InspectedPackage]
) -> tuple[LocalDistribution, ...]:
    """Give a wheel of each vendored package."""
    if packages:
        context.effects.console.header("Packages that the app ships")
    house = WheelHouse(
        app=context.app,
        plan=context.plan,
        interpreter=context.interpreter,
        toolchain=context.toolchain,
        backends=context.tools.backends,
        effects=context.effects,
    )
    return house.build(packages)


@dataclass(frozen=True, kw_only=True)
class WheelHouse:
    """Gives every package that the app ships as a wheel for one Python."""

    app: Path
    plan: BuildPlan
    interpreter: Interpreter
    toolchain: Toolchain
    backends: Backends
    effects: Effects

    def build(self, shipped: Sequence[InspectedPackage]) -> tuple[LocalDistribution, ...]:
        """Give the wheels; of plain packages only those whose name is asked for.

        Raises VendoredTwice, WheelNotForThisPython, VendoredBuildFailed, OfflineMissing, or
        what else exactly is wrong with one of them.
        """
        if not shipped:
            return ()
        python = f"{self.interpreter.version}, {self.interpreter.platform}"
        tags = supported_tags(self.interpreter.minor)
        chosen = choose(wanted_here(shipped, self.interpreter.markers), tags, python)
        plain = [found for found in chosen if found.package.form is Form.PLAIN]
        packages = [found for found in chosen if found.package.form is not Form.PLAIN]
        offers = build_distributions(self.app, self.plan.vendoring.for_builds, tags)
        with scratch("wheels") as folder:
            maker = self._maker(folder)
            house = _made(maker, packages, {offer.name: offer for offer in offers})
            for name, found in self._asked_for(plain, house):
                house[name] = maker.claim(found, name)
        self._tell(house, plain)
        return tuple(house[name] for name in sorted(house))

    def _maker(self, folder: Path) -> WheelMaker:
        settings = self.plan.settings
        first = self.plan.vendoring.folders[:1] or ("vendor",)
        environments = BuildEnvironments(
            folder=folder,
            interpreter=self.interpreter,
            toolchain=self.toolchain,
            effects=self.effects,
            options=options_text(options_of(self.plan), self.app, is_offline=settings.offline),
            offline_folder=f"{first[0]}/build" if settings.offline else None,
        )
        return WheelMaker(
            app=self.app,
            folder=folder,
            cache=WheelCache(effects=self.effects),
            environments=environments,
            backends=self.backends,
            effects=self.effects,
        )

    def _asked_for(
        self, plain: Sequence[InspectedPackage], house: Mapping[str, LocalDistribution]
    ) -> Iterator[tuple[str, InspectedPackage]]:
        """Find the plain packages whose name the app or one of its packages requires."""
        asked = set(self.plan.dependencies.names)
        for wheel in house.values():
            asked.update(_names(wheel.requires))
        for found in plain:
            name = canonicalize_name(found.package.import_name)
            if name in asked and name not in house:
                yield name, found

    def _tell(
        self, house: Mapping[str, LocalDistribution], plain: Sequence[InspectedPackage]
    ) -> None:
        console = self.effects.console
        for found in plain:
            console.info(
                f"{found.package.import_name} from {found.package.path} "
                "(plain, imported from there)"
            )
        for wheel in house.values():
            if is_guess(wheel.version) and wheel.source not in {p.package.path for p in plain}:
                console.warning(
                    f"{wheel.source} takes its version from git, and its git is not here: "
                    f"it is {wheel.version}. To say it, run `bin/slipway vendor lock .` where "
                    "git is, and commit vendor.lock"
                )


def _made(
    maker: WheelMaker,
    packages: Sequence[InspectedPackage],
    offers: Mapping[str, LocalDistribution],
) -> dict[str, LocalDistribution]:
    """Make all wheels. What `vendor/build/` offers is taken before what the app is to have.

    What a build needs is known in part before it, and in full once it is under way: what then
    turns out to need another package of the app has to wait for it.
    """
    house: dict[str, LocalDistribution] = {}
    waiting = deque(in_build_order(packages, offers.keys()))
    turned_away = 0
    while waiting:
        found = waiting.popleft()
        awaited = frozenset(name_of(one.package) for one in waiting) - {"", *offers}
        try:
            wheel = maker.make(found, [*{**house, **offers}.values()], awaited)
        except NotBuiltYet:
            waiting.append(found)
            turned_away += 1
            if turned_away == len(waiting):
                paths = tuple(one.package.path for one in waiting)
                raise VendoredBuildCycle(paths=paths) from None
            continue
        turned_away = 0
        house |= _added(wheel, house)
    return house


def _added(
    wheel: LocalDistribution, house: Mapping[str, LocalDistribution]
) -> dict[str, LocalDistribution]:
    """Refuse a second package of one name, which only its metadata tells."""
    first = house.get(wheel.name)
    if first is not None:
        raise VendoredTwice(name=wheel.name, paths=(first.source, wheel.source))
    return {wheel.name: wheel}


def _names(requires: Sequence[str]) -> Iterator[str]:
    for text in requires:
        try:
            yield canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            continue
