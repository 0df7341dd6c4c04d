"""Build an app, from its folder to its process types: plan, prepare, finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from slipway.domain import build_record
from slipway.domain.app_files import POST_COMPILE, POSTINSTALL, PRE_COMPILE
from slipway.domain.build_plan import BuildPlan
from slipway.domain.build_record import BuildRecord, vendored_records
from slipway.domain.layout import Layout
from slipway.domain.requirements import lock
from slipway.domain.requirements.lines import split_extras
from slipway.domain.requirements.lock import Lock
from slipway.domain.run_environment import RunEnvironment, modules_of_python
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.cache.eviction import in_use
from slipway.effects.files import AppFolder, remove, write
from slipway.effects.packages.virtualenvs import put_in_env
from slipway.steps.build_wheels import build_wheels
from slipway.steps.check_processes import check_processes
from slipway.steps.collectstatic import collectstatic
from slipway.steps.context import BuildContext, Tools
from slipway.steps.inspect_vendored import inspect_required, inspect_vendored
from slipway.steps.install import Installed, install
from slipway.steps.launch_processes import launch_processes
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.plan import plan
from slipway.steps.plan.find_vendored import packages_at
from slipway.steps.run_hooks import run_hook, run_hook_with_pip
from slipway.steps.select_python import bundle_python, describe, select_python
from slipway.steps.shared_libraries import SharedLibraries, provide_libraries


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """A platform's request to build an app, with the folders to use."""

    layout: Layout
    bundles_python: bool
    """Whether to bundle the Python with the app if its settings do not say."""
    hook_variables: Mapping[str, str]
    """The platform's environment variables for hooks, in addition to those of the build."""
    tools: Callable[[Settings], Tools]
    effects: Effects


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The result of `prepare`, which `finish` needs."""

    context: BuildContext
    vendored: Sequence[InspectedPackage]
    installed: Installed


@dataclass(frozen=True, kw_only=True)
class Built:
    """The result of a build, for the platform."""

    launch: Launch
    run: RunEnvironment
    record: BuildRecord
    lock: Lock
    vendor_folders: Sequence[str]
    """The app's vendor folders; empty if it has no vendored packages."""
    markers: Mapping[str, str]
    """The values of environment markers for the app's Python."""
    required: Mapping[str, Sequence[str]]
    """The names of the packages that the app itself requires -> their extras."""


def build(request: BuildRequest) -> Built:
    """Build an app, then evict from the cache; other builds cannot evict from it meanwhile.

    Raises BuildStopped.
    """
    effects = request.effects
    with in_use(effects.cache) as cache_lock:
        run_hook(PRE_COMPILE, request.layout.app, _hook_variables(request), effects)
        decided = plan(AppFolder(request.layout.app), effects.environment)
        for notice in decided.notices:
            effects.console.warning(notice)
        built = finish(request, prepare(request, decided))
        cache_lock.evict(decided.settings.cache_limit)
    return built


def prepare(request: BuildRequest, decided: BuildPlan) -> Prepared:
    """Select the Python, build wheels, lock and install.

    Writes only to the cache and to the folders of the layout, not to the app's own files: some
    platforms forbid that at this point.

    Raises BuildStopped.
    """
    layout, effects = request.layout, request.effects
    vendored = inspect_vendored(layout.app, decided.vendoring, effects)
    context = _select_python(request, decided)
    required: list[InspectedPackage] = []

    def find(path: str) -> Sequence[InspectedPackage]:
        packages = packages_at(AppFolder(layout.app), path)
        required.extend(inspect_required(layout.app, packages, effects))
        return required[-len(packages.packages) :] if packages.packages else ()

    wheels = build_wheels(context, vendored, find)
    locked = lock_requirements(context, wheels)
    installed = install(context, locked, wheels)
    return Prepared(context=context, vendored=(*vendored, *required), installed=installed)


