"""Which Pythons and platforms the tags in the names of wheels stand for.

https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from packaging import tags
from packaging.utils import InvalidWheelFilename

from slipway.domain.packaging_text import parse_wheel_name

_ANYWHERE = "anywhere"
"""Stands for the platforms, if only Pythons are compared."""
_LONGEST_NAME = 255
"""Of a file on Linux. Tags are multiplied, so longer ones could take all memory."""
_LINUX = re.compile(
    r"(?P<kind>manylinux|musllinux)(?:_(?P<major>\d+)_(?P<minor>\d+)|(?P<year>\d+))_(?P<machine>\w+)"
)
_OLD_MANYLINUX = {"1": "2.5", "2010": "2.12", "2014": "2.17"}
"""https://peps.python.org/pep-0600/#legacy-manylinux-tags"""
_SYSTEMS = {
    "win": ("Windows", 'sys_platform == "win32"'),
    "macosx": ("macOS", 'sys_platform == "darwin"'),
    "ios": ("iOS", 'sys_platform == "ios"'),
    "android": ("Android", 'sys_platform == "android"'),
    "pyodide": ("WebAssembly", 'sys_platform == "emscripten"'),
    "emscripten": ("WebAssembly", 'sys_platform == "emscripten"'),
}
"""How platform tags begin -> the system, and the marker that is true there."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The Python and the platform that packages are installed for."""

    python: str
    """Its version, such as `3.13.1`."""
    platforms: tuple[str, ...]
    """Platform tags that this image supports, the best first."""
    supported: tuple[str, ...] = ()
    """The minor versions that an app can request, the newest first."""

    @property
    def description(self) -> str:
        """Such as `Linux on x86_64 (glibc 2.36)`."""
        best = next((tag for tag in self.platforms if _LINUX.fullmatch(tag)), None)
        return _linux(best, "") if best else next(iter(self.platforms), "this platform")


def wheel_fits(file: str, python: str, platforms: Collection[str] | None) -> bool:
    """Return whether a wheel is for a Python, such as `3.12`; if given, on these platforms."""
    try:
        *_, wheel_tags = parse_wheel_name(file)
    except InvalidWheelFilename:
        return False
    major, minor, *_ = python.split(".")
    known = cpythons(f"{major}.{minor}")
    return any(
        (tag.interpreter, tag.abi) in known
        and (platforms is None or tag.platform == "any" or tag.platform in platforms)
        for tag in wheel_tags
    )


def tags_in(text: str) -> frozenset[tags.Tag]:
    """Return the tags in the last three parts of a wheel's name; none if they are not valid.

    This is much faster than to parse all of the name.
    """
    try:
        return tags.parse_tag(text) if len(text) <= _LONGEST_NAME else frozenset()
    except ValueError:
        return frozenset()


@lru_cache
def cpythons(minor: str) -> frozenset[tuple[str, str]]:
    """Return the interpreter and ABI tags that a CPython supports, such as `3.12`."""
    version = tuple(map(int, minor.split(".")))
    name = f"cp{minor.replace('.', '')}"
    own = tags.cpython_tags(version, abis=[name], platforms=[_ANYWHERE])
    others = tags.compatible_tags(version, name, [_ANYWHERE])
    return frozenset((tag.interpreter, tag.abi) for tag in (*own, *others))


def platforms_of(files: Iterable[str]) -> frozenset[str]:
    """Return the platform tags of wheels."""
    names = (file.removesuffix(".whl").rpartition("-")[2] for file in files)
    return frozenset(tag for name in names for tag in name.split("."))


def describe_platforms(platforms: Iterable[str]) -> tuple[str, ...]:
    """Describe platform tags, sorted, and each description once."""
    return tuple(sorted({_described(tag) for tag in platforms}))


def marker_for(platforms: Iterable[str]) -> str:
    """Return a marker that is true only on these platforms; empty if there is none."""
    markers = {
        next((marker for start, (_, marker) in _SYSTEMS.items() if tag.startswith(start)), "")
        for tag in platforms
    }
    return markers.pop() if len(markers) == 1 else ""


def _described(tag: str) -> str:
    for start, (system, _) in _SYSTEMS.items():
        if tag.startswith(start):
            return system
    return _linux(tag, " or newer") or tag


def _linux(tag: str, newer: str) -> str:
    found = _LINUX.fullmatch(tag)
    if not found:
        return f"Linux on {tag.removeprefix('linux_')}" if tag.startswith("linux_") else ""
    if found["kind"] == "musllinux":
        return f"Linux on {found['machine']} with musl, such as Alpine"
    year = found["year"]
    glibc = _OLD_MANYLINUX.get(year, year) if year else f"{found['major']}.{found['minor']}"
    return f"Linux on {found['machine']} (glibc {glibc}{newer})"
