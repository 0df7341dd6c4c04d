"""`bin/slipway`: the commands that people run, and their arguments."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from slipway.commands import vendor
from slipway.commands.bundling import compose_bundling
from slipway.commands.lock import lock
from slipway.commands.package import Packaging
from slipway.commands.plan import print_plan
from slipway.commands.try_app import Trial, try_app
from slipway.composition import compose_effects
from slipway.domain.config_vars import NAME
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.effects.files import scratch
from slipway.errors.app import AppFolderMissing
from slipway.errors.stopped import WrongUsage

_NOT_SET_HERE = {
    "PATH": "the app gets the usual one",
    "HOME": "the app gets its own folder, as on a platform",
    "PORT": "the platform sets it, and `try` has --port",
}
"""Variables that are no config variables: name -> what there is instead."""
_HERE = "."


def run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Run a command, and return the exit status.

    Raises BuildStopped.
    """
    arguments = _parser().parse_args(argv)
    if arguments.command == "package":
        return _package(arguments, environment, console, installation)
    app = Path(arguments.app)
    if not app.is_dir():
        raise AppFolderMissing(path=arguments.app)
    config_vars = dict(arguments.env) if "env" in arguments else {}
    console.secrets.learn_variables(config_vars)
    match arguments.command:
        case "plan":
            variables = {**environment, **config_vars}
            return print_plan(app.resolve(), variables, console, as_json=arguments.json)
        case "try":
            trial = Trial(
                app=app.resolve(),
                config_vars=config_vars,
                port=arguments.port,
                is_check=arguments.check,
            )
            return try_app(trial, environment, console, installation.scripts)
        case "lock":
            variables = {**environment, **config_vars}
            return lock(
                app.resolve(), variables, console, installation, is_upgrade=arguments.upgrade
            )
        case _:
            subcommand = {"lock": vendor.lock, "check": vendor.check}[arguments.subcommand]
            with scratch("vendor") as folder:
                effects = compose_effects(environment, folder, console, installation)
                return subcommand(app.resolve(), effects)


