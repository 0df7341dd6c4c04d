"""A toolchain is made at its first use, once, whoever asks at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from slipway.domain.python_version import Interpreter
from slipway.effects.environments import Environment
from slipway.toolchains import Toolchain
from slipway.toolchains.late import LateToolchain
from unit.fakes import FakeToolchain


def test_nothing_is_made_before_it_is_used() -> None:
    made: list[Toolchain] = []

    def make() -> Toolchain:
        made.append(FakeToolchain())
        return made[-1]

    late = LateToolchain(make=make)
    assert late.name is None
    assert made == []


def test_it_is_made_once_for_all_that_ask(tmp_path: Path, python: Interpreter) -> None:
    made: list[FakeToolchain] = []

    def make() -> Toolchain:
        made.append(FakeToolchain())
        return made[-1]

    late = LateToolchain(make=make)
    together = Barrier(2)

    def create(number: int) -> None:
        together.wait()
        late.create(Environment(tmp_path / str(number), python.version), python)

    with ThreadPoolExecutor(2) as threads:
        [*threads.map(create, range(2))]
    [toolchain] = made
    assert late.name == toolchain.name
