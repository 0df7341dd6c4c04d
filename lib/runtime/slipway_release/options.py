"""What the release step is to do: the build writes it, and variables of the app override it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping

from slipway_release.log import ReleaseFailed, shown

PLACES = ("release", "start", "off")


@dataclass(frozen=True)
class Options:
    """The fields of lib/slipway/domain/django/release_step.py."""

    root: str
    """The path of the app in what was deployed; empty if they are the same."""
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


def read(file: Path, variables: Mapping[str, str]) -> Options:
    """Read release.json; SLIPWAY_MIGRATE and SLIPWAY_DATABASE_WAIT override it.

    Raises ReleaseFailed.
    """
    fields = json.loads(file.read_text("utf-8"))
    fields["initial_fixtures"] = tuple(fields["initial_fixtures"])
    options = Options(**fields)
    place = variables.get("SLIPWAY_MIGRATE", "").strip()
    if place:
        if place not in PLACES:
            raise ReleaseFailed(
                f"SLIPWAY_MIGRATE is {shown(place)!r}.\n"
                "Set it to release, start or off, or unset it."
            )
        options = replace(options, migrate=place)
    seconds = variables.get("SLIPWAY_DATABASE_WAIT", "").strip()
    if seconds:
        if not re.fullmatch("[0-9]{1,5}", seconds):
            raise ReleaseFailed(
                f"SLIPWAY_DATABASE_WAIT is {shown(seconds)!r}.\n"
                "Set it to a number of seconds, 0 or more, or unset it."
            )
        options = replace(options, database_wait=int(seconds))
    return options


def reason_not_to_run(options: Options, variables: Mapping[str, str], *, is_start: bool) -> str:
    """Say why nothing is to be done now; empty if something is.

    `slipway-release` by hand always works, so that `off` leaves a way to run it.
    """
    # https://devcenter.heroku.com/articles/dyno-metadata, https://devcenter.heroku.com/articles/release-phase
    is_release_phase = variables.get("DYNO", "").startswith(("release.", "release-"))
    if options.migrate == "off" and (is_start or is_release_phase):
        return "The release step is off (the setting `migrate`, or SLIPWAY_MIGRATE)"
    if options.migrate == "release" and is_start:
        return "The release step runs only in the release phase (`migrate`, or SLIPWAY_MIGRATE)"
    return ""


def is_other_instance(options: Options, variables: Mapping[str, str]) -> bool:
    """Return whether another instance of the app migrates the databases on servers.

    https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#CF-INSTANCE-INDEX
    """
    return options.migrate == "" and variables.get("CF_INSTANCE_INDEX", "0") != "0"
