"""The folder of a round, the programs that it runs with, and its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from measured import Argv, Command, Measured


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folder for the lanes of one round, and the programs that they run with."""

    folder: Path
    slipway: Path
    """A copy of Slipway, as a platform downloads it."""
    python: str
    uv: Path
    env: Mapping[str, str]
    measure: Callable[[Command], Measured]

    @property
    def pip_environment(self) -> Path:
        return self.folder / "pip" / "venv"

    def run(self, argv: Argv, cwd: Path, **more: str) -> Measured:
        return self.measure(Command(argv=argv, cwd=cwd, env={**self.env, **more}))


@dataclass(frozen=True, kw_only=True)
class Step:
    tool: str
    row: str
    work: Callable[[], Measured]

    @property
    def title(self) -> str:
        return f"{self.tool}: {self.row}"
