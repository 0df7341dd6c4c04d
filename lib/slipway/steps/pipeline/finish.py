"""Finish an app: run its hooks and Django's commands, decide and check its processes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slipway.domain import build_record
from slipway.domain.app_files import POST_COMPILE, POSTINSTALL
from slipway.domain.build_record import BuildRecord, added_to_lock, vendored_records
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import split_extras
from slipway.domain.requirements.lock import Lock
from slipway.domain.run_environment import RunEnvironment
from slipway.domain.web.launch import Launch, Web
from slipway.effects.files import AppFolder, scratch, write
from slipway.effects.packages.virtualenvs import put_in_env
from slipway.errors.stopped import BuildStopped
from slipway.errors.web import ProcessesUnusable
from slipway.steps.check_allowed_hosts import check_allowed_hosts
from slipway.steps.check_app_json import check_app_json
from slipway.steps.check_database_urls import check_database_urls
from slipway.steps.check_django_names import check_django_names
from slipway.steps.check_processes import check_processes
from slipway.steps.collectstatic import collectstatic
from slipway.steps.context import BuildContext
from slipway.steps.find_tests import log_tests
from slipway.steps.install import connect_for_start
from slipway.steps.launch_processes import launch_of_tests, launch_processes
from slipway.steps.pipeline.request import BuildRequest, Built, Prepared
from slipway.steps.pipeline.which_python import naming_other_python
from slipway.steps.plan.find_web import find_web
from slipway.steps.prove_pages import key_of_pages, prove_pages
from slipway.steps.prove_targets import files_digest, prove_targets
from slipway.steps.run_hooks import run_hook_with_pip
from slipway.steps.shared_libraries import SharedLibraries, provide_libraries
from slipway.steps.start_modules import provide_start_modules


def finish(request: BuildRequest, prepared: Prepared, for_app: Mapping[str, str]) -> Built:
    """Run hooks and Django's commands in the virtual environment, and record the result.

    `for_app` are the variables of the build and those of bound services.

    Raises BuildStopped.
    """
    with scratch("django") as folder:  # files that throw-away values name
        return _finish(request, prepared, for_app, folder)


def _finish(
    request: BuildRequest, prepared: Prepared, for_app: Mapping[str, str], folder: Path
) -> Built:
    context, installed, effects = prepared.context, prepared.installed, request.effects
    virtualenv, libraries, run = context.virtualenv, prepared.libraries, prepared.run
    modules = context.app if run.app_is_on_python_path else None
    variables: Mapping[str, str] = put_in_env(for_app, virtualenv, modules, run.libpython)
    locked = installed.lock.names

    for_hooks = {**variables, **request.hook_variables}
    is_changed = run_hook_with_pip(POSTINSTALL, context, for_hooks, locked)
    check_django_names(context)  # first, because collectstatic may fail for one of them
    # The next build must not reuse anything that depends on what hooks have installed.
    # A hook may also change files that no record lists.
    digest = None if context.plan.hooks else installed.digest
    files = files_digest(context.start_folder) if digest and context.plan.django else ""
    of_pages = key_of_pages(context, variables, digest, files)
    is_proved = of_pages is not None and effects.cache.entry(of_pages) is not None
    imports_pages = not is_proved and not request.for_tests
    with naming_other_python(prepared.choosing, context), effects.report.step("collectstatic"):
        collected = collectstatic(context, variables, folder, imports_pages=imports_pages)
    variables = collected.variables
    for_hooks = {**variables, **request.hook_variables}
    is_changed |= run_hook_with_pip(POST_COMPILE, context, for_hooks, locked)
    if is_changed:
        libraries = provide_libraries(context, digest)
        run = replace(run, libpython=libraries.libpython)
        variables = put_in_env(variables, virtualenv, modules, run.libpython)

    if request.for_tests:
        launch = launch_of_tests(context)
        app = AppFolder(context.app, effects.console.secrets, context.layout.repository)
        log_tests(app, virtualenv.distributions(), effects.environment, effects.console)
        for notice in check_app_json(context, variables):
            effects.console.warning(notice)
        return record_result(prepared, launch, run, libraries)
    # Only now, because hooks may install the programs of processes.
    launch = launch_processes(context)
    provide_start_modules(context, launch.release)
    known = {**collected.with_placeholders, **variables}
    with effects.report.step("processes"):
        problems = [
            *check_processes(context, launch, variables, digest, collected.commands),
            *prove_targets(
                context, launch, known, digest, lambda: web_without_procfile(context), files
            ),
        ]
        is_default = launch.is_default and bool(problems)
        if not is_proved:
            problems += prove_pages(context, launch, collected, of_pages)
        if problems and (is_default or context.plan.settings.strict):
            raise ProcessesUnusable(problems=tuple(problems), is_default=is_default)
    problems += check_allowed_hosts(context, launch, collected)
    problems += check_database_urls(context, variables, tuple(problems))
    for problem in problems:
        effects.console.warning(problem)
    return record_result(prepared, launch, run, libraries)


def record_result(
    prepared: Prepared, launch: Launch, run: RunEnvironment, libraries: SharedLibraries
) -> Built:
    """Record the result, and complete what depends on where the app will run."""
    context, installed = prepared.context, prepared.installed
    virtualenv, dependencies = context.virtualenv, context.plan.dependencies
    record = BuildRecord(
        python=virtualenv.version,
        python_bundled=context.is_python_bundled,
        packages=virtualenv.distributions(),
        added=added_to_lock(dependencies, installed.lock),
        vendored=vendored_records(prepared.vendored, installed.lock),
        shared_libraries=libraries.of_the_image,
        processes=launch.processes,
        processes_are_default=launch.is_default,
        start_folder=_start_folder(context),
    )
    write(context.layout.record / build_record.FILE, build_record.render(record))
    connect_for_start(context)
    vendoring = context.plan.vendoring
    return Built(
        launch=launch,
        run=run,
        record=record,
        lock=installed.lock,
        vendor_folders=vendoring.folders if vendoring.packages or vendoring.namespaces else (),
        markers=context.interpreter.markers,
        required={
            line.name: split_extras(line.extras)
            for line in dependencies.requirements
            if line.name
        },
        advice=_advice(dependencies, installed.lock),
    )


def _start_folder(context: BuildContext) -> str:
    path = context.start_folder.relative_to(context.layout.repository)
    return "" if path == Path() else str(path)


def web_without_procfile(context: BuildContext) -> Web | None:
    """Return what the process `web` would serve if the app had no Procfile."""
    if context.app != context.start_folder:
        return None
    decided = context.plan
    app = AppFolder(context.app, context.effects.console.secrets)
    settings = replace(decided.settings, app=None)
    is_django = decided.django is not None and decided.django.web is not None
    with suppress(BuildStopped):
        search = find_web(app, {}, settings, {}, decided.dependencies, [], is_django=is_django)
        packages = context.virtualenv.distributions()
        return replace(decided, procfile=None, search=search).web(packages)
    return None


def _advice(dependencies: Dependencies, installed: Lock) -> str:
    """Say how an app without a lock gets one; empty if it needs none."""
    is_vendored = all(one.source and "://" not in one.source for one in installed)
    if dependencies.is_lock or not dependencies.requirements or is_vendored:
        return ""
    return (
        "To install the same versions next time, commit a lock: pip-compile, uv, Poetry, PDM "
        "and Pipenv write one, and so does `bin/slipway lock APP` in a clone of Slipway"
    )