def _select_python(request: BuildRequest, decided: BuildPlan) -> BuildContext:
    layout, effects, settings = request.layout, request.effects, decided.settings
    tools = request.tools(settings)
    interpreter = select_python(decided, tools.managed_pythons, layout.app, effects)
    effects.console.header(f"Python {interpreter.version}")
    effects.console.info(describe(decided.python, interpreter, settings.python_source))
    is_requested = (
        request.bundles_python if settings.bundle_python is None else settings.bundle_python
    )
    is_bundled = is_requested or not interpreter.stays_in_image
    if is_bundled:
        reason = (
            "the image that runs the app may have none"
            if is_requested
            else ("it is not part of the image")
        )
        effects.console.info(f"Bundling Python with the app, because {reason}")
        bundle_python(interpreter, layout.python, effects)
    else:
        remove(layout.python)
        effects.console.info(
            "Not bundling Python: the app must run in the same image that builds it"
        )
    return BuildContext(
        layout=layout,
        plan=decided,
        interpreter=interpreter,
        is_python_bundled=is_bundled,
        tools=tools,
        effects=effects,
    )


def finish(request: BuildRequest, prepared: Prepared) -> Built:
    """Run hooks and Django's commands in the virtual environment, and record the result.

    Raises BuildStopped.
    """
    context, installed, effects = prepared.context, prepared.installed, request.effects
    virtualenv = context.virtualenv
    libraries = provide_libraries(context, installed.digest)
    run = _run_environment(context, libraries)
    modules = context.app if run.app_is_on_python_path else None
    variables: Mapping[str, str] = put_in_env(
        effects.environment, virtualenv, modules, run.libpython
    )
    write(context.layout.record / lock.FILE, lock.render(installed.lock))
    locked = installed.lock.names

    for_hooks = _hook_variables(request, variables)
    is_changed = run_hook_with_pip(POSTINSTALL, context, for_hooks, locked)
    collected = collectstatic(context, variables)
    variables = collected.variables
    for_hooks = _hook_variables(request, variables)
    is_changed |= run_hook_with_pip(POST_COMPILE, context, for_hooks, locked)
    # The next build must not reuse anything that depends on what hooks have installed.
    # A hook may also change files that no record lists.
    digest = None if context.plan.hooks else installed.digest
    if is_changed:
        libraries = provide_libraries(context, digest)
        run = replace(run, libpython=libraries.libpython)
        variables = put_in_env(variables, virtualenv, modules, run.libpython)

    # Only now, because hooks may install the programs of processes.
    launch = launch_processes(context)
    check_processes(context, launch, variables, digest, collected.commands)
    record = BuildRecord(
        python=virtualenv.version,
        python_bundled=context.is_python_bundled,
        packages=virtualenv.distributions(),
        vendored=vendored_records(prepared.vendored, installed.lock),
        shared_libraries=libraries.of_the_image,
        processes=launch.processes,
        processes_are_default=launch.is_default,
    )
    write(context.layout.record / build_record.FILE, build_record.render(record))
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
            for line in context.plan.dependencies.requirements
            if line.name
        },
    )


def _run_environment(context: BuildContext, libraries: SharedLibraries) -> RunEnvironment:
    """Decide what the app's processes get, and log if they do not get the usual."""
    app = AppFolder(context.app)
    entries = (f"{name}__init__.py" if name.endswith("/") else name for name in app.entries())
    replaced = [name for name in modules_of_python(entries) if app.has(name)]
    if replaced:
        context.effects.console.info(
            "Not adding the app's folder to PYTHONPATH: all programs would load "
            f"{replaced[0]} in place of Python's own module of that name"
        )
    return RunEnvironment(app_is_on_python_path=not replaced, libpython=libraries.libpython)


def _hook_variables(
    request: BuildRequest, variables: Mapping[str, str] | None = None
) -> Mapping[str, str]:
    """Return a hook's environment variables: the build's and the platform's for hooks."""
    return {**(variables or request.effects.environment), **request.hook_variables}
