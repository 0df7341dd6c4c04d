"""Keep lines of old Procfiles alive whose commands Gunicorn no longer has."""

from __future__ import annotations

from slipway.domain.web.gunicorn_commands import old_commands
from slipway.effects.packages.gunicorn_commands import missing_commands, provide_commands
from slipway.steps.context import BuildContext


def provide_gunicorn_commands(context: BuildContext) -> None:
    """Add `run_gunicorn` and `gunicorn_django` to the virtual environment for old lines.

    Each is added only if neither a package nor the app has it, and removed when no line needs
    it any more. A notice of the plan shows the line that needs no such help.
    """
    effects, virtualenv = context.effects, context.virtualenv
    used = {name: old_commands(line) for name, line in (context.plan.procfile or {}).items()}
    wanted = frozenset[str]().union(*used.values())
    commands = missing_commands(virtualenv, context.app, wanted) if wanted else frozenset()
    if provide_commands(virtualenv, effects.runtime, commands):
        effects.outputs.record(virtualenv.root)
    for name, its_commands in used.items():
        for command in sorted(its_commands & commands):
            effects.console.info(
                f"Gunicorn no longer has the command `{command}`, which `{name}` starts, so "
                "Slipway adds it"
            )
