"""The toolchain of a build that may need none: its modules are loaded at its first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from slipway.domain.python_version import Interpreter
from slipway.effects.environments import Environment
from slipway.toolchains import LocalDistribution, Locked, RequirementFiles, Toolchain


@dataclass(frozen=True, kw_only=True)
class LateToolchain:
    make: Callable[[], Toolchain]
    _made: list[Toolchain] = field(default_factory=list)
    _one_at_a_time: Lock = field(default_factory=Lock)
    """What is done beside each other in a build asks for it at once."""

    @property
    def name(self) -> str | None:
        return self._made[0].name if self._made else None

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        return self._toolchain().resolve(files, interpreter)

    def create(self, environment: Environment, interpreter: Interpreter) -> None:
        self._toolchain().create(environment, interpreter)

    def install(
        self, environment: Environment, lock_file: Path, here: Sequence[LocalDistribution]
    ) -> None:
        self._toolchain().install(environment, lock_file, here)

    def _toolchain(self) -> Toolchain:
        with self._one_at_a_time:
            if not self._made:
                self._made.append(self.make())
        return self._made[0]
