"""Whether an app is for Slipway, as the lifecycle asks it; apart, because it is asked often."""

from __future__ import annotations

from pathlib import Path

from slipway.platforms import slipway_itself
from slipway.steps.detect import detect

NOT_OURS = 100
"""What detect ends with where an app is none of ours."""


def detect_app(app: str, plan: str) -> None:
    """Accept a Python app, and write into the file `plan` what others get from its build.

    Raises NotPython, AppFolderMissing.
    """
    detect(app)
    Path(plan).write_bytes(slipway_itself.BUILD_PLAN.read_bytes())
