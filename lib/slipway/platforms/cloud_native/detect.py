"""Detects whether an app is for Slipway; apart from the build, because detect runs often."""

from __future__ import annotations

from pathlib import Path

from slipway.effects.files import overwrite, read
from slipway.steps.detect import detect

NOT_OURS = 100
"""The exit status for an app that is not for this buildpack."""


def detect_app(app: str, plan: str, build_plan: Path) -> None:
    """Accept a Python app, and write Slipway's build plan to the file `plan`.

    Raises NotPython, AppFolderMissing.
    """
    detect(app)
    overwrite(Path(plan), read(build_plan))
