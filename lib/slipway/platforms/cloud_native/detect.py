"""Whether an app is for Slipway, as the lifecycle asks it; apart, because it is asked often."""

from __future__ import annotations

from pathlib import Path

from slipway.steps.detect import detect

NOT_OURS = 100
"""What detect ends with where an app is none of ours."""


def detect_app(app: str, plan: str, build_plan: Path) -> None:
    """Accept a Python app, and write Slipway's build plan into the file `plan`.

    Raises NotPython, AppFolderMissing.
    """
    detect(app)
    Path(plan).write_bytes(build_plan.read_bytes())
