"""What the release step of a Django app needs to know, for the file that it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from slipway.domain.settings import Settings

if TYPE_CHECKING:
    from slipway.domain.django.project import DjangoProject

FILE = "release.json"
PACKAGE = "slipway_release"
"""The package of lib/runtime that does the work."""
COMMAND = "slipway-release"
"""The program that runs the release step."""
_MIGRATION = re.compile(rf"\bmigrate|\bsyncdb\b|\b{COMMAND}\b")


@dataclass(frozen=True, kw_only=True)
class ReleaseStep:
    """The decisions of a build; lib/runtime/slipway_release does the work."""

    root: str
    """The path of the app in its repository; empty if they are the same."""
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


def release_step(project: DjangoProject, settings: Settings, root: str) -> ReleaseStep:
    """Decide the release step of a Django project; `root` is as in ReleaseStep."""
    return ReleaseStep(
        root=root,
        manage=project.manage,
        settings=project.settings or "",
        migrate=settings.migrate or "",
        database_wait=settings.database_wait,
        initial_fixtures=settings.initial_fixtures,
        release_hook=settings.release_hook,
    )


def runs_in_release_phase(settings: Settings) -> bool:
    """Return whether the default process `release` runs the release step."""
    return settings.migrate in (None, "release")


def place_in_words(settings: Settings, processes: Mapping[str, str]) -> str:
    """Say where the release step of an app with these process types runs."""
    places = []
    if any(COMMAND in line for line in processes.values()):
        places.append("in the release phase")
    if settings.migrate == "start":
        places.append("before `web` starts")
    elif settings.migrate is None:
        places.append("on Cloud Foundry before `web` starts")
    return "; ".join([*places, f"by hand: {COMMAND}"])


def migrates(commands: str) -> bool:
    """Return whether commands, in any format, seem to migrate a database."""
    return _MIGRATION.search(commands) is not None


def notice_without_release(processes: Mapping[str, str], scripts: Mapping[str, str]) -> str:
    """Say that an app's own Procfile migrates nothing; empty if it does, or may do.

    `scripts` has the commands of the shell scripts that process types start.
    """
    commands = [*processes.values(), *scripts.values()]
    if "release" in processes or any(map(migrates, commands)):
        return ""
    return (
        "Nothing migrates the database in a release phase, because the Procfile has no line "
        f'for it. Add `release: {COMMAND}`, or set `migrate` to "start" or "off"'
    )


def migrate_in(text: str) -> str:
    """Return `migrate` of the file that `render` wrote."""
    return str(json.loads(text)["migrate"])


def render(step: ReleaseStep) -> str:
    """Write the file."""
    return json.dumps(asdict(step), indent=2) + "\n"
