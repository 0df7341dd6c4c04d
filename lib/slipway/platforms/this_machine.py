"""A build as it runs on this machine: its effects, and the programs it is made with."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from slipway.domain.layout import Layout
from slipway.domain.secrets import redact
from slipway.domain.settings import Settings
from slipway.effects import Effects
from slipway.effects.cache import DOWNLOADS, Cache
from slipway.effects.console import Console
from slipway.effects.processes import Processes
from slipway.effects.products import CachedProducts
from slipway.platforms import slipway_itself
from slipway.steps.pipeline import Build, Built, Door
from slipway.steps.pipeline.planned import Tools
from slipway.toolchains.chosen import ChosenToolchain
from slipway.toolchains.managed_pythons import ManagedPythons
from slipway.toolchains.pip_tools import PipTools
from slipway.toolchains.toolbox import Toolbox, open_toolbox
from slipway.toolchains.uv import Uv, has_unpacked
from slipway.toolchains.uv_program import UvProgram
from slipway.toolchains.wheel_builder import Backends


def effects_on_this_machine(
    variables: Mapping[str, str], cache: Path, console: Console
) -> Effects:
    """Give them for processes that see these variables, and a cache in a folder."""
    processes = Processes(
        now=time.monotonic, on_patience=console.info, clean=redact, on_end=console.detail
    )
    kept = Cache(root=cache, now=time.time, tell=console.info, detail=console.detail)
    return Effects(
        console=console,
        processes=processes,
        cache=kept,
        products=CachedProducts(kept, console.warning),
        new_salt=partial(secrets.token_hex, 16),
        environment=variables,
    )


def build_here(layout: Layout, effects: Effects, door: Door) -> Built:
    """Build an app with what lies in Slipway's own folder.

    Raises BuildStopped.
    """
    toolbox = open_toolbox(slipway_itself.VENDOR, effects.cache.folder)
    return Build(
        layout=layout,
        tools=partial(_tools, layout.app, effects, toolbox),
        effects=effects,
        collectstatic=slipway_itself.INSIDE / "collectstatic.py",
        door=door,
    ).run()


def _tools(app: Path, effects: Effects, toolbox: Toolbox, settings: Settings) -> Tools:
    """Give those that the app's settings ask for; nothing is started before its first use."""
    kept = effects.cache.folder / DOWNLOADS
    pip_tools = PipTools(
        toolbox=toolbox,
        scripts=slipway_itself.INSIDE,
        cache=kept / PipTools.name,
        effects=effects,
        app=app,
    )
    program = UvProgram(
        pins=slipway_itself.UV,
        pip=pip_tools.pip,
        is_offline=settings.offline,
        effects=effects,
        may_do_without=settings.toolchain == "auto",
    )
    uv = Uv(
        program=program,
        pip=pip_tools.pip,
        cache=kept / Uv.name,
        app=app,
        effects=effects,
        had_unpacked=has_unpacked(kept / Uv.name),
    )
    return Tools(
        toolchain=ChosenToolchain(
            wanted=settings.toolchain, uv=uv, pip_tools=pip_tools, effects=effects
        ),
        backends=Backends(
            script=slipway_itself.INSIDE / "build_wheel.py", tools=lambda: toolbox.for_backends
        ),
        pythons=ManagedPythons(uv=program, effects=effects, app=app),
    )
