"""The effects of a build, as they are on the machine that Slipway runs on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from slipway.domain.secrets import redact
from slipway.effects import Effects
from slipway.effects.cache import Cache
from slipway.effects.console import Console
from slipway.effects.processes import Processes
from slipway.effects.trees import Trees


def effects_on_this_machine(
    variables: Mapping[str, str], cache: Path, console: Console
) -> Effects:
    """Give them for processes that see these variables, and a cache in a folder."""
    processes = Processes(now=time.monotonic, on_patience=console.info, clean=redact)
    trees = Trees(processes, {"PATH": variables.get("PATH", os.defpath)})
    return Effects(
        console=console,
        processes=processes,
        cache=Cache(root=cache, copy=trees.copy, link=trees.link, tell=console.info),
        environment=variables,
    )
