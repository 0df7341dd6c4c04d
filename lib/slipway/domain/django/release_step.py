"""What the release step of a Django app needs to know, for the file that it reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

FILE = "release.json"
COMMAND = "slipway-release"
"""The program that runs the release step."""


@dataclass(frozen=True, kw_only=True)
class ReleaseStep:
    """The decisions of a build; lib/runtime/slipway_release does the work."""

    manage: str
    """Relative to the app: `manage.py`, `backend/manage.py`."""
    settings: str
    """The settings module; empty if manage.py names it by itself."""
    migrate: str
    """`release`, `start` or `off`; empty for the default of the platform where it runs."""
    database_wait: int
    """Seconds."""
    initial_fixtures: tuple[str, ...]
    release_hook: bool


def render(step: ReleaseStep) -> str:
    """Write the file."""
    return json.dumps(asdict(step), indent=2) + "\n"
