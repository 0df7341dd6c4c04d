"""Shapes of projects that uv locks, for the tests that compare what is installed of each.

`tests/unit/domain/locks/uv/` has a folder for each: the project, the uv.lock, and what
`uv export --no-hashes` writes of it for each choice of groups and extras. The addresses that
the real uv has written there are replaced by those of hosts that do not exist.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.markers import Marker

from slipway.domain.locks.brought import Choice, FromAddress, FromPath, Pin
from slipway.domain.locks.uv import read_uv_lock
from slipway.domain.locks.uv_packages import UvLock
from slipway.effects.files import AppFolder

SHAPES = Path(__file__).parent / "unit" / "domain" / "locks" / "uv"
_NONE, _DEFAULT = ((), ()), (None, ())
_GROUPS_AND_EXTRAS = tuple[tuple[str, ...] | None, tuple[str, ...]]
CHOICES: Mapping[str, tuple[_GROUPS_AND_EXTRAS, ...]] = {
    "plain": (_DEFAULT,),
    "groups": (_DEFAULT, _NONE, (("dev",), ()), (("jobs", "docs"), ())),
    "extras": (_DEFAULT, ((), ("one",)), ((), ("two",)), ((), ("all",))),
    "extras_of_packages": (_DEFAULT,),
    "forks_by_python": (_DEFAULT,),
    "forks_by_platform": (_DEFAULT,),
    "fewest_by_requires_python": (_DEFAULT,),
    "workspace": (_DEFAULT, (("web",), ())),
    "virtual_root": (_DEFAULT, (("web",), ())),
    "conflicting_extras": (_DEFAULT, ((), ("cpu",)), ((), ("gpu",))),
    "conflicting_groups": (_DEFAULT, (("low",), ()), (("high",), ())),
    "conflicting_versions": (_DEFAULT, ((), ("low",)), ((), ("high",))),
    "repositories": (_DEFAULT,),
    "addresses": (_DEFAULT,),
    "paths": (_DEFAULT,),
    "indexes": (_DEFAULT,),
    "overrides": (_DEFAULT,),
    "environments": (_DEFAULT,),
    "package": (_DEFAULT,),
    "dynamic_version": (_DEFAULT, ((), ("two",))),
    "cycles": (_DEFAULT,),
    "older_dev": (_DEFAULT, (("dev", "jobs"), ())),
    "local_index": (_DEFAULT,),
    "from_source": (_DEFAULT,),
}
"""Shape -> the groups and extras with which it is installed; None: uv's defaults."""
PYTHONS = ("3.10.13", "3.11.7", "3.12.1", "3.13.0", "3.14.2")
_PLATFORMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
)


def environments() -> Iterator[dict[str, str]]:
    """Yield the values of environment markers for usual Pythons on usual platforms."""
    for platform in _PLATFORMS:
        for python in PYTHONS:
            yield {
                **platform,
                "python_full_version": python,
                "python_version": python.rpartition(".")[0],
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
                "implementation_name": "cpython",
                "implementation_version": python,
                "platform_release": "",
                "platform_version": "",
            }


def read_shape(app: Path) -> UvLock:
    """Read the lock of an app, and the projects that it was made from."""
    folder, text = AppFolder(app), (app / "uv.lock").read_text("utf-8")
    return read_uv_lock(text, "uv.lock", folder.text, folder.entries)


ADDRESSES = {
    "@INDEX@": "https://index.invalid/simple/",
    "@FILES@": "https://files.invalid",
    "@CPU@": "https://cpu.invalid/simple/",
    "@GPU@": "https://gpu.invalid/simple/",
    "@GIT@": "https://git.invalid/repository",
}
"""What stands for the addresses in the stored files."""


def filled(text: str) -> str:
    """Fill in the addresses of a stored file."""
    for name, address in ADDRESSES.items():
        text = text.replace(name, address)
    return text


def stored(shape: str, folder: Path) -> Path:
    """Copy a shape with its lock and its exports."""
    app = folder / shape
    shutil.copytree(SHAPES / shape, app)
    for path in app.rglob("*.*"):
        if path.is_file():
            path.write_text(filled(path.read_text("utf-8")), "utf-8")
    return app


def uv_project(shape: str) -> Mapping[str, str]:
    """Return the texts of a shape, by their paths."""
    folder = SHAPES / shape
    paths = [folder / "uv.lock", *folder.rglob("pyproject.toml")]
    return {str(path.relative_to(folder)): filled(path.read_text("utf-8")) for path in paths}


def choice_of(groups: tuple[str, ...] | None, extras: tuple[str, ...]) -> Choice:
    return Choice(groups=groups, extras=extras)


def export_file(groups: tuple[str, ...] | None, extras: tuple[str, ...]) -> str:
    """Return the name of the file with uv's own export for a choice."""
    chosen = ("default" if groups is None else "none" if not groups else "-".join(groups),)
    return f"export-{'-'.join((*chosen, *extras))}.txt"


def exported(text: str, environment: Mapping[str, str]) -> list[str]:
    """Return the packages of an export whose markers apply, sorted."""
    found = []
    for line in text.splitlines():
        what, _, marker = line.partition(" ; ")
        if not marker or Marker(marker).evaluate(dict(environment)):
            path = what.removeprefix("-e ").removeprefix("file:")
            is_path = path.startswith(".")
            found.append(posixpath.normpath(path) if is_path else what)
    return sorted(found)


def as_exported(pins: tuple[Pin, ...]) -> list[str]:
    """Return pins in the form of `exported`."""
    return sorted(map(_as_exported, pins))


def _as_exported(pin: Pin) -> str:
    match pin.source:
        case FromPath(path=path):
            return path
        case FromAddress(address=address):
            return f"{pin.name} @ {address}"
    return f"{pin.name}=={pin.version}"
