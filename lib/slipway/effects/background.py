"""A second piece of work beside the one at hand, told as if it had come after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

from slipway.effects.cancellation import Outside, outside
from slipway.effects.console import Turn, waiting_for

Result = TypeVar("Result")


@dataclass(frozen=True)
class Beside(Generic[Result]):
    """Work in a thread of its own."""

    turn: Turn
    future: Future[Result]

    def result(self) -> Result:
        """Let it say what it has held back so far, and wait for it; raise what it raises."""
        self.turn.come()
        return self.future.result()


@contextmanager
def beside(work: Callable[[], Result]) -> Iterator[Beside[Result]]:
    """Do the work while the block runs.

    What it has started and nobody has waited for is ended with the block.
    """
    turn, started = Turn(), Outside()

    def run() -> Result:
        waiting_for.set(turn)
        outside.set(started)
        return work()

    with ThreadPoolExecutor(1) as thread:
        try:
            yield Beside(turn, thread.submit(copy_context().run, run))
        finally:
            started.call_off()
