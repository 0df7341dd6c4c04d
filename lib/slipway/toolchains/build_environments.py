"""Environments with what a build needs and nothing else; made once for each set of needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain import lock as locks
from slipway.domain.console_scripts import relocatable, update_record
from slipway.domain.demands import Closure, Demand, follow, has_address
from slipway.domain.fingerprint import fingerprint
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.domain.question import index_settings
from slipway.domain.secrets import without_credentials
from slipway.domain.wants import as_wanted_by, conflict
from slipway.effects import Effects
from slipway.effects.environments import Environment, attach_to_image, seal
from slipway.effects.files import scratch, write
from slipway.effects.products import CachedProducts, Recipe
from slipway.errors.dependencies import ResolutionConflict
from slipway.errors.vendored import OfflineMissing
from slipway.toolchains import (
    DirectRequirement,
    LocalDistribution,
    Locked,
    RequirementFiles,
    Toolchain,
)

_FORMAT = "2"
_KIND = "build-env"


class NotBuiltYet(Exception):
    """A build needs another package of the app, whose wheel is to be made first."""


@dataclass(frozen=True, kw_only=True)
class BuildEnvironments:
    """Makes them in one folder; what builds need is locked by hash, as what apps need is."""

    folder: Path
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    options: str
    """Where and how to look for what is not here."""
    offline_folder: str | None
    """Where missing files are to be added, if no index may be asked."""

    def open(
        self,
        requires: Sequence[str],
        here: Sequence[LocalDistribution],
        who: str,
        awaited: frozenset[str] = frozenset(),
    ) -> Environment:
        """Give an environment in which a backend can run; `who` needs it.

        `awaited` are names that will be here later: no index is asked for them.

        Raises NotBuiltYet, OfflineMissing, VendoredVersionUnfit, or what exactly kept it from
        being made.
        """
        needed = self._needed(requires, here, who, awaited)
        facts = {
            "format": _FORMAT,
            "requires": sorted(map(without_credentials, requires)),
            "here": sorted(found.sha256 for found in needed),
            "python": self.interpreter.identity,
            "settings": [
                without_credentials(self.options),
                *map(without_credentials, index_settings(self.effects.environment)),
            ],
        }
        key = fingerprint(facts)
        environment = Environment(self.folder / f"env-{key[:12]}", self.interpreter.version)
        if environment.root.is_dir():
            return environment
        recipe = Recipe(kind=_KIND, key=key, facts={})
        products = CachedProducts(self.effects.cache, self.effects.console.warning)
        if products.restore(recipe, environment.root):
            locked = self._lock(environment.root, requires, here, who)
            if awaited & locked.lock.names:
                raise NotBuiltYet
            with products.making(recipe, environment.root) as made:
                self._make(Environment(made, self.interpreter.version), locked, here)
            products.keep()
        return environment

    def _needed(
        self,
        requires: Sequence[str],
        here: Sequence[LocalDistribution],
        who: str,
        awaited: frozenset[str],
    ) -> list[LocalDistribution]:
        closure = needs(requires, here, self.interpreter.markers, who)
        missing = tuple((demand.requirement, demand.who) for demand in closure.unmet)
        if any(demand.name in awaited for demand in closure.unmet):
            raise NotBuiltYet
        if any(found.name == demand.name for found in here for demand in closure.unmet):
            wants = tuple((asker, requirement) for requirement, asker in missing)
            raise conflict(wants, {found.name: found for found in here})
        if missing and self.offline_folder:
            raise OfflineMissing(missing=missing, folder=self.offline_folder)
        return [found for found in here if found.name in closure.met]

    def _make(
        self, environment: Environment, locked: Locked, here: Sequence[LocalDistribution]
    ) -> None:
        self.toolchain.create(environment, self.interpreter)
        if locked.lock.packages:
            with scratch("build-env") as folder:
                text = locks.render_for_pip(locked.lock, locked.addresses)
                write(folder / "lock.txt", self.options + text)
                self.toolchain.install(environment, folder / "lock.txt", here)
        seal(environment, relocatable, update_record)
        attach_to_image(environment, Path(self.interpreter.path))

    def _lock(
        self,
        root: Path,
        requires: Sequence[str],
        here: Sequence[LocalDistribution],
        who: str,
    ) -> Locked:
        if not requires:
            return Locked(lock=Lock(packages=()), wheels={})
        folder = root.with_name(f"{root.name}.asked")
        folder.mkdir(exist_ok=True)
        files = RequirementFiles(
            folder=folder,
            app=folder,
            requirements="".join(
                f"{one}\n" for one in sorted(requires) if not has_address(one)
            ),
            constraints="",
            options=self.options,
            here=here,
            direct=[DirectRequirement.of(one) for one in sorted(requires) if has_address(one)],
        )
        try:
            return self.toolchain.resolve(files, self.interpreter)
        except ResolutionConflict as error:
            wants = as_wanted_by(error.wants, who)
            raise conflict(wants, {found.name: found for found in here}) from error


def needs(
    requires: Iterable[str],
    here: Iterable[LocalDistribution],
    markers: Mapping[str, str],
    who: str,
) -> Closure:
    """Follow what a build needs through what is here."""
    demands = [Demand(requirement=requirement, who=who) for requirement in requires]
    return follow(demands, {found.name: found for found in here}, markers)
