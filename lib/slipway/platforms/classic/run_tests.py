"""Runs the tests of an app that `bin/test-compile` has built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain import build_record
from slipway.domain.config_vars import combine
from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP
from slipway.effects.config_vars import read_config_vars
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, read_if_there
from slipway.effects.processes import Command, become
from slipway.errors.app import AppFolderMissing
from slipway.errors.running_tests import NotCompiledForTests
from slipway.errors.stopped import WrongUsage
from slipway.steps.find_tests import find_tests, warn_of_no_tests
from slipway.steps.plan.find_root import find_root

# Some platforms have sourced the profile scripts before. Each command gets a shell of its own,
# as on Heroku; the last one replaces this one, so that it gets its signals.
_START = """\
for script in .profile.d/*.sh; do . "$script"; done
cd -- "$1" || exit
if [ -n "$2" ]; then bash -c "$2" || exit; fi
exec bash -c "$3"
"""


def run_tests(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    _installation: Installation,
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
    if record is None:
        raise NotCompiledForTests(path=build)
    config_vars = read_config_vars(Path(rest[0]), console.secrets) if rest else {}
    variables = combine(builder, config_vars).variables
    app = find_root(AppFolder(repository, console.secrets), variables)
    run = find_tests(app, build_record.packages_in(record), variables)

    console.header("Running tests")
    for command in filter(None, (run.setup, run.command)):
        console.listed(command)
    console.info(f"Chosen because {run.reason}")
    warn_of_no_tests(app, run, console)
    folder = repository if run.is_of_repository else app.root / run.folder
    become(
        Command(
            argv=["bash", "-c", _START, "slipway", str(folder), run.setup, run.command],
            cwd=repository,
            env={**run.variables, **variables},
        )
    )
