"""Compiles an app in its folder, to run it or to test it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from slipway.composition import compose_effects, compose_tools
from slipway.domain import build_record
from slipway.domain.config_vars import combine
from slipway.domain.dokku import APP_JSON, notice_about_release
from slipway.domain.installation import Installation
from slipway.domain.layout import FOR_TESTS, IN_APP, RELEASE, in_app
from slipway.domain.run_environment import (
    BEHIND_A_ROUTER,
    export_script,
    profile_script_in_app,
)
from slipway.domain.web.process_types import render_procfile, render_release
from slipway.domain.web.start_folder import needs_shell
from slipway.effects.cache.place import state_without_entries, usable_cache
from slipway.effects.config_vars import read_config_vars
from slipway.effects.console import Console
from slipway.effects.files import (
    AppFolder,
    read_if_there,
    remove,
    write,
)
from slipway.errors.app import AppFolderMissing
from slipway.errors.stopped import WrongUsage
from slipway.platforms.classic.config_variables import log_of_other_builders, log_refused
from slipway.platforms.classic.other_buildpacks import notices_about_buildpacks
from slipway.platforms.classic.report import REPORT, slipway_version
from slipway.steps import pipeline
from slipway.steps.detect import require_root
from slipway.steps.plan import wants_debug
from slipway.steps.plan.check_files import refuse_files_as_folders, refuse_folder_as_file
from slipway.steps.plan.find_root import find_root
from slipway.steps.start_modules import write_release_step

BUNDLES_PYTHON = True
"""Heroku's run images have no Python; herokuish's has, but a build cannot tell them apart."""

_PROFILE = ".profile.d/slipway.sh"
"""The script that the platform sources before it starts a process of the app."""


def compile_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Build the app in place; the arguments are the folders BUILD, CACHE and optionally ENV.

    BUILD is the repository, which may have the app in a folder below. ENV contains the
    config variables, a file for each. Raises BuildStopped, WrongUsage.
    """
    if len(arguments) not in (2, 3) or not arguments[1]:  # "" would be the current folder
        raise WrongUsage("bin/compile BUILD CACHE [ENV]")
    return _compile(arguments, builder, console, installation, for_tests=False)


