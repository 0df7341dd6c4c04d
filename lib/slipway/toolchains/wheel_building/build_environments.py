"""Environments with what a build needs and nothing else; made once for each set of needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.cache_key import cache_key
from slipway.domain.console_scripts import relocatable, update_record
from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.conflicts import attributed_to, conflict
from slipway.domain.requirements.dependency_closure import (
    DependencyClosure,
    RequiredPackage,
    dependency_closure,
    has_address,
)
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.resolution_request import index_settings
from slipway.effects import Effects
from slipway.effects.cache.outputs import CachedProducts, Recipe
from slipway.effects.files import scratch, write
from slipway.effects.packages.virtualenvs import Virtualenv, attach_to_image_python, seal
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
        distributions: Sequence[LocalDistribution],
        required_by: str,
        awaited: frozenset[str] = frozenset(),
    ) -> Virtualenv:
        """Give an environment in which a backend can run; `who` needs it.

        `awaited` are names that will be here later: no index is asked for them.

        Raises NotBuiltYet, OfflineMissing, VendoredVersionUnfit, or what exactly kept it from
        being made.
        """
        needed = self._needed(requires, distributions, required_by, awaited)
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
        key = cache_key(facts)
        environment = Virtualenv(self.folder / f"env-{key[:12]}", self.interpreter.version)
        if environment.root.is_dir():
            return environment
        recipe = Recipe(kind=_KIND, key=key, facts={})
        products = CachedProducts(self.effects.cache, self.effects.console.warning)
        if products.restore(recipe, environment.root):
            locked = self._lock(environment.root, requires, distributions, required_by)
            if awaited & locked.lock.names:
                raise NotBuiltYet
            with products.making(recipe, environment.root) as made:
                self._make(Virtualenv(made, self.interpreter.version), locked, distributions)
            products.keep()
        return environment

    def _needed(
        self,
        requires: Sequence[str],
        distributions: Sequence[LocalDistribution],
        required_by: str,
        awaited: frozenset[str],
    ) -> list[LocalDistribution]:
        closure = needs(requires, distributions, self.interpreter.markers, required_by)
        missing = tuple((demand.requirement, demand.required_by) for demand in closure.unmet)
        if any(demand.name in awaited for demand in closure.unmet):
            raise NotBuiltYet
        if any(
            found.name == demand.name for found in distributions for demand in closure.unmet
        ):
            conflicting = tuple((asker, requirement) for requirement, asker in missing)
            raise conflict(conflicting, {found.name: found for found in distributions})
        if missing and self.offline_folder:
            raise OfflineMissing(missing=missing, folder=self.offline_folder)
        return [found for found in distributions if found.name in closure.met]

    def _make(
        self,
        environment: Virtualenv,
        locked: Locked,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        self.toolchain.create(environment, self.interpreter)
        if locked.lock.packages:
            with scratch("build-env") as folder:
                text = locks.render_for_pip(locked.lock, locked.addresses)
                write(folder / "lock.txt", self.options + text)
                self.toolchain.install(environment, folder / "lock.txt", distributions)
        seal(environment, relocatable, update_record)
        attach_to_image_python(environment, Path(self.interpreter.path))

    def _lock(
        self,
        root: Path,
        requires: Sequence[str],
        distributions: Sequence[LocalDistribution],
        required_by: str,
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
            distributions=distributions,
            direct=[DirectRequirement.of(one) for one in sorted(requires) if has_address(one)],
        )
        try:
            return self.toolchain.resolve(files, self.interpreter)
        except ResolutionConflict as error:
            conflicting = attributed_to(error.conflicting, required_by)
            raise conflict(
                conflicting, {found.name: found for found in distributions}
            ) from error


def needs(
    requires: Iterable[str],
    distributions: Iterable[LocalDistribution],
    markers: Mapping[str, str],
    required_by: str,
) -> DependencyClosure:
    """Follow what a build needs through what is here."""
    demands = [
        RequiredPackage(requirement=requirement, required_by=required_by)
        for requirement in requires
    ]
    return dependency_closure(demands, {found.name: found for found in distributions}, markers)
