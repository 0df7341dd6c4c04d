"""`bin/slipway`: what a developer does on the own machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain import plan_text
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.app import AppFolderMissing
from slipway.platforms.trial import Trial
from slipway.steps.plan import plan


def run(argv: Sequence[str], environment: Mapping[str, str], console: Console) -> int:
    """Run one of the commands for people; give the exit status."""
    arguments = _parser().parse_args(argv)
    app = Path(arguments.app)
    if not app.is_dir():
        raise AppFolderMissing(path=arguments.app)
    if arguments.command == "plan":
        return _print_plan(app, environment, as_json=arguments.json)
    trial = Trial(
        app=app.resolve(),
        config_vars=dict(pair.split("=", 1) for pair in arguments.env),
        port=arguments.port,
        environment=environment,
        console=console,
    )
    return trial.check() if arguments.check else trial.serve()


def _print_plan(app: Path, environment: Mapping[str, str], *, as_json: bool) -> int:
    decided = plan(AppFolder(app), environment)
    if as_json:
        sys.stdout.write(plan_text.as_json(decided))
    else:
        sys.stdout.writelines(f"{line}\n" for line in plan_text.as_text(decided))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="slipway", description="A buildpack for Python apps, tried by hand."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    planning = commands.add_parser("plan", help="say what a build would do, and why")
    planning.add_argument("--json", action="store_true", help="as JSON, for programs")
    trying = commands.add_parser("try", help="build a copy of an app, and serve it here")
    trying.add_argument(
        "--check", action="store_true", help="request / once, and exit by its answer"
    )
    trying.add_argument("--port", type=int, default=0, help="the port; a free one if not given")
    trying.add_argument(
        "--env",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="a config variable for build and run; may be given several times",
    )
    for command in (planning, trying):
        command.add_argument("app", metavar="APP", help="the folder of the app")
    return parser


def _pair(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return text
