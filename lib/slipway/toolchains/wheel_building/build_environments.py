"""Virtual environments with build requirements, one for each set of requirements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import without_secrets
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.conflicts import attributed_to, conflict
from slipway.domain.requirements.dependency_closure import (
    DependencyClosure,
    dependency_closure,
)
from slipway.domain.requirements.lines import is_direct_reference, requirement_name
from slipway.domain.requirements.lock import Lock
from slipway.effects import Effects
from slipway.effects.cache.kinds import BUILD_ENVIRONMENT
from slipway.effects.cache.outputs import CachedOutputs
from slipway.effects.files import scratch, write
from slipway.effects.packages.virtualenvs import Virtualenv, attach_to_image_python, seal
from slipway.errors.dependencies import (
    THE_APP,
    RequiredPackage,
    ResolutionConflict,
    Unmet,
)
from slipway.errors.fetching import IndexUnreachable
from slipway.errors.vendored import OfflineMissing
from slipway.toolchains.key_variables import index_facts, without_app
from slipway.toolchains.protocol import (
    DirectReference,
    LocalDistribution,
    Locked,
    RequirementFiles,
    Toolchain,
)


class NotBuiltYet(Exception):
    """A build requires another vendored package, whose wheel must be built first."""


@dataclass(frozen=True, kw_only=True)
class BuildEnvironments:
    """Creates them in one folder from locks with hashes, like the app's virtual environment."""

    app: Path
    folder: Path
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    options: str
    """Lines of a requirements file that say which indexes to use, and how."""
    is_offline: bool
    """Whether no index may be used."""
    folder_for_files: str
    """The folder of the app to add missing files to, for errors."""
    own_distributions: Callable[[], Sequence[LocalDistribution]] = tuple
    """Returns those of a package of Slipway for builds without a network; a build uses them if
    they fit and the app has none of the same name."""

    def environment_for(
        self,
        requires: Sequence[str],
        distributions: Sequence[LocalDistribution],
        required_by: str,
        pending: frozenset[str] = frozenset(),
    ) -> Virtualenv:
        """Return a virtual environment in which a backend can run.

        `pending` has the names of packages that are not built yet: they must not come from an
        index.

        Raises NotBuiltYet, OfflineMissing, VendoredVersionUnfit, or the toolchain's error.
        """
        distributions = [*distributions, *self._own(requires, distributions)]
        by_name = {found.name: found for found in distributions}
        closure = build_closure(
            requires, distributions, self.interpreter.markers, required_by, pending
        )
        if any(requirement_name(one.requirement) in by_name for one in closure.missing):
            raise conflict(closure.missing, by_name)
        if closure.missing and self.is_offline:
            raise OfflineMissing(missing=closure.missing, folder=self.folder_for_files)
        facts = {
            "requires": sorted(map(without_secrets, requires)),
            "distributions": sorted(by_name[name].sha256 for name in closure.required),
            "python": self.interpreter.identity,
            "settings": [
                without_app(self.options, self.app),
                *index_facts(self.app, self.effects.environment),
            ],
        }
        key = BUILD_ENVIRONMENT.key(facts)
        environment = Virtualenv(
            self.folder / f"env-{key.digest[:12]}", self.interpreter.version
        )
        if environment.root.is_dir():
            return environment
        outputs = CachedOutputs(self.effects.cache, self.effects.console.warning)
        if not outputs.restore(key, environment.root):
            return environment
        with scratch("requirements", self.folder) as folder:
            locked = Locked(lock=Lock(packages=()), wheels={})
            if requires:
                files = self._files(folder, requires, distributions, required_by)
                locked = self._resolve(files, closure.missing, required_by)
            if pending & locked.lock.names:
                raise NotBuiltYet
            with outputs.create(key, environment.root) as root:
                made = Virtualenv(root, self.interpreter.version)
                self.toolchain.create(made, self.interpreter)
                if locked.lock.packages:
                    text = locks.render_for_pip(locked.lock, locked.addresses)
                    write(folder / "lock.txt", self.options + text)
                    self.toolchain.install(made, folder / "lock.txt", distributions)
                seal(made)
                attach_to_image_python(made, Path(self.interpreter.path))
        return environment

    def _own(
        self, requires: Sequence[str], distributions: Sequence[LocalDistribution]
    ) -> list[LocalDistribution]:
        """Return those of Slipway's own distributions that a build is to use."""
        names = {found.name for found in distributions}
        own = [found for found in self.own_distributions() if found.name not in names]
        closure = dependency_closure(
            [RequiredPackage(requirement=one, required_by="") for one in requires],
            {found.name: found for found in (*distributions, *own)},
            self.interpreter.markers,
        )
        unfit = {requirement_name(one.requirement) for one in closure.missing}
        return [found for found in own if found.name in closure.required - unfit]

    def _resolve(
        self, files: RequirementFiles, missing: tuple[RequiredPackage, ...], required_by: str
    ) -> Locked:
        """Lock build requirements; errors say which package requires them."""
        by_name = {found.name: found for found in files.distributions}
        try:
            return self.toolchain.resolve(files, self.interpreter)
        except ResolutionConflict as error:
            requirements = attributed_to(error.requirements, required_by)
            raise conflict(requirements, by_name) from error
        except Unmet as error:
            if error.required_by == THE_APP:
                error.required_by = required_by
            raise
        except IndexUnreachable as error:
            error.unvendored, error.folder = missing, self.folder_for_files
            raise

    def _files(
        self,
        folder: Path,
        requires: Sequence[str],
        distributions: Sequence[LocalDistribution],
        required_by: str,
    ) -> RequirementFiles:
        direct = [one for one in sorted(requires) if is_direct_reference(one)]
        named = [one for one in sorted(requires) if not is_direct_reference(one)]
        return RequirementFiles(
            folder=folder,
            app=folder,
            requirements="".join(f"{one}\n" for one in named),
            constraints="",
            options=self.options,
            distributions=distributions,
            direct=[DirectReference.of(one, required_by) for one in direct],
        )


def build_closure(
    requires: Iterable[str],
    distributions: Iterable[LocalDistribution],
    markers: Mapping[str, str],
    required_by: str,
    pending: frozenset[str] = frozenset(),
) -> DependencyClosure:
    """Follow the requirements of a build through the local distributions.

    Raises NotBuiltYet if they lead to one of the `pending` packages.
    """
    closure = dependency_closure(
        [RequiredPackage(requirement=one, required_by=required_by) for one in requires],
        {found.name: found for found in distributions},
        markers,
    )
    if any(requirement_name(one.requirement) in pending for one in closure.missing):
        raise NotBuiltYet
    return closure
