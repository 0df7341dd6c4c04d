"""Installs the packages of an app, for the last buildpack or for a later one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slipway.domain.app_files import HOOKS, PRE_COMPILE
from slipway.domain.cloud_foundry.other_buildpacks import PROFILE_D
from slipway.domain.cloud_foundry.python_buildpack import notices
from slipway.domain.counting import counted
from slipway.domain.installation import Installation
from slipway.domain.run_environment import BEHIND_A_ROUTER, profile_script_in_deps
from slipway.effects.console import Console
from slipway.effects.files import remove, write
from slipway.effects.packages.virtualenvs import Virtualenv, write_programs
from slipway.errors.stopped import WrongUsage
from slipway.platforms.cloud_foundry.staging import (
    REPOSITORY_AT_START,
    START_SCRIPT,
    Staging,
    read_staging,
)
from slipway.steps import pipeline
from slipway.steps.start_modules import write_release_step


def supply_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Install what an app needs into `DEPS/<INDEX>`; the app's own files must not be changed.

    The arguments are BUILD, CACHE, DEPS and INDEX. `bin/finalize` follows only for the last
    buildpack. Raises BuildStopped, WrongUsage.
    """
    if len(arguments) != 4 or not all(arguments):
        raise WrongUsage("bin/supply BUILD CACHE DEPS INDEX")
    start = console.now()
    staging = read_staging(arguments, builder, console, installation)
    staging.begin_supply(start)
    console = staging.console
    for notice in notices(staging.variables):
        console.warning(notice)
    if staging.is_last and staging.changes_app_first:
        console.info(
            f"{PRE_COMPILE} may change what is to be installed, so it runs first. The platform "
            "allows changes to the app only in its next step, bin/finalize"
        )
        return 0
    with staging.request(is_supplied=False) as request:
        built = pipeline.supply(request)
    write_programs(Virtualenv(staging.virtualenv, built.record.python), staging.own / "bin")
    write_release_step(staging.own, REPOSITORY_AT_START, built.launch.release)
    # The last buildpack copies it to where the launcher finds it.
    write(staging.own / PROFILE_D / START_SCRIPT, start_script(staging.own, built))
    if not staging.is_last:
        remove(staging.note)
        _log_what_is_left(staging, built)
        packages = counted(len(built.record.packages), "package")
        console.success(f"Supplied {packages} in {console.now() - start:.1f} s")
    return 0


def start_script(own: Path, built: pipeline.Built) -> str:
    """Write the script that the launcher sources before each process."""
    launch, run = built.launch, built.run
    if run.libpython and run.libpython.is_relative_to(own):
        run = replace(run, libpython=run.libpython.relative_to(own))
    launch = replace(launch, defaults={**launch.defaults, **BEHIND_A_ROUTER})
    return profile_script_in_deps(own.name, launch, run)


def _log_what_is_left(staging: Staging, built: pipeline.Built) -> None:
    """Log what only `bin/finalize` would do, which is called for the last buildpack alone."""
    left = [hook for hook in HOOKS if staging.app.has(hook)]
    if "django" in built.record.packages:
        left.append("collectstatic")
    not_run = f"Not run: {', '.join(left)}. " if left else ""
    staging.console.info(
        "Slipway is not the last buildpack, so it only installed Python and packages, and the "
        f"last buildpack or the Procfile defines the process types. {not_run}To have Slipway "
        "do everything, name it last"
    )
