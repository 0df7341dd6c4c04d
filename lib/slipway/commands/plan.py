"""`slipway plan`: every decision of a build, as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from slipway.domain import plan_text
from slipway.effects.console import columns
from slipway.effects.files import AppFolder
from slipway.steps.plan import plan


def print_plan(app: Path, environment: Mapping[str, str], *, as_json: bool) -> int:
    """Print what a build would do.

    Raises BuildStopped.
    """
    decided = plan(AppFolder(app), environment)
    if as_json:
        sys.stdout.write(plan_text.as_json(decided))
    else:
        width = columns(sys.stdout, environment)
        sys.stdout.writelines(f"{line}\n" for line in plan_text.as_text(decided, width))
    return 0
