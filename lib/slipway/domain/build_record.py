"""The record that a build writes about its result; it has no dates and no build folders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.domain.web.start_folder import start_in


@dataclass(frozen=True, kw_only=True)
class VendoredRecord:
    """A vendored package, and the wheel that was installed for it."""

    path: str
    files: str
    """The digest of its files: `sha256:...`."""
    url: str | None
    commit: str | None
    wheel: str | None
    """`name==version sha256:...`; None for a package that is imported from its own folder."""


@dataclass(frozen=True, kw_only=True)
class BuildRecord:
    python: str
    """The version."""
    python_bundled: bool
    packages: Mapping[str, str]
    """Distribution -> version, as installed."""
    added: Sequence[str]
    """`name==version` of what is installed in addition to the app's own lock; empty if the app
    has none."""
    vendored: Sequence[VendoredRecord]
    shared_libraries: Sequence[str]
    """Libraries that the image must have when the app runs, such as `libpq.so.5`."""
    processes: Mapping[str, str]
    processes_are_default: bool
    start_folder: str = ""
    """The folder of the repository in which the processes start; empty for its top."""


FILE = "build.json"


def vendored_records(
    packages: Iterable[InspectedPackage], lock: Lock
) -> tuple[VendoredRecord, ...]:
    """Describe each vendored package, and the wheel in the lock that comes from it."""
    wheels = {package.source: package for package in lock if package.source}
    return tuple(
        VendoredRecord(
            path=found.package.path,
            files=f"sha256:{found.digest}",
            url=found.url,
            commit=found.commit,
            wheel=_wheel(wheels.get(found.package.path)),
        )
        for found in packages
    )


def added_to_lock(dependencies: Dependencies, lock: Lock) -> tuple[str, ...]:
    """Return what `lock`, with everything that is installed, has in addition to the app's own.

    Vendored packages are not among it.
    """
    if not dependencies.is_lock:
        return ()
    own = dependencies.names | dependencies.pinned_names
    return tuple(
        package.requirement
        for package in lock
        if package.name not in own and package.source is None and "==" in package.requirement
    )


def _wheel(package: LockedPackage | None) -> str | None:
    return f"{package.requirement} {package.hashes[0]}" if package else None


def render(record: BuildRecord) -> str:
    """Render the record as JSON; equal records give equal text."""
    return json.dumps(asdict(record), indent=2) + "\n"


def packages_in(text: str) -> frozenset[str]:
    """Return the names of the installed packages; none if `text` is not a build record."""
    match _parsed(text):
        case {"packages": dict(packages)}:
            return frozenset(map(str, packages))
        case _:
            return frozenset()


def has_own_processes(text: str) -> bool:
    """Return whether the process types are those of a Procfile that somebody has written."""
    match _parsed(text):
        case {"processes_are_default": bool(are_default)}:
            return not are_default
        case _:
            return False


def default_processes(record: BuildRecord) -> Mapping[str, str]:
    """Return the process types that a platform learns only from Slipway, started at the top.

    They are Slipway's own, or those of an app in a folder of its repository; an empty mapping
    if the platform reads the app's Procfile. They are in the order of the record.
    """
    is_needed = record.processes_are_default or record.start_folder
    return start_in(record.start_folder, record.processes) if is_needed else {}


def default_processes_in(text: str) -> Mapping[str, str] | None:
    """Read the same from a rendered record; None if `text` is not one."""
    match _parsed(text):
        case {
            "processes": dict(processes),
            "processes_are_default": bool(are_default),
            "start_folder": str(folder),
        }:
            lines = {name: str(line) for name, line in processes.items()}
            return start_in(folder, lines) if are_default or folder else {}
        case _:
            return None


def _parsed(text: str) -> object:
    """Parse a record; None for another text, because anybody can change a file of the app."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
