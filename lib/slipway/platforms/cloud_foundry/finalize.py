"""Completes an app as its last buildpack, for all buildpacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.build_record import default_processes
from slipway.domain.cloud_foundry.other_buildpacks import (
    AT_START,
    PROFILE_D,
    launch_script,
    name_of_copy,
)
from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP, RELEASE
from slipway.domain.web.process_types import render_release
from slipway.effects.console import Console
from slipway.effects.files import copy_file, remove, write
from slipway.errors.stopped import WrongUsage
from slipway.platforms.cloud_foundry.staging import REPOSITORY_AT_START, Staging, read_staging
from slipway.platforms.cloud_foundry.supply import start_script
from slipway.steps import pipeline
from slipway.steps.start_modules import write_release_step


def finalize_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Build the app; the arguments are BUILD, CACHE, DEPS, INDEX and PROFILE_DIR.

    Writes for `bin/release` what it is to print, because that gets only BUILD.

    Raises BuildStopped, WrongUsage.
    """
    if len(arguments) != 5 or not all(arguments):
        raise WrongUsage("bin/finalize BUILD CACHE DEPS INDEX PROFILE_DIR")
    start = console.now()
    *common, profile_dir = arguments
    staging = read_staging(common, builder, console, installation)
    console, own = staging.console, staging.own
    is_supplied = staging.virtualenv.is_dir() and not staging.changes_app_first
    with staging.request(is_supplied=is_supplied) as request:
        built = pipeline.build(request)
    write_release_step(own, REPOSITORY_AT_START, built.launch.release)
    for path in (own / "bin", own / PROFILE_D, staging.note):  # only `bin/supply` needs them
        remove(path)
    _write_start_scripts(Path(profile_dir), staging, built)
    processes = default_processes(built.record)
    write(staging.repository / IN_APP / RELEASE, render_release(processes))
    console.success(f"Build succeeded in {console.now() - start:.1f} s")
    if built.advice:
        console.info(built.advice)
    return 0


def _write_start_scripts(folder: Path, staging: Staging, built: pipeline.Built) -> None:
    """Write what the launcher sources, by name: that of other buildpacks, then Slipway's."""
    script = launch_script(staging.others)
    if script:
        write(folder / AT_START, script)
    for other in staging.others:
        for path in sorted((other.folder / PROFILE_D).glob("*")):
            if path.is_file():
                copy_file(path, folder / name_of_copy(other.index, path.name))
    write(folder / "slipway.sh", start_script(staging.own, built))
