"""What the build decided about the release step, which the build writes as `release.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """The fields of lib/slipway/domain/django/release_step.py."""

    manage: str
    """Relative to the app's folder."""
    settings: str
    """The settings module; empty if manage.py names it by itself."""
    migrate: str
    """`release`, `start` or `off`; empty for the default of the platform."""
    database_wait: int
    """Seconds."""
    initial_fixtures: tuple[str, ...]
    release_hook: bool


def read(file: Path) -> Options:
    fields = json.loads(file.read_text("utf-8"))
    fields["initial_fixtures"] = tuple(fields["initial_fixtures"])
    return Options(**fields)
