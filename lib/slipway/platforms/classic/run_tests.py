"""Runs the tests of an app that `bin/test-compile` has built."""

from __future__ import annotations

import io
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from shlex import quote

from slipway.domain import build_record
from slipway.domain.app_json import AppJson, notices_about_variables
from slipway.domain.config_vars import combine_for_tests
from slipway.domain.installation import Installation
from slipway.domain.layout import FOR_TESTS, IN_APP
from slipway.domain.redaction import Secrets
from slipway.domain.running_tests import RunOfTests
from slipway.effects.config_vars import read_config_vars
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, read_if_there
from slipway.effects.processes import Command, become
from slipway.errors.app import AppFolderMissing
from slipway.errors.running_tests import NotCompiledForTests
from slipway.errors.stopped import WrongUsage
from slipway.platforms.classic.config_variables import log_refused
from slipway.steps.find_tests import (
    find_tests,
    read_app_json,
    warn_of_lost_tests,
)
from slipway.steps.plan.find_root import find_root

# Some platforms have sourced the profile scripts before. Each command gets a shell of its own,
# as on Heroku; the last one replaces this one, so that it gets its signals. What the setup has
# started in the background stays.
_START = """\
for script in .profile.d/*.sh; do . "$script"; done
if [ -n "$2" ]; then
	bash -c "$2" || {
		status=$?
		printf '%s %s\\n' "$4" "$status" >&2
		exit "$status"
	}
	printf '%s' "$5"
fi
cd -- "$1" || exit
exec bash -c "$3"
"""
_SECRET = 32
"""Bytes of a secret that app.json wants to be generated, as on Heroku."""
_SETUP_FAILED = (
    " !     The tests did not run: the script test-setup of app.json exited with status"
)

_NO_TEST_RAN = """\
 !     No test ran. `{command}` runs the methods test* of classes that are
 !     derived from TestCase, in modules test*.py, in folders with an __init__.py."""


def run_tests(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Run the app's tests, in place of this process: the exit status is that of their runner.

    The arguments are the folders BUILD, of the built app, and optionally ENV, with the config
    variables. Raises NotCompiledForTests, AppFolderMissing, WrongUsage, and as find_tests.
    """
    if len(arguments) not in (1, 2) or not arguments[0]:
        raise WrongUsage("bin/test BUILD [ENV]")
    build, *rest = arguments
    repository = Path(build).resolve()
    if not repository.is_dir():
        raise AppFolderMissing(path=build)
    record = read_if_there(repository / IN_APP / build_record.FILE)
    if record is None or read_if_there(repository / IN_APP / FOR_TESTS) is None:
        raise NotCompiledForTests(path=build, is_built=record is not None)
    config_vars = read_config_vars(Path(rest[0]), console.secrets) if rest else {}
    top = AppFolder(repository, console.secrets)
    app_json = read_app_json(top)
    for notice in notices_about_variables(app_json, {*builder, *config_vars}):
        console.warning(notice)
    defaults = _defaults(app_json, {*builder, *config_vars}, console.secrets)
    known = {**defaults, **config_vars}
    environment = combine_for_tests(builder, known)
    log_refused(known, environment, console)
    variables = environment.variables
    app = find_root(top, variables)
    run = find_tests(app, app_json, build_record.packages_in(record), variables)

    later = io.StringIO()
    if run.setup:
        console.header("Running the script test-setup of app.json")
        console.listed(run.setup)
        _log(app, run, variables, replace(console, out=later))
    else:
        _log(app, run, variables, console)
    taken = [name for name in defaults if name in variables]
    if taken:
        console.info(f"Not set, so taken from app.json: {', '.join(taken)}")
    folder = repository if run.is_of_repository else app.root / run.folder
    command = run.command
    if run.may_run_none:
        script = installation.build_scripts / "counted_tests.py"
        failed = _NO_TEST_RAN.format(command=command)
        program = f"python {quote(str(script))} {quote(failed)}"
        command = f"{program} {command.removeprefix('python ')}"
    argv = (run.setup, command, _SETUP_FAILED, later.getvalue())
    become(
        Command(
            argv=["bash", "-c", _START, "slipway", str(folder), *argv],
            cwd=repository,
            env={**run.variables, **variables},
        )
    )


def _defaults(app_json: AppJson, known: Container[str], secrets: Secrets) -> dict[str, str]:
    """Return the variables of an app.json that are not set, which Heroku sets itself.

    Only the generated values are secret: the others are in the repository, and a command may
    have the same word. Settings of Slipway are left out: the build did not have them.
    """
    generated = {name: token_hex(_SECRET) for name in app_json.generated}
    for value in generated.values():
        secrets.learn_value(value)
    return {
        name: value
        for name, value in {**app_json.variables, **generated}.items()
        if name not in known and name not in app_json.settings
    }


def _log(
    app: AppFolder, run: RunOfTests, variables: Mapping[str, str], console: Console
) -> None:
    console.header("Running tests")
    console.listed(run.command)
    console.info(f"Chosen because {run.reason}")
    warn_of_lost_tests(app, run, variables, console)
