"""Detects whether an app is for Slipway; apart from the build, because detect runs often."""

from __future__ import annotations

from pathlib import Path

from slipway.effects.files import overwrite, read
from slipway.steps.detect import detect

NOT_OURS = 100
"""The exit status for an app that is not for this buildpack."""


ROOT = "SLIPWAY_ROOT"
"""The variable of the setting `root`; the lifecycle passes the user's variables to detect."""


def detect_app(app: str, plan: str, build_plan: Path, *, names_root: bool) -> None:
    """Accept a Python app, and write Slipway's build plan to the file `plan`.

    With `names_root`, a variable names the app's folder, and the build checks that.

    Raises NotPython, AppFolderMissing.
    """
    if not names_root:
        detect(app)
    overwrite(Path(plan), read(build_plan))
