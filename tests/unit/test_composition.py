"""The composition root gives each part what it works with."""

from __future__ import annotations

import io
import time
from pathlib import Path

from conftest import ROOT
from slipway.composition import compose_effects
from slipway.domain.installation import Installation
from slipway.effects.console import Console


def test_large_entries_of_the_cache_are_put_out_by_two_processes(tmp_path: Path) -> None:
    console = Console(out=io.StringIO(), err=io.StringIO(), now=time.monotonic)
    effects = compose_effects({}, tmp_path, console, Installation(ROOT))
    assert effects.cache.processes is effects.processes
