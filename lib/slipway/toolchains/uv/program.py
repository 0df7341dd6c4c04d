"""The program uv, of exactly the version that vendor/uv.txt pins."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from slipway.effects import Effects
from slipway.effects.cache.kinds import UV
from slipway.effects.processes import Command
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pip_tools.pip import Pip

__all__ = ["UvProgram", "UvUnavailable"]

_PINNED = re.compile(r"^uv==(?P<version>\S+)", re.MULTILINE)


@dataclass(frozen=True)
class _Found:
    path: Path
    place: str


@dataclass(frozen=True, kw_only=True)
class UvProgram:
    """Found when it is first asked for, and once."""

    pins: Path
    """vendor/uv.txt, as pip reads it."""
    pip: Pip
    is_offline: bool
    """Whether no index may be asked."""
    effects: Effects
    may_do_without: bool = False
    """Whether `describe` may believe an earlier build that found that an index has none."""

    _answers: list[_Found | UvUnavailable] = field(default_factory=list)
    _looking: Lock = field(default_factory=Lock)

    def path(self, options: str = "") -> Path:
        """Give its absolute path: from the cache, the PATH, or the package index.

        `options` are lines of the app's requirements that say which index.

        Raises UvUnavailable.
        """
        return self._found(options).path

    def describe(self, options: str = "") -> str:
        """Say which it is and where it was: `uv 0.13.9 from the cache`.

        Raises UvUnavailable.
        """
        found = self._found(options, is_believing=self.may_do_without)
        return f"uv {self.version} from {found.place}"

    @cached_property
    def version(self) -> str:
        found = _PINNED.search(self.pins.read_text(encoding="utf-8"))
        assert found, f"{self.pins} pins no uv"
        return found["version"]

    def _found(self, options: str, *, is_believing: bool = False) -> _Found:
        """Look once: an index that has no uv is not asked again in the same build."""
        with self._looking:
            if not self._answers:
                distributions = self._look_here()
                self._answers.append(
                    distributions or self._ask_index(options, is_believing=is_believing)
                )
        [answer] = self._answers
        if isinstance(answer, UvUnavailable):
            raise answer
        return answer

    def _look_here(self) -> _Found | None:
        if self._kept.is_file() and self._is_pinned(self._kept):
            return _Found(self._kept, "the cache")
        on_path = shutil.which("uv", path=self.effects.environment.get("PATH", os.defpath))
        if on_path and self._is_pinned(Path(on_path)):
            return _Found(Path(on_path).absolute(), "PATH")
        return None

    def _ask_index(self, options: str, *, is_believing: bool) -> _Found | UvUnavailable:
        """Fetch it; raise UvUnavailable for what an earlier build says of the index."""
        # Loaded where uv is not at hand.
        from slipway.toolchains.uv.absence import UvAbsence
        from slipway.toolchains.uv.download import NOT_THERE, UvDownload

        app = self.pip.app or Path("/")
        absence = UvAbsence(
            version=self.version, options=options, app=app, effects=self.effects
        )
        if is_believing and not self.is_offline and absence.is_noted:
            raise self._unavailable(f"{NOT_THERE}, as an earlier build found")
        download = UvDownload(
            pins=self.pins, pip=self.pip, version=self.version, options=options
        )
        try:
            if self.is_offline:
                raise self._unavailable("the app is built offline, and no uv is here")
            download.fetch(self._kept)
            if not self._is_pinned(self._kept):
                raise self._unavailable("it does not run on this image")
        except UvUnavailable as error:
            if error.reason == NOT_THERE:
                absence.note()
            return error
        return _Found(self._kept, "the package index")

    @property
    def _kept(self) -> Path:
        return self.effects.cache.folder / UV.name / self.version / "uv"

    def _is_pinned(self, program: Path) -> bool:
        """Let it say its version: a damaged one, or another machine's, cannot."""
        command = Command(
            argv=[str(program), "--version"],
            cwd=Path("/"),
            env={"PATH": self.effects.environment.get("PATH", os.defpath)},
        )
        try:
            said = self.effects.processes.query(command)
        except (CommandFailed, OSError):
            return False
        return said.split()[:2] == ["uv", self.version]

    def _unavailable(self, reason: str) -> UvUnavailable:
        return UvUnavailable(version=self.version, reason=reason)
