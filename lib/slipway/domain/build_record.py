"""What a build leaves behind about itself: no time, no place, no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class BuildRecord:
    python: str
    """The version."""
    python_carried: bool
    toolchain: str
    packages: Mapping[str, str]
    """Distribution -> version, as installed."""
    shared_libraries: Sequence[str]
    """What the run image must have, as the compiled files name it."""
    processes: Mapping[str, str]
    processes_are_default: bool


FILE = "build.json"


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
