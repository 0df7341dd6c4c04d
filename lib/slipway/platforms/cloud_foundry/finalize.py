"""Completes an app as its last buildpack, for all buildpacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.build_record import default_processes
from slipway.domain.cloud_foundry.other_buildpacks import (
    AT_START,
    PROFILE_D,
    OtherBuildpack,
    launch_script,
    name_of_copy,
)
from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP, RELEASE
from slipway.domain.web.process_types import render_release
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, copy_file, remove, write
from slipway.errors.stopped import WrongUsage
from slipway.platforms.cloud_foundry.staging import (
    REPOSITORY_AT_START,
    START_SCRIPT,
    read_staging,
)
from slipway.platforms.cloud_foundry.supply import start_script
from slipway.steps import pipeline
from slipway.steps.plan.check_files import refuse_files_as_folders
from slipway.steps.start_modules import write_release_step

_PROFILE_D_OF_APP = ".profile.d"
"""The folder of the app whose scripts the launcher sources, after those in PROFILE_DIR."""


def finalize_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Build the app; the arguments are BUILD, CACHE, DEPS, INDEX and PROFILE_DIR.

    Old builders pass no PROFILE_DIR: then the scripts to source at start are added to the app's
    own, as libbuildpack does it. Writes for `bin/release` what it is to print, because that
    gets only BUILD.

    Raises BuildStopped, WrongUsage.
    """
    if len(arguments) not in (4, 5) or not all(arguments):
        raise WrongUsage("bin/finalize BUILD CACHE DEPS INDEX [PROFILE_DIR]")
    start = console.now()
    staging = read_staging(arguments[:4], builder, console, installation)
    console, own, start = staging.console, staging.own, staging.started(start)
    if len(arguments) == 5:
        profile_dir = Path(arguments[4])
    else:
        profile_dir = staging.repository / _PROFILE_D_OF_APP
        refuse_files_as_folders(AppFolder(staging.repository), (_PROFILE_D_OF_APP,))
    with staging.request(is_supplied=staging.is_supplied) as request:
        built = pipeline.build(request)
    write_release_step(own, REPOSITORY_AT_START, built.launch.release)
    for path in (own / "bin", own / PROFILE_D, staging.note):  # only `bin/supply` needs them
        remove(path)
    write_start_scripts(profile_dir, staging.others, start_script(own, built))
    processes = default_processes(built.record)
    write(staging.repository / IN_APP / RELEASE, render_release(processes))
    console.success(f"Build succeeded in {console.now() - start:.1f} s")
    if built.advice:
        console.info(built.advice)
    return 0


def write_start_scripts(folder: Path, others: Sequence[OtherBuildpack], own: str) -> None:
    """Write what the launcher sources, by name: that of other buildpacks, then Slipway's own.

    Raises OSError.
    """
    script = launch_script(others)
    if script:
        write(folder / AT_START, script)
    for other in others:
        for path in sorted((other.folder / PROFILE_D).glob("*")):
            if path.is_file():
                copy_file(path, folder / name_of_copy(other.index, path.name))
    write(folder / START_SCRIPT, own)
