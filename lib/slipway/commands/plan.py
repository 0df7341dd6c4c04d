"""`slipway plan`: every decision of a build, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slipway.commands.working_folder import shipped_files
from slipway.domain import plan_text
from slipway.domain.locks.fit import refuse_other_pythons, refuse_unusable
from slipway.effects.console import Console, columns
from slipway.effects.files import AppFolder
from slipway.steps.detect import detect
from slipway.steps.plan import plan
from slipway.steps.plan.find_root import find_root


def print_plan(
    app: Path, environment: Mapping[str, str], console: Console, *, as_json: bool
) -> int:
    """Print what a build would do with the files that git would ship.

    Raises BuildStopped.
    """
    detect(str(find_root(AppFolder(app, console.secrets), environment).root))
    # stdout has nothing but the plan, because programs read it.
    with shipped_files(app, environment, replace(console, out=console.err)) as shipped:
        decided = plan(find_root(AppFolder(shipped, console.secrets), environment), environment)
    dependencies = decided.dependencies
    if dependencies.lock is not None:
        refuse_unusable(dependencies.lock, dependencies.choice)
        refuse_other_pythons(dependencies.lock, dependencies.choice, decided.python)
    if as_json:
        console.document(plan_text.as_json(decided))
    else:
        for line in plan_text.as_text(decided, columns(console.out, environment)):
            console.answer(line)
    return 0
