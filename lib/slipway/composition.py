"""A build as it runs on this machine: its effects, and the programs it is made with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.installation import Installation
from slipway.domain.redaction import redact
from slipway.domain.settings import Settings
from slipway.effects import Effects
from slipway.effects.cache.kinds import DOWNLOADS
from slipway.effects.cache.outputs import CachedOutputs
from slipway.effects.cache.store import Cache
from slipway.effects.console import Console
from slipway.effects.processes import Processes
from slipway.steps.context import Tools
from slipway.toolchains.auto import ChosenToolchain
from slipway.toolchains.pip_tools.bundled_tools import BundledTools, open_bundled_tools

if TYPE_CHECKING:
    from slipway.toolchains.pip_tools.toolchain import PipTools
    from slipway.toolchains.pythons.managed import ManagedPythons
    from slipway.toolchains.uv.program import UvProgram
    from slipway.toolchains.uv.toolchain import Uv


def compose_effects(
    variables: Mapping[str, str], cache: Path, console: Console, installation: Installation
) -> Effects:
    """Give them for processes that see these variables, and a cache in a folder."""
    processes = Processes(
        now=time.monotonic, on_progress=console.info, clean=redact, on_end=console.detail
    )
    kept = Cache(root=cache, now=time.time, info=console.info, detail=console.detail)
    return Effects(
        console=console,
        processes=processes,
        cache=kept,
        outputs=CachedOutputs(kept, console.warning),
        environment=variables,
        build_scripts=installation.build_scripts,
    )


def compose_tools(
    app: Path, effects: Effects, settings: Settings, installation: Installation
) -> Tools:
    """Make the tools that an app's settings ask for."""
    bundled_tools = open_bundled_tools(installation.vendor, effects.cache.folder)
    return _Programs(app, effects, bundled_tools, settings, installation).tools


@dataclass(frozen=True)
class _Programs:
    """Those that the app's settings ask for.

    Nothing is started before its first use, and no module of theirs loaded: a build without
    changes would spend a tenth of its time on what it does not use.
    """

    app: Path
    effects: Effects
    bundled_tools: BundledTools
    settings: Settings
    installation: Installation

    @property
    def tools(self) -> Tools:
        return Tools(
            toolchain=ChosenToolchain(
                wanted=self.settings.toolchain,
                make_uv=self._uv,
                make_pip_tools=lambda: self._pip_tools,
                effects=self.effects,
            ),
            build_frontend=lambda: self.bundled_tools.for_backends,
            managed_pythons=self._pythons,
        )

    @cached_property
    def _downloads(self) -> Path:
        return self.effects.cache.folder / DOWNLOADS.name

    def _uv(self) -> Uv:
        from slipway.toolchains.uv.toolchain import Uv, has_unpacked

        return Uv(
            program=self._uv_program,
            pip=self._pip_tools.pip,
            cache=self._downloads / Uv.name,
            app=self.app,
            effects=self.effects,
            had_unpacked=has_unpacked(self._downloads / Uv.name),
        )

    def _pythons(self) -> ManagedPythons:
        from slipway.toolchains.pythons.managed import ManagedPythons

        return ManagedPythons(uv=self._uv_program, effects=self.effects, app=self.app)

    @cached_property
    def _pip_tools(self) -> PipTools:
        from slipway.toolchains.pip_tools.toolchain import PipTools

        return PipTools(
            bundled_tools=self.bundled_tools,
            scripts=self.installation.build_scripts,
            cache=self._downloads / PipTools.name,
            effects=self.effects,
            app=self.app,
        )

    @cached_property
    def _uv_program(self) -> UvProgram:
        from slipway.toolchains.uv.program import UvProgram

        return UvProgram(
            pins=self.installation.uv_pins,
            pip=self._pip_tools.pip,
            is_offline=self.settings.offline,
            effects=self.effects,
            may_do_without=self.settings.toolchain == "auto",
        )