def compile_for_tests(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Build the app with what its tests need; the arguments are those of compile_app.

    Like Heroku's own buildpack, it collects no static files. Raises BuildStopped, WrongUsage.
    """
    if len(arguments) not in (2, 3) or not arguments[1]:
        raise WrongUsage("bin/test-compile BUILD CACHE [ENV]")
    return _compile(arguments, builder, console, installation, for_tests=True)


def _compile(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
    *,
    for_tests: bool,
) -> int:
    build, cache, *rest = arguments
    console.report.keep_in(Path(cache).absolute() / REPORT)
    console.report.note(for_tests=for_tests, slipway_version=slipway_version(installation))
    env = rest[0] if rest else None
    repository = Path(build).resolve()
    if not repository.is_dir():
        raise AppFolderMissing(path=build)
    start = console.now()

    top = AppFolder(repository, console.secrets)
    refuse_files_as_folders(top, (IN_APP, posixpath.dirname(_PROFILE)))
    refuse_folder_as_file(top, _PROFILE)
    _remove_results(repository)

    # Without ENV, all of the platform's environment variables are config variables.
    config_vars = read_config_vars(Path(env), console.secrets) if env else dict(builder)
    environment = combine(builder, config_vars)
    if env:
        log_refused(config_vars, environment, console)
    log_of_other_builders(environment.variables, top, console)
    for notice in notices_about_buildpacks(top, builder):
        console.warning(notice)
    app = _app_in(top, environment.variables)
    console = replace(console, is_detailed=wants_debug(app, environment.variables))
    with usable_cache(Path(cache), console.warning) as folder:
        console.report.note(cache_status=state_without_entries(Path(cache), folder))
        effects = compose_effects(environment.variables, folder, console, installation)
        request = pipeline.BuildRequest(
            layout=in_app(repository, app.path_in_repository),
            bundles_python=BUNDLES_PYTHON,
            hook_variables={
                "BUILD_DIR": str(app.root),
                "CACHE_DIR": cache,
                "ENV_DIR": env or "",
            },
            tools=lambda settings, used: compose_tools(app.root, used, settings, installation),
            effects=effects,
            for_tests=for_tests,
        )
        built = pipeline.build(request)
    launch, run = built.launch, built.run

    _write_procfile(repository, built, console)
    texts = [read_if_there(folder.root / APP_JSON) or "" for folder in (top, app)]
    added = build_record.default_processes(built.record) or {}
    notice = notice_about_release(added, texts, builder)
    if notice:
        console.warning(notice)
    own = repository / IN_APP
    write(own / RELEASE, render_release(build_record.default_processes(built.record)))
    write_release_step(own, "..", launch.release)
    if run.libpython and run.libpython.is_relative_to(own):  # it moves with the app
        run = replace(run, libpython=run.libpython.relative_to(own))
    if env:  # a platform that passes no ENV reads no `export`
        programs = installation.programs_of_buildpacks
        script = export_script(own, app.root, programs, launch.defaults, run)
        _write_export(script, console, installation)
    launch = replace(launch, defaults={**launch.defaults, **BEHIND_A_ROUTER})
    write(repository / _PROFILE, profile_script_in_app(launch, run))
    if for_tests:  # last, because bin/test relies on the rest
        write(own / FOR_TESTS, "")
    console.success(f"Build succeeded in {console.now() - start:.1f} s")
    if built.advice:
        console.info(built.advice)
    return 0


def _remove_results(repository: Path) -> None:
    """Remove what an earlier build wrote that would mislead this one, or those who use it."""
    remove(repository / IN_APP / FOR_TESTS)
    procfile = repository / "Procfile"
    record = read_if_there(repository / IN_APP / build_record.FILE) or ""
    written = render_procfile(build_record.default_processes_in(record) or {})
    if written and read_if_there(procfile) == written:  # it has not been edited since
        remove(procfile)


def _app_in(top: AppFolder, variables: Mapping[str, str]) -> AppFolder:
    """Find the app's folder; detect, which sees no variables, accepts more than one way."""
    app = find_root(top, variables)
    if app == top:
        require_root(str(top.root))
    return app


def _write_export(script: str, console: Console, installation: Installation) -> None:
    """Write what the platform sources before it runs the next buildpack."""
    try:
        write(installation.export, script)
    except OSError:
        console.info(
            "Buildpacks that run after this one will not find the app's Python on PATH, "
            "because the file `export` could not be written to the folder of Slipway"
        )


def _write_procfile(repository: Path, built: pipeline.Built, console: Console) -> None:
    """Write the processes that the platform learns only from Slipway; log what it cannot."""
    names = built.launch.processes
    dotted = ", ".join(f"`{name}`" for name in names if "." in name)
    if dotted:
        console.warning(
            f"Heroku starts no process type with a dot in its name ({dotted}); use `-` instead"
        )
    processes = build_record.default_processes(built.record)
    folder = built.record.start_folder
    if not processes:
        return
    write(repository / "Procfile", render_procfile(processes))
    if not folder:
        return
    console.info(
        "Writing a Procfile to the top of the repository, where platforms read it. Its lines "
        f"start in {folder}/"
    )
    is_quoted = quote(folder) != folder
    lost = [f"`{name}`" for name, line in names.items() if is_quoted or needs_shell(line)]
    if lost:
        console.warning(
            f"Dokku and other platforms that use herokuish cannot start {' and '.join(lost)} "
            f"in {folder}/, because they start lines without a shell. To start there too, move "
            "the command into a script, and write only `bash SCRIPT` in the Procfile"
        )
