"""Turn what the app asks for into a lock; ask no index while nothing has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.domain.build_plan import BuildPlan
from slipway.domain.counting import counted
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.conflicts import conflict, with_file_and_line
from slipway.domain.requirements.dependency_closure import RequiredPackage, holds
from slipway.domain.requirements.lines import bracketed, named
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.offline import missing_offline, required_addresses
from slipway.domain.requirements.resolution_request import (
    ResolutionRequest,
    lines_of,
    resolution_request,
)
from slipway.domain.vendoring.selection import left_out
from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.errors.dependencies import ResolutionConflict
from slipway.errors.vendored import OfflineMissing
from slipway.toolchains import (
    DirectRequirement,
    LocalDistribution,
    Locked,
    RequirementFiles,
    Toolchain,
)
from slipway.toolchains.lock_cache import LockCache
from slipway.toolchains.lock_inputs import lock_inputs

_KIND = "lock"
_LOCK = "lock.txt"


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """Answers one plan's question for one Python."""

    plan: BuildPlan
    app: Path
    interpreter: Interpreter
    toolchain: Toolchain
    effects: Effects
    distributions: Sequence[LocalDistribution]
    """What the app ships, as wheels."""

    def resolve(self) -> Locked:
        """Raise ResolveFailed, or what exactly kept it from resolving."""
        self._refuse_unmet()
        own, request = resolution_request(self.plan, self._shipped())
        if own is not None and own.packages:
            self.effects.console.info(
                f"{self.plan.dependencies.source} has a hash for every requirement: it is "
                "the lock, taken as it is"
            )
        if request is None:
            return Locked(lock=own or Lock(packages=()), wheels={})
        found = self._answer(request)
        self._refuse_namesakes(found.lock)
        if own is None:
            return found
        return Locked(lock=locks.merge(own, found.lock), wheels=found.wheels)

    def _shipped(self) -> dict[str, str]:
        """Map the name of each wheel that is here to the extras that lines ask it for."""
        return {
            wheel.name: bracketed(
                extra
                for line in lines_of(self.plan, wheel.name, wheel.source)
                if holds(line.marker, self.interpreter.markers)
                for extra in named(line.extras)
            )
            for wheel in self.distributions
        }

    def _answer(self, request: ResolutionRequest) -> Locked:
        inputs = lock_inputs(
            request, self.interpreter, self.distributions, self.app, self.effects.environment
        )
        locks_before = LockCache(
            inputs=inputs, distributions=self.distributions, effects=self.effects
        )
        kept = locks_before.find()
        if kept:
            count = counted(len(kept.lock.packages), "package")
            self.effects.console.info(
                f"Nothing that decides the lock has changed: {count}, as before"
            )
            return kept
        self.effects.console.info(f"Resolving: {locks_before.why_none()}")
        return self._resolve(request, locks_before)

    def _refuse_unmet(self) -> None:
        """Name all that is missing at once, before a resolver stumbles over the first."""
        if self.plan.settings.offline:
            offers = {wheel.name: wheel for wheel in self.distributions}
            unmet = missing_offline(self.plan, offers, self.interpreter.markers)
            if unmet:
                folder = (*self.plan.vendoring.folders, "vendor")[0]
                missing = tuple((demand.requirement, demand.required_by) for demand in unmet)
                raise OfflineMissing(missing=missing, folder=folder)

    def _refuse_namesakes(self, lock: Lock) -> None:
        """Let no index stand in for a package that the app ships for other Pythons alone.

        Unless the app itself asks for it here: it is then another package who does.
        """
        markers = self.interpreter.markers
        lines = left_out(self.plan.vendoring.packages, markers)
        asked = {
            line.name
            for line in self.plan.dependencies.from_elsewhere
            if holds(line.marker, markers)
        }
        for name in lock.names & lines.keys() - asked - {
            wheel.name for wheel in self.distributions
        }:
            line = lines[name]
            conflicting = [
                (wheel.source, text)
                for wheel in self.distributions
                for text in wheel.requires
                if RequiredPackage(requirement=text, required_by=wheel.source).name == name
            ]
            place = (f"{line.file}:{line.number}", line.shown)
            raise ResolutionConflict(
                conflicting=(place, *(conflicting or (("another package", name),)))
            )

    def _resolve(self, request: ResolutionRequest, locks_before: LockCache) -> Locked:
        # Of those of most builds the lock is known.
        from slipway.toolchains.requirement_files import requirement_files

        console = self.effects.console
        start = console.now()
        with scratch("resolve") as folder:
            files = requirement_files(request, self.app, self.distributions, folder)
            locked = self._ask(replace(files, direct=[*files.direct, *self._addresses()]))
            lock = locks.hold_to(locked.lock, request.hashes)
            took = f"{console.now() - start:.1f} s"
            count = counted(len(lock.packages), "package")
            console.info(f"Locked {count} by hash in {took}")
            return locks_before.keep(lock, locked.wheels, folder)

    def _addresses(self) -> list[DirectRequirement]:
        """Give what shipped packages need from repositories, which no index can answer."""
        offers = {wheel.name: wheel for wheel in self.distributions}
        needed = required_addresses(self.plan, offers, self.interpreter.markers)
        return [DirectRequirement.of(demand.requirement) for demand in needed]

    def _ask(self, files: RequirementFiles) -> Locked:
        try:
            return self.toolchain.resolve(files, self.interpreter)
        except ResolutionConflict as error:
            conflicting = with_file_and_line(error.conflicting, self.plan.dependencies)
            raise conflict(
                conflicting, {wheel.name: wheel for wheel in self.distributions}
            ) from error
