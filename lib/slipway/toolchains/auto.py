"""The toolchain that a build uses: chosen and loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass, field, replace
from functools import cached_property
from getopt import GetoptError
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.index_config.uv_settings import unknown_to_uv
from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import redact
from slipway.effects import Effects
from slipway.effects.cache.kinds import DOWNLOADS
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import (
    InstallFailed,
    NoWheelForPython,
    PackageNotFound,
    ResolveFailed,
    VersionNotFound,
)
from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles, Toolchain

if TYPE_CHECKING:
    from slipway.toolchains.pip_tools.toolchain import PipTools
    from slipway.toolchains.uv.toolchain import Uv

_SAYS_TOO_LITTLE = (PackageNotFound, VersionNotFound, ResolveFailed, InstallFailed)
"""What uv says of an index that refuses as well, of one that it does not get on with, and of
what it does not understand. pip says which it is, and now and then finds what uv did not."""


@dataclass(frozen=True, kw_only=True)
class ChosenToolchain:
    wanted: str
    """The setting: `auto`, `uv` or `pip-tools`."""
    make_uv: Callable[[], Uv]
    """Each is called once at most, and loads its module: an unchanged build needs neither."""
    make_pip_tools: Callable[[], PipTools]
    effects: Effects
    _used: list[str] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """Say what was used last; None while nothing was."""
        return self._used[-1] if self._used else None

    @cached_property
    def _uv(self) -> Uv:
        return self.make_uv()

    @cached_property
    def _pip_tools(self) -> PipTools:
        return self.make_pip_tools()

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        chosen = self._choose(files.options, files.requirements)
        try:
            return chosen.resolve(files, interpreter)
        except (*_SAYS_TOO_LITTLE, NoWheelForPython):
            if chosen is self._pip_tools:
                raise
        again = files.folder / "again"
        again.mkdir()
        self.effects.console.once("uv finds no answer; pip-tools is asked as well")
        return self._use(self._pip_tools).resolve(replace(files, folder=again), interpreter)

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        self._choose().create(environment, interpreter)

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        """Install with the tool that is chosen; where uv says too little, with pip."""
        text = lock_file.read_text(encoding="utf-8")
        options = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("-"))
        chosen = self._choose(options, text)
        try:
            chosen.install(environment, lock_file, distributions)
            return
        except _SAYS_TOO_LITTLE:
            if chosen is self._pip_tools:
                raise
        self.effects.console.once("uv cannot install it all; pip is asked as well")
        self._use(self._pip_tools).install(environment, lock_file, distributions)

    def _choose(self, options: str = "", requirements: str = "") -> Toolchain:
        """Take uv where it can be had and knows all that is said; raise what keeps it away.

        Raises UvUnavailable, UvUnfit.
        """
        if self.wanted == "pip-tools":
            return self._use(self._pip_tools)
        try:
            self._hold_to(options, requirements)
            self.effects.console.once(self._uv.program.describe(options))
        except (UvUnavailable, UvUnfit) as error:
            if self.wanted == "uv":
                raise
            self.effects.console.once(_why_not(error))
            return self._use(self._pip_tools)
        return self._use(self._uv)

    def _hold_to(self, options: str, requirements: str) -> None:
        """Raise UvUnfit for what is said and uv does not know."""
        try:
            unknown = unknown_to_uv(self._uv.index_config(options), requirements)
        except (UnreadableConfiguration, GetoptError, ValueError) as error:
            unknown = redact(str(error).partition("\n")[0])
        if unknown:
            raise UvUnfit(setting=unknown)

    def _use(self, toolchain: Uv | PipTools) -> Uv | PipTools:
        self._used.append(toolchain.name)
        self.effects.cache.tool_folder(DOWNLOADS, toolchain.name)
        return toolchain


def _why_not(error: UvUnavailable | UvUnfit) -> str:
    if isinstance(error, UvUnavailable):
        return f"pip-tools, because uv {error.version} could not be had: {error.reason}"
    return f"pip-tools, because uv does not know {error.setting}"