def _package(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    bundled = {"--with-python": arguments.with_python, "--offline": arguments.offline}
    places = {
        "--publish": arguments.publish,
        "--stage-only": arguments.stage_only,
        "--cloud-foundry": arguments.cloud_foundry,
        "--output": arguments.output if arguments.output != _HERE else None,
    }
    place = [part for name, value in places.items() if value for part in (name, value)]
    targets = [part for target in arguments.target for part in ("--target", target)]
    with scratch("package") as folder:
        effects = compose_effects(environment, folder, console, installation)
        bundling = compose_bundling(
            effects,
            installation,
            with_python=arguments.with_python,
            is_offline=arguments.offline,
            options=(*place, *targets),
        )
        packaging = Packaging(
            targets=arguments.target,
            options=(*(name for name, is_set in bundled.items() if is_set), *place),
            bundling=bundling,
            environment=environment,
            processes=effects.processes,
            console=console,
            installation=installation,
        )
        if arguments.publish:
            packaging.publish(arguments.publish)
        elif arguments.stage_only:
            packaging.stage(Path(arguments.stage_only))
        elif arguments.cloud_foundry:
            packaging.write_zip(Path(arguments.cloud_foundry))
        else:
            packaging.write_files(Path(arguments.output))
    return 0


class _CommandParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise WrongUsage, instead of printing what somebody typed as it is."""
        usage = self.format_usage().removeprefix("usage: ")
        raise WrongUsage(f"{usage}{self.prog}: error: {message}")


def _parser() -> argparse.ArgumentParser:
    parser = _CommandParser(
        prog="bin/slipway", description="Run Slipway, the buildpack for Python apps, by hand."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    planning = _add(commands, "plan", "print every decision of a build, without building")
    planning.add_argument("--json", action="store_true", help="print the plan as JSON")
    _add_env(planning, "a config variable, in addition to the variables of your shell")
    trying = _add(commands, "try", "build a copy of an app and serve or run it on this machine")
    trying.add_argument(
        "--check",
        action="store_true",
        help="request / once, then exit with status 0 if the status of the response is below "
        "400, else with status 1; without a web process, run the others for a few seconds",
    )
    trying.add_argument(
        "--port",
        type=_port,
        default=0,
        help="the port to serve on, from 1 to 65535 (default: any free port)",
    )
    _add_env(
        trying,
        "a config variable for the build and the running app",
        ". Of the variables of your shell, the build gets only SLIPWAY_... and those for "
        "downloads, such as PIP_INDEX_URL, and the running app none",
    )
    locking_app = _add(
        commands,
        "lock",
        "lock the dependencies of an app: write pylock.toml, or requirements.txt for an app "
        "with a requirements.in; no file that somebody wrote is replaced",
    )
    locking_app.add_argument(
        "--upgrade",
        action="store_true",
        help="lock the newest versions that the requirements allow, instead of those of the "
        "lock that is replaced, or of an earlier build on this machine",
    )
    _add_env(locking_app, "a config variable, in addition to the variables of your shell")
    vendoring = _add(
        commands,
        "vendor",
        "lock the vendored packages of an app, or check them against the lock",
    )
    subcommands = vendoring.add_subparsers(dest="subcommand", required=True)
    locking = _add(
        subcommands,
        "lock",
        "write the commit and digest of each vendored package to vendor.lock",
    )
    checking = _add(
        subcommands,
        "check",
        "compare the vendored packages with vendor.lock; fail if they differ or it is missing",
    )
    for command in (planning, trying, locking_app, locking, checking):
        command.add_argument("app", metavar="APP", help="the root folder of the app")
    _add_packaging(
        _add(
            commands,
            "package",
            "package Slipway itself as a buildpack, for Cloud Native platforms or for Cloud "
            "Foundry",
        )
    )
    return parser


def _add(
    commands: argparse._SubParsersAction[_CommandParser], name: str, text: str
) -> _CommandParser:
    """Add a command whose own help begins with the text that its parent's help shows."""
    return commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")


def _add_env(command: argparse.ArgumentParser, text: str, more: str = "") -> None:
    command.add_argument(
        "--env",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help=f"{text}; can be given several times{more}",
    )


def _add_packaging(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--with-python",
        action="store_true",
        help="include a Python that runs Slipway, for images that have none",
    )
    command.add_argument(
        "--offline",
        action="store_true",
        help="include everything that a build needs apart from the packages of the app, for "
        "platforms without a network: the Python of --with-python, uv, and one Python of each "
        "minor version for apps",
    )
    command.add_argument(
        "--target",
        action="append",
        default=[],
        type=_given,
        metavar="OS/ARCH",
        help="a target such as linux/amd64; can be given several times (default: all that "
        "buildpack.toml lists; for --cloud-foundry, the first of them)",
    )
    places = command.add_mutually_exclusive_group()
    places.add_argument(
        "--output",
        default=_HERE,
        type=_given,
        metavar="DIR",
        help="the folder for the .cnb files, one for each target (default: the current folder)",
    )
    places.add_argument(
        "--cloud-foundry",
        type=_given,
        metavar="ZIP",
        help="write a zip file for cf create-buildpack instead, or for a platform that "
        "downloads it from a URL",
    )
    places.add_argument(
        "--publish",
        type=_given,
        metavar="REFERENCE",
        help="push the buildpack to a registry under this name instead of writing .cnb files",
    )
    places.add_argument(
        "--stage-only",
        type=_given,
        metavar="DIR",
        help="only write the files that would be packaged, to a new or empty folder",
    )


def _given(text: str) -> str:
    """Refuse nothing, which is what a variable of the shell is that is not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "the value is empty; if it is a variable of your shell, set it first"
        )
    return text


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{name!r} has no value; write NAME=VALUE")
    if not NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"{name!r} is not a name; write NAME=VALUE, with letters, digits and _ in NAME"
        )
    if name in _NOT_SET_HERE:
        raise argparse.ArgumentTypeError(f"{name} cannot be set here: {_NOT_SET_HERE[name]}")
    return name, value


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, from 1 to 65535")
    return int(text)
