"""The composition root: makes the effects and the tools of a build."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.installation import Installation
from slipway.domain.settings import Settings
from slipway.effects import Effects
from slipway.effects.cache.outputs import CachedOutputs, Outputs
from slipway.effects.cache.store import Cache
from slipway.effects.console import Console
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.processes import Processes
from slipway.steps.context import Tools
from slipway.toolchains.auto import ChosenToolchain

if TYPE_CHECKING:
    from slipway.toolchains.pip_tools.pip import Pip
    from slipway.toolchains.pip_tools.toolchain import PipTools
    from slipway.toolchains.protocol import LocalDistribution
    from slipway.toolchains.pythons.managed import ManagedPythons
    from slipway.toolchains.uv.program import UvProgram
    from slipway.toolchains.uv.toolchain import Uv


def compose_processes(console: Console) -> Processes:
    """Make the process runner, which logs slow processes and strikes secrets from output."""
    return Processes(
        now=time.monotonic,
        on_progress=console.info,
        clean=console.secrets.strike,
        on_end=console.detail,
        on_left=console.info,
    )


def compose_effects(
    variables: Mapping[str, str],
    folder: Path,
    console: Console,
    installation: Installation,
    layers: Outputs | None = None,
) -> Effects:
    """Make the effects of a build: processes get `variables`, the cache is in `folder`.

    With `layers`, outputs are stored in them, and `folder` is a layer as well: the Cloud Native
    lifecycle sets the same date on all files of a layer.
    """
    build_cache = Cache(
        root=folder,
        now=time.time,
        info=console.info,
        detail=console.detail,
        note_entry=console.report.note_entry,
        keeps_dates=layers is None,
    )
    return Effects(
        console=console,
        processes=compose_processes(console),
        cache=build_cache,
        outputs=layers or CachedOutputs(build_cache, console.warning),
        environment=variables,
        build_scripts=installation.build_scripts,
        runtime=installation.runtime,
    )


def compose_tools(
    app: Path, effects: Effects, settings: Settings, installation: Installation
) -> Tools:
    """Make the tools that an app's settings select.

    Each tool is made, and its module imported, at its first use: otherwise an unchanged build
    would spend a tenth of its time on tools that it does not use.
    """
    build_cache = effects.cache
    bundled_tools = BundledTools(
        installation.vendor,
        build_cache.folder,
        locks=build_cache.locks,
        spare=lambda: build_cache.spare,
    )
    downloads = build_cache.tool_caches

    @cache
    def pip() -> Pip:
        from slipway.toolchains.pip_tools.pip import Pip

        return Pip(
            bundled_tools=bundled_tools,
            cache=downloads.place("pip-tools"),
            effects=effects,
            app=app,
        )

    def pip_tools() -> PipTools:
        from slipway.toolchains.pip_tools.toolchain import PipTools

        return PipTools(pip=pip())

    @cache
    def uv_program() -> UvProgram:
        from slipway.toolchains.uv.program import UvProgram

        return UvProgram(
            pins=installation.uv_pins,
            pip=pip(),
            is_offline=settings.offline,
            included=installation.offline / "uv",
        )

    def uv() -> Uv:
        from slipway.toolchains.uv.toolchain import Uv, has_unpacked

        return Uv(
            program=uv_program(),
            pip=pip(),
            cache=downloads.place(Uv.name),
            had_unpacked=has_unpacked(downloads.place(Uv.name)),
        )

    def managed_pythons() -> ManagedPythons:
        from slipway.toolchains.pythons.archives import PythonArchives
        from slipway.toolchains.pythons.managed import ManagedPythons

        return ManagedPythons(
            uv=uv_program(),
            effects=effects,
            app=app,
            archives=PythonArchives(installation.offline),
            is_offline=settings.offline,
        )

    def own_distributions() -> Sequence[LocalDistribution]:
        from slipway.toolchains.wheel_building.own_distributions import read_own_distributions

        return read_own_distributions(installation.vendor)

    toolchain = ChosenToolchain(
        setting=settings.toolchain,
        origin=settings.toolchain_origin,
        make_uv=uv,
        make_pip_tools=pip_tools,
        effects=effects,
    )
    return Tools(
        toolchain=toolchain,
        build_frontend=lambda: bundled_tools.for_backends,
        own_distributions=own_distributions if installation.offline.is_dir() else tuple,
        pip=pip,
        managed_pythons=managed_pythons,
    )
