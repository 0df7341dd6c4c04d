"""Turn what the app asks for into a lock; ask no index while nothing has changed."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain import lock as locks
from slipway.domain.build_plan import BuildPlan
from slipway.domain.counting import counted
from slipway.domain.fingerprint import fingerprint
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.domain.question import Question, questions
from slipway.effects import Effects
from slipway.effects.files import scratch
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.toolchains import Locked, RequirementFiles, Resolution, Toolchain
from slipway.toolchains.lock_inputs import lock_inputs
from slipway.toolchains.requirement_files import requirement_files

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

    def resolve(self) -> Locked:
        """Raise ResolveFailed, or what exactly kept it from resolving."""
        own, question = questions(self.plan.dependencies, self.plan.added_requirements)
        if own is not None and own.packages:
            self.effects.console.info(
                f"{self.plan.dependencies.source} has a hash for every requirement: it is "
                "the lock, taken as it is"
            )
        if question is None:
            return Locked(lock=own or Lock(packages=()), wheels=None)
        found = self._answer(question)
        if own is None:
            return found
        return Locked(lock=locks.merge(own, found.lock), wheels=found.wheels)

    def _answer(self, question: Question) -> Locked:
        key = fingerprint(
            lock_inputs(question, self.interpreter, self.app, self.effects.environment)
        )
        kept = self._kept(key)
        if kept:
            count = counted(len(kept.lock.packages), "package")
            self.effects.console.info(
                f"Nothing that decides the lock has changed: {count}, as before"
            )
            return kept
        return self._resolve(question, key)

    def _kept(self, key: str) -> Locked | None:
        entry = self.effects.cache.entry(_KIND, key)
        if entry is None:
            return None
        lock = locks.parse((entry / _LOCK).read_text(encoding="utf-8"), _LOCK)
        return Locked(lock=lock, wheels=entry / "wheels")

    def _resolve(self, question: Question, key: str) -> Locked:
        console = self.effects.console
        console.info(f"Resolving with {self.toolchain.name}")
        start = console.now()
        with scratch("resolve") as folder:
            resolution = self._ask(requirement_files(question, self.app, folder))
            lock = locks.hold_to(resolution.lock, question.hashes)
            took = f"{console.now() - start:.1f} s"
            count = counted(len(lock.packages), "package")
            console.info(f"Locked {count} by hash in {took}")
            return self._keep(key, lock, resolution, folder)

    def _ask(self, files: RequirementFiles) -> Resolution:
        try:
            return self.toolchain.resolve(files, self.interpreter)
        except ResolutionConflict as error:
            wants = tuple((self._origin(who, what), what) for who, what in error.wants)
            raise ResolutionConflict(wants=wants) from error

    def _origin(self, who: str, what: str) -> str:
        """Give the file and line of what the app itself wants."""
        lines = (*self.plan.dependencies.requirements, *self.plan.dependencies.constraints)
        name = canonicalize_name(re.split(r"[^\w.-]", what)[0])
        own = [line for line in lines if who == THE_APP and line.name == name]
        # Several lines may name the package: the one that says just this comes first.
        own.sort(key=lambda line: "".join(line.text.split()) != "".join(what.split()))
        return f"{own[0].file}:{own[0].number}" if own else who

    def _keep(self, key: str, lock: Lock, resolution: Resolution, folder: Path) -> Locked:
        entry = folder / "entry"
        entry.mkdir()
        (entry / _LOCK).write_text(locks.render(lock), encoding="utf-8")
        shutil.copytree(resolution.wheels, entry / "wheels")
        reason = self.effects.cache.store(_KIND, key, entry)
        kept = self._kept(key)
        if kept:
            return kept
        self.effects.console.warning(f"The lock could not be kept in the cache: {reason}")
        return Locked(lock=lock, wheels=self._outlive(resolution))

    def _outlive(self, resolution: Resolution) -> Path | None:
        """Without a cache, keep built wheels beside it for the length of this build."""
        if not any(resolution.wheels.iterdir()):
            return None
        place = self.effects.cache.folder / "wheels"
        shutil.copytree(resolution.wheels, place, dirs_exist_ok=True)
        return place
