"""Detects whether an app is for Slipway; apart from the build, because detect runs often."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from slipway.effects.files import overwrite, read
from slipway.steps.detect import detect

NOT_OURS = 100
"""The exit status for an app that is not for this buildpack."""


_NAME_APP = ("SLIPWAY_ROOT", "SLIPWAY_REQUIREMENTS", "BP_PIP_REQUIREMENT")
"""Variables that name the app's folder, or its requirements files."""


def names_app(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether a variable of the user names the app's folder or requirements files.

    The lifecycle passes the user's variables to detect in a folder of the `platform`.
    """
    return any(
        environment.get(name) or os.path.exists(f"{platform}/env/{name}") for name in _NAME_APP
    )


def detect_app(app: str, plan: str, build_plan: Path, *, is_named: bool) -> None:
    """Accept a Python app, and write Slipway's build plan to the file `plan`.

    With `is_named`, a variable names the app, and the build checks that.

    Raises NotPython, AppFolderMissing.
    """
    if not is_named:
        detect(app)
    overwrite(Path(plan), read(build_plan))
