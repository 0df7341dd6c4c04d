"""What a build leaves behind about itself: no time, no place, no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.vendoring.packages import InspectedPackage


@dataclass(frozen=True, kw_only=True)
class VendoredRecord:
    """What was vendored in the app, and what it became."""

    path: str
    files: str
    """The digest of what lay there: `sha256:...`."""
    url: str | None
    commit: str | None
    wheel: str | None
    """`name==version sha256:...`; None for what is imported from where it lies."""


@dataclass(frozen=True, kw_only=True)
class BuildRecord:
    python: str
    """The version."""
    python_bundled: bool
    toolchain: str
    packages: Mapping[str, str]
    """Distribution -> version, as installed."""
    vendored: Sequence[VendoredRecord]
    shared_libraries: Sequence[str]
    """What the run image must have, as the compiled files name it."""
    processes: Mapping[str, str]
    processes_are_default: bool


FILE = "build.json"


def vendored_records(
    packages: Iterable[InspectedPackage], lock: Lock
) -> tuple[VendoredRecord, ...]:
    """Say of each vendored package what it was, and which wheel of the lock it became."""
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


def _wheel(package: LockedPackage | None) -> str | None:
    return f"{package.requirement} {package.hashes[0]}" if package else None


def render(record: BuildRecord) -> str:
    """Write the record as JSON; the same build gives the same text."""
    return json.dumps(asdict(record), indent=2) + "\n"


def default_processes_in(text: str) -> Mapping[str, str] | None:
    """Give the processes that Slipway wrote; none where the app has its own Procfile.

    They come in the order they were written in, which JSON keeps. None if this is no record
    of a build: the file lies among the user's own.
    """
    try:
        record = json.loads(text)
    except ValueError:
        return None
    match record:
        case {"processes": dict(processes), "processes_are_default": bool(are_default)}:
            return processes if are_default else {}
        case _:
            return None
