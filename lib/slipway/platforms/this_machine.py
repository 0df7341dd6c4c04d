"""A build as it runs on this machine: its effects, and the programs it is made with."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from slipway.domain.layout import Layout
from slipway.domain.secrets import redact
from slipway.effects import Effects
from slipway.effects.cache import Cache
from slipway.effects.console import Console
from slipway.effects.processes import Processes
from slipway.effects.products import CachedProducts
from slipway.effects.trees import Trees
from slipway.platforms import slipway_itself
from slipway.steps.pipeline import Build, Built, Door
from slipway.toolchains.pip_tools import PipTools
from slipway.toolchains.toolbox import open_toolbox
from slipway.toolchains.wheel_builder import Backends


def effects_on_this_machine(
    variables: Mapping[str, str], cache: Path, console: Console
) -> Effects:
    """Give them for processes that see these variables, and a cache in a folder."""
    processes = Processes(
        now=time.monotonic, on_patience=console.info, clean=redact, on_end=console.detail
    )
    trees = Trees(processes, {"PATH": variables.get("PATH", os.defpath)})
    kept = Cache(
        root=cache,
        copy=trees.copy,
        link=trees.link,
        tell=console.info,
        detail=console.detail,
    )
    return Effects(
        console=console,
        processes=processes,
        cache=kept,
        products=CachedProducts(kept),
        environment=variables,
    )


def build_here(layout: Layout, effects: Effects, door: Door) -> Built:
    """Build an app with what lies in Slipway's own folder.

    Raises BuildStopped.
    """
    toolbox = open_toolbox(slipway_itself.VENDOR, effects.cache.folder)
    return Build(
        layout=layout,
        toolchain=PipTools(
            toolbox=toolbox,
            scripts=slipway_itself.INSIDE,
            cache=effects.cache.folder / "tool-cache",
            effects=effects,
        ),
        effects=effects,
        backends=Backends(
            script=slipway_itself.INSIDE / "build_wheel.py", tools=toolbox.everything
        ),
        collectstatic=slipway_itself.INSIDE / "collectstatic.py",
        door=door,
    ).run()
