"""The environments that a pdm.lock was made for.

https://pdm-project.org/latest/usage/lock-targets/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from slipway.domain.locks.lock_file import LockFile, shown
from slipway.domain.packaging_text import parse_specifiers
from slipway.domain.toml_text import Document

_PLATFORM = re.compile(r"(?P<os>manylinux|musllinux|macos)_\d+_\d+_(?P<machine>\w+)")
_SYSTEMS = {"windows": "win32", "macos": "darwin", "manylinux": "linux"}
_PLATFORM_ALIASES = {
    "linux": "manylinux_2_40_x86_64",
    "windows": "windows_amd64",
    "macos": "macos_14_0_arm64",
    "macos_arm64": "macos_14_0_arm64",
    "macos_x86_64": "macos_14_0_x86_64",
}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, kw_only=True)
class LockTarget:
    """An environment that the lock was made for."""

    requires_python: tuple[SpecifierSet, ...]
    """Any of these."""
    platform: str
    implementation: str

    def __str__(self) -> str:
        python = f"Python {' or '.join(map(str, self.requires_python))}".strip()
        parts = (self.implementation, self.platform)
        return " on ".join((python, *(part for part in parts if part)))

    def has_python(self, version: str) -> bool:
        return any(one.contains(version, prereleases=True) for one in self.requires_python)

    def is_on(self, markers: Mapping[str, str]) -> bool:
        """Return whether a Python is on its platform, of whatever version that is."""
        if self.implementation and self.implementation != markers["implementation_name"]:
            return False
        written = _PLATFORM_ALIASES.get(self.platform, self.platform)
        if not written:
            return True
        found = _PLATFORM.fullmatch(written)
        system, machine = (
            (found["os"], found["machine"]) if found else written.partition("_")[::2]
        )
        own = markers["platform_machine"].lower()
        return _SYSTEMS.get(system, system) == markers["sys_platform"] and _MACHINES.get(
            machine, machine
        ) == _MACHINES.get(own, own)


def read_targets(lock_file: LockFile, metadata: Document) -> Iterator[LockTarget]:
    """Yield the targets in the metadata of a lock; none if they are not recorded.

    Raises LockBroken.
    """
    for entry in lock_file.tables(metadata.get("targets"), "`targets`"):
        written = lock_file.text(entry.get("requires_python"), "`requires_python` of a target")
        try:
            specifiers = [
                parse_specifiers("" if one.strip() == "*" else one)
                for one in written.split("||")
            ]
        except InvalidSpecifier:
            reason = f"A target is for Python {shown(written)}, which is not a specifier."
            raise lock_file.broken(reason) from None
        yield LockTarget(
            requires_python=tuple(specifiers),
            platform=lock_file.text(entry.get("platform"), "`platform` of a target"),
            implementation=lock_file.text(
                entry.get("implementation"), "`implementation` of a target"
            ),
        )
