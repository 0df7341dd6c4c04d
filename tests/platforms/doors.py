"""The table of what each door has made of each fixture, which pytest prints at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

DOORS = ("classic", "Cloud Foundry", "Cloud Native")
_HEAD = ["fixture", "toolchain", "Python", "packages", "processes", *DOORS]
ROW = "row of the doors"
"""The name of the property with which the report of a test passes its row on."""


class DoorsRow:
    """The row of one test: an app, and a verdict for each door."""

    def __init__(self, fixture: str, toolchain: str) -> None:
        self.app = [fixture, toolchain, "-", "-", "-"]
        self.verdicts = dict.fromkeys(DOORS, "not tried")

    @property
    def cells(self) -> list[str]:
        return [*self.app, *self.verdicts.values()]

    def describe(self, record: Mapping[str, Any]) -> None:
        """Add what the build record of the first door says."""
        packages, processes = str(len(record["packages"])), ", ".join(record["processes"])
        self.app[2:] = [record["python"], packages, processes]

    @contextmanager
    def verdict(self, door: str, passed: str) -> Iterator[None]:
        """Try a door: if the block raises, it has failed, and `passed` is the verdict else."""
        self.verdicts[door] = "FAILED"
        yield
        self.verdicts[door] = passed


def table(rows: Iterable[list[str]]) -> str:
    """Lay out rows, sorted by fixture, in columns below a head."""
    lines = [_HEAD, *sorted(rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
