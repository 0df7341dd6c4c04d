"""The toolchain that a build uses, chosen and loaded at its first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from slipway.effects.files import read
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    PackageNotFound,
    ResolveFailed,
    Unmet,
    VersionNotFound,
)
from slipway.errors.fetching import IndexRefused
from slipway.errors.toolchain import UvUnavailable, UvUnfit
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles, Toolchain

if TYPE_CHECKING:
    from slipway.domain.locks.written import IndexFile
    from slipway.toolchains.pip_tools.toolchain import PipTools
    from slipway.toolchains.uv.toolchain import Uv

_UNCLEAR = (PackageNotFound, VersionNotFound, IndexRefused, ResolveFailed, InstallFailed)
"""Errors of uv with unclear causes: the index may have refused access, or Slipway could not
interpret the output. pip reports the exact cause, and sometimes succeeds: it may also find
credentials in other places."""


@dataclass(frozen=True, kw_only=True)
class ChosenToolchain:
    """uv or pip-tools, as set; with `auto`, uv if it is available and supports all settings."""

    setting: str
    """`auto`, `uv` or `pip-tools`."""
    origin: str
    """Where the setting is set, as the subject of a sentence."""
    make_uv: Callable[[], Uv]
    """Called at most once; it loads modules that an unchanged build does not need."""
    make_pip_tools: Callable[[], PipTools]
    """Called at most once, like `make_uv`."""
    effects: Effects
    _used: list[str] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """The name of the toolchain that was used last; None if none was."""
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
        except (*_UNCLEAR, *Unmet) as error:
            if chosen is self._pip_tools or self._chooses_indexes:
                raise
            unclear = error
        folder = files.folder / "pip-tools"
        folder.mkdir()
        purpose = (
            "running pip-tools to find the cause"
            if self.setting == "uv"
            else "trying pip-tools"
        )
        self.effects.console.once(f"uv could not resolve the dependencies; {purpose}")
        locked = self._use(self._pip_tools).resolve(replace(files, folder=folder), interpreter)
        if self.setting == "uv":
            raise unclear
        return locked

    def find_files(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Mapping[str, Sequence[IndexFile]]:
        # If uv could not resolve the requirements, it does not find their files either.
        was_pip = self.name == self._pip_tools.name if self._used else False
        chosen = self._pip_tools if was_pip else self._choose(files.options, files.requirements)
        return chosen.find_files(files, interpreter)

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        self._choose().create(environment, interpreter)

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        text = read(lock_file)
        options = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("-"))
        chosen = self._choose(options, text)
        try:
            chosen.install(environment, lock_file, distributions)
            return
        except (*_UNCLEAR, HashMismatch) as error:
            # uv takes a version from the first index that has it, pip the file with the hash.
            is_clear = isinstance(error, HashMismatch) and "--extra-index-url" not in options
            if is_clear or chosen is self._pip_tools or self._chooses_indexes:
                raise
            unclear = error
        purpose = "running pip to find the cause" if self.setting == "uv" else "trying pip"
        self.effects.console.once(f"uv could not install all packages; {purpose}")
        self._use(self._pip_tools).install(environment, lock_file, distributions)
        if self.setting == "uv":
            raise unclear

    @property
    def _chooses_indexes(self) -> bool:
        """Whether the app has uv choose between indexes; pip always searches all of them."""
        return bool(self.effects.environment.get("UV_INDEX_STRATEGY"))

    def _choose(self, options: str = "", requirements: str = "") -> Toolchain:
        """Choose a toolchain for the app's settings and these lines of its requirements.

        Raises UvUnavailable, UvUnfit if the setting is `uv`.
        """
        if self.setting == "pip-tools":
            self.effects.console.once("Using pip-tools, as the setting `toolchain` requests")
            return self._use(self._pip_tools)
        program = self._uv.program
        try:
            unfit = self._why_uv_is_unfit(options, requirements)
            found = (
                None if unfit else program.locate(options, trusts_note=self.setting == "auto")
            )
        except UvUnavailable as error:
            if self.setting == "uv":
                error.origin = self.origin
                raise
            reason = f"uv {error.version} is not available: {error.reason}"
        else:
            if found:
                self.effects.console.once(f"Using uv {program.version} from {found.origin}")
                self.effects.report.note(uv_version=program.version)
                return self._use(self._uv)
            reason = unfit or ""
            if self.setting == "uv":
                raise UvUnfit(reason=reason, origin=self.origin)
        self.effects.console.once(f"Using pip-tools, because {reason}")
        return self._use(self._pip_tools)

    def _why_uv_is_unfit(self, options: str, requirements: str) -> str | None:
        try:
            unknown = unknown_to_uv(self._uv.index_config(options), requirements)
        except (UnreadableConfiguration, GetoptError, ValueError) as error:
            first_line = str(error).partition("\n")[0]
            return f"uv cannot read pip's settings: {redact(first_line)}"
        return f"uv does not support {unknown}" if unknown else None

    def _use(self, toolchain: Uv | PipTools) -> Uv | PipTools:
        self._used.append(toolchain.name)
        self.effects.report.note(toolchain=toolchain.name)
        downloads = self.effects.cache.tool_caches.place(toolchain.name)
        self.effects.cache.tool_folder(DOWNLOADS, downloads.name)
        return toolchain
