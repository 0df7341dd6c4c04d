"""Hostile credentials cause no traceback, show no secret, and give values that can be set."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from unit.fuzz.hostile_services import fault_in, make_input

SECONDS = 2.0
INPUTS, PARTS = 200_000, 4
OF_FOLDERS = 20
"""One in so many inputs is read from files, because these take longer."""
TOO_LONG = 2.0
"""Seconds that an input may take."""


def faults(seeds: Iterator[int], folder: Path) -> Iterator[str]:
    """Yield what is wrong with the inputs of these seeds."""
    for seed in seeds:
        random = Random(f"services {seed}")
        given = make_input(random)
        root = folder / f"{seed}" if seed % OF_FOLDERS == 0 else None
        started = time.process_time()
        fault = fault_in(given, random, root)
        taken = time.process_time() - started
        if fault or taken > TOO_LONG:
            yield f"seed {seed}: {fault or f'it takes {taken:.1f} s'}"
        if root and root.exists():
            shutil.rmtree(root)


def _until(end: float) -> Iterator[int]:
    for seed in count():
        if time.process_time() > end:
            return
        yield seed


def test_hostile_services_are_survived(tmp_path: Path) -> None:
    assert not [*faults(_until(time.process_time() + SECONDS), tmp_path)]


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_many_hostile_services_are_survived(part: int, tmp_path: Path) -> None:
    assert not [*faults(iter(range(part, INPUTS, PARTS)), tmp_path)]
