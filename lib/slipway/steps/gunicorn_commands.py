"""Keep lines of old Procfiles alive whose commands Gunicorn no longer has."""

from __future__ import annotations

from slipway.domain.django.project import DjangoProject
from slipway.domain.redaction import printable
from slipway.domain.web.gunicorn_commands import modern_line, old_commands
from slipway.effects.packages.gunicorn_commands import missing_commands, provide_commands
from slipway.steps.context import BuildContext


def provide_gunicorn_commands(context: BuildContext) -> None:
    """Add `run_gunicorn` and `gunicorn_django` to the virtual environment for old lines.

    Each is added only if neither a package nor the app has it, and removed when no line needs
    it any more. A notice shows the line that needs no such help.
    """
    effects, virtualenv = context.effects, context.virtualenv
    used = {name: old_commands(line) for name, line in (context.plan.procfile or {}).items()}
    wanted = frozenset[str]().union(*used.values())
    commands = missing_commands(virtualenv, context.app, wanted) if wanted else frozenset()
    if provide_commands(virtualenv, effects.runtime, commands):
        effects.outputs.record(virtualenv.root)
    for name, line in (context.plan.procfile or {}).items():
        for command in sorted(used[name] & commands):
            effects.console.info(_notice(command, name, line, context.plan.django))


def _notice(command: str, name: str, line: str, project: DjangoProject | None) -> str:
    modern = modern_line(line, project) if project else None
    better = f". Today's line in the Procfile is `{name}: {modern}`" if modern else ""
    return (
        f"Gunicorn no longer has the command `{command}`, which `{name}` starts, so Slipway "
        f"adds it{printable(better)}"
    )
