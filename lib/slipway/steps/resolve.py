"""Turn what the app asks for into a lock; ask no index while nothing has changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.domain import lock as locks
from slipway.domain.build_plan import BuildPlan
from slipway.domain.counting import counted
from slipway.domain.fingerprint import fingerprint
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.domain.question import Question, index_settings, questions
from slipway.domain.requirements import Line, expand
from slipway.domain.secrets import without_credentials
from slipway.effects import Effects
from slipway.effects.files import read_if_there, scratch, tree_digest, write
from slipway.errors import THE_APP, ResolutionConflict
from slipway.toolchains import (
    DirectRequirement,
    Locked,
    RequirementFiles,
    Resolution,
    Toolchain,
)

_KIND = "lock"
_LOCK = "lock.txt"
_SETUPTOOLS = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_EDITABLE = re.compile(r"^(-e|--editable)[\s=]*")
_NOT_SOURCE = frozenset({".git", ".hg", ".slipway", "__pycache__", "node_modules"})


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
        key = fingerprint(self._facts(question))
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
            files = self._files(question, folder)
            resolution = self._ask(files)
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
        found = (
            f"{line.file}:{line.number}"
            for line in lines
            if who == THE_APP
            and line.name
            and re.split(r"[^\w.-]", what)[0].lower() == line.name
        )
        return next(found, who)

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

    def _facts(self, question: Question) -> dict[str, str | list[str]]:
        """Give all that decides the lock; credentials decide nothing and are left out."""
        environment = self.effects.environment
        lines = [expand(text, environment) for text in question.requirements]
        return {
            "format": "1",
            "python": f"{self.interpreter.version} {self.interpreter.platform}",
            "requirements": sorted(map(without_credentials, lines)),
            "constraints": sorted(expand(text, environment) for text in question.constraints),
            "options": [
                without_credentials(expand(line.text, environment)) for line in question.options
            ],
            "direct": [
                without_credentials(expand(line.text, environment)) for line in question.direct
            ],
            "folders": [*self._folder_digests(question)],
            "settings": [*map(without_credentials, index_settings(environment))],
            "configuration": [*self._configuration()],
        }

    def _folder_digests(self, question: Question) -> Iterator[str]:
        for line in question.direct:
            if line.folder is not None:
                place = self.app / line.folder
                digest = tree_digest(place, _NOT_SOURCE) if place.exists() else "missing"
                yield f"{line.folder} {digest}"
        for folder in question.local_links:
            place = self.app / folder
            yield f"{folder} {tree_digest(place, frozenset()) if place.is_dir() else 'missing'}"

    def _configuration(self) -> Iterator[str]:
        """Read pip's own files: https://pip.pypa.io/en/stable/topics/configuration/."""
        environment = self.effects.environment
        home = environment.get("HOME", "/")
        config = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
        named = [environment.get(name) for name in ("PIP_CONFIG_FILE", "PIP_CONSTRAINT")]
        usual = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf", f"{home}/.pip/pip.conf"]
        for path in [*usual, f"{config}/pip/pip.conf", *filter(None, named)]:
            text = read_if_there(self.app / path)
            if text is not None:
                yield without_credentials(text)

    def _files(self, question: Question, folder: Path) -> RequirementFiles:
        return RequirementFiles(
            folder=folder,
            app=self.app,
            requirements="".join(f"{text}\n" for text in question.requirements),
            constraints="".join(f"{text}\n" for text in question.constraints),
            options=question.options_text(self.app),
            direct=[self._direct(line, folder) for line in question.direct],
        )

    def _direct(self, line: Line, folder: Path) -> DirectRequirement:
        """Build a local folder from a copy: build backends write into what they build."""
        told = _EDITABLE.sub("", line.text).partition(" --")[0]
        if line.folder is not None:
            place = self.app / line.folder
            told = str(place)
            if place.is_dir():
                told = str(folder / f"source-{line.number}" / (place.name or "app"))
                ignored = shutil.ignore_patterns(*_NOT_SOURCE)
                shutil.copytree(place, told, symlinks=True, ignore=ignored)
                _add_build_system(Path(told))
            told += f" ; {line.marker}" if line.marker else ""
        return DirectRequirement(line=told, extras=line.extras, source=line.shown)


def _add_build_system(copy: Path) -> None:
    """Name the backend of a package with a setup.cfg alone: no tool builds it without."""
    if not any((copy / name).exists() for name in ("setup.py", "pyproject.toml")):
        write(copy / "pyproject.toml", _SETUPTOOLS)
