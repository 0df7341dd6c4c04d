"""A lock of another tool, without a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import Choice, FromPath, Index, Pin
from slipway.domain.locks.fit import fit_to_python, path_lines
from slipway.domain.requirements.dependencies import Dependencies
from unit.samples import PLAN


@dataclass(frozen=True, kw_only=True)
class FakeLock:
    """Has the same pins for each Python."""

    pins: tuple[Pin, ...] = ()
    of_groups: Mapping[str, tuple[Pin, ...]] = field(default_factory=dict)
    """What is installed if one group is chosen; else `pins`."""
    file: str = "uv.lock"
    tool: str = "uv"
    requires_python: str = ""
    default_index: Index | None = None
    other_indexes: tuple[Index, ...] = ()
    extras: tuple[str, ...] = ()
    is_consistent: bool = True

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(self.of_groups)

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        del choice
        return tuple(pin for pin in self.pins if isinstance(pin.source, FromPath))

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        del markers
        group = choice.groups[0] if choice.groups else ""
        return self.of_groups.get(group, self.pins)


def locked_plan(lock: FakeLock, plan: BuildPlan = PLAN) -> BuildPlan:
    """Plan an app that brings a lock, once its Python is selected."""
    dependencies = Dependencies(
        origin=lock.file,
        files=(lock.file,),
        requirements=tuple(path_lines(lock.local_pins(Choice()), lock.file)),
        options=plan.dependencies.options,
        lock=lock,
    )
    return fit_to_python(replace(plan, dependencies=dependencies), {})


def markers(python: str = "3.12.1", **values: str) -> dict[str, str]:
    """Give the environment markers of CPython on Linux, apart from some values."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "1",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
        **values,
    }
