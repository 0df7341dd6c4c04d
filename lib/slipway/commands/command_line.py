"""`bin/slipway`: what a developer does on the own machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.commands.package import Packaging
from slipway.commands.try_app import Trial
from slipway.composition import compose_effects
from slipway.domain import plan_text
from slipway.domain.installation import Installation
from slipway.domain.vendoring import vendor_lock
from slipway.effects import Effects
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, scratch
from slipway.errors.app import AppFolderMissing
from slipway.steps.inspect_vendored import inspect_vendored, lock_vendored
from slipway.steps.plan import plan


def run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Run one of the commands for people; give the exit status."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "package":
        return _package(arguments, environment, console, installation)
    app = Path(arguments.app)
    if not app.is_dir():
        raise AppFolderMissing(path=arguments.app)
    if arguments.command == "plan":
        return _print_plan(app, environment, as_json=arguments.json)
    if arguments.command == "vendor":
        with scratch("vendor") as folder:
            effects = compose_effects(environment, folder, console, installation)
            doing = {"lock": _lock_vendored, "check": _check_vendored}
            return doing[arguments.doing](app.resolve(), effects)
    trial = Trial(
        app=app.resolve(),
        config_vars=dict(pair.split("=", 1) for pair in arguments.env),
        port=arguments.port,
        environment=environment,
        console=console,
        doors=installation.doors,
    )
    return trial.check() if arguments.check else trial.serve()


def _print_plan(app: Path, environment: Mapping[str, str], *, as_json: bool) -> int:
    decided = plan(AppFolder(app), environment)
    if as_json:
        sys.stdout.write(plan_text.as_json(decided))
    else:
        sys.stdout.writelines(f"{line}\n" for line in plan_text.as_text(decided))
    return 0


def _lock_vendored(app: Path, effects: Effects) -> int:
    vendoring = plan(AppFolder(app), effects.environment).vendoring
    effects.console.header(f"Writing {vendor_lock.FILE}")
    lock_vendored(app, vendoring, effects)
    return 0


def _check_vendored(app: Path, effects: Effects) -> int:
    """Fail without a vendor.lock too: who checks would take a 0 for `as locked`."""
    vendoring = plan(AppFolder(app), effects.environment).vendoring
    effects.console.header(f"Comparing with {vendor_lock.FILE}")
    inspected = inspect_vendored(app, vendoring, effects)
    vendored = [found for found in inspected if not found.package.is_app]
    is_locked = (app / vendor_lock.FILE).exists()
    for found in vendored:
        commit = f" at {found.commit[:7]}" if found.commit else ""
        effects.console.info(f"{found.path}{commit}{', as locked' * is_locked}")
    if not vendored:
        effects.console.info("The app has no vendored packages")
    if is_locked or not vendored:
        return 0
    effects.console.warning(
        f"There is no {vendor_lock.FILE} to compare with; `bin/slipway vendor lock .`, run "
        "where git is at hand, writes it"
    )
    return 1


def _package(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    with scratch("packaging") as folder:
        packaging = Packaging(
            targets=arguments.target,
            with_python=arguments.with_python,
            environment=environment,
            processes=compose_effects(environment, folder, console, installation).processes,
            console=console,
            installation=installation,
        )
        if arguments.publish:
            packaging.publish(arguments.publish)
        elif arguments.stage_only:
            packaging.stage(Path(arguments.stage_only))
        else:
            packaging.write_files(Path(arguments.output))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="slipway", description="A buildpack for Python apps, by hand."
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
    vendoring = commands.add_parser("vendor", help="the packages that an app ships itself")
    doings = vendoring.add_subparsers(dest="doing", required=True)
    locking = doings.add_parser("lock", help="write down their commits and files, for builds")
    checking = doings.add_parser("check", help="say whether they are as they were locked")
    for command in (planning, trying, locking, checking):
        command.add_argument("app", metavar="APP", help="the folder of the app")
    _add_packaging(commands.add_parser("package", help="make a buildpackage of Slipway itself"))
    return parser


def _add_packaging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--with-python",
        action="store_true",
        help="with a Python for builders that have none, fetched and checked now",
    )
    command.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="OS/ARCH",
        help="such as linux/amd64; may be given several times, all of buildpack.toml if not",
    )
    places = command.add_mutually_exclusive_group()
    places.add_argument(
        "--output",
        default=".",
        metavar="DIR",
        help="where the .cnb files go; here if not given",
    )
    places.add_argument(
        "--publish", metavar="REFERENCE", help="push an image index to a registry instead"
    )
    places.add_argument(
        "--stage-only", metavar="DIR", help="only write the files that would be packaged"
    )


def _pair(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return text
