"""Prepare an app: its Python, the wheels of vendored packages, the lock, the packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from slipway.domain.build_facts import facts_of_packages
from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.fit import not_editable
from slipway.domain.requirements import lock
from slipway.domain.requirements.conflicts import requirer_of_build
from slipway.domain.requirements.hashed_archives import with_hashed_archives
from slipway.domain.run_environment import RunEnvironment, modules_of_python
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.effects.files import AppFolder, write
from slipway.errors.building import FailedBuild
from slipway.steps.build_wheels import build_wheels
from slipway.steps.context import BuildContext
from slipway.steps.fetch_pinned import fetch_pinned
from slipway.steps.gunicorn_commands import provide_gunicorn_commands
from slipway.steps.inspect_vendored import inspect_required, inspect_vendored
from slipway.steps.install import install
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.name_index import naming_index
from slipway.steps.pipeline.request import BuildRequest, Prepared
from slipway.steps.pipeline.which_python import (
    choosing_for,
    naming_other_python,
    select_python_for,
)
from slipway.steps.plan.find_vendored import packages_at
from slipway.steps.provide_nltk_data import provide_nltk_data
from slipway.steps.shared_libraries import SharedLibraries, provide_libraries
from slipway.toolchains.protocol import LocalDistribution


def prepare(request: BuildRequest, decided: BuildPlan) -> Prepared:
    """Select the Python, build wheels, lock, install, and complete what was installed.

    Writes only to the cache and to the folders of the layout, not to the app's own files: some
    platforms forbid that at this point.

    Raises BuildStopped.
    """
    tools = request.tools(decided.settings, request.effects)
    choosing = choosing_for(request, decided, tools)
    report = request.effects.report
    with report.step("python"):
        context = select_python_for(request, choosing, tools)
    dependencies = context.plan.dependencies
    notice = not_editable(dependencies.pins, dependencies.origin)
    if notice:
        request.effects.console.once(notice)
    naming = naming_other_python(choosing, context)
    with naming, naming_index(context), report.step("wheels"):
        ready = ready_to_lock(context, fetches_archives=True)
    naming = naming_other_python(choosing, context)
    with naming, naming_requirer(ready), report.step("lock"):
        locked = lock_requirements(ready.context, ready.wheels)
    versions = {package.name: package.version for package in locked.lock}
    report.note(**facts_of_packages(versions))
    naming = naming_other_python(choosing, context, versions)
    with naming, naming_requirer(ready), report.step("install"):
        installed = install(ready.context, locked, ready.wheels)
    # Before hooks run, whose changes a digest of the virtual environment must show.
    provide_gunicorn_commands(ready.context)
    libraries = provide_libraries(ready.context, installed.digest)
    with report.step("nltk_data"):
        digest = provide_nltk_data(ready.context, installed.digest, libraries.libpython)
    installed = replace(installed, digest=digest)
    write(context.layout.record / lock.FILE, lock.render(installed.lock))
    return Prepared(
        context=ready.context,
        vendored=ready.vendored,
        installed=installed,
        choosing=choosing,
        libraries=libraries,
        run=_run_environment(ready.context, libraries),
    )


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A Python, and the wheels that no index is asked for."""

    context: BuildContext
    vendored: Sequence[InspectedPackage]
    wheels: Sequence[LocalDistribution]


def ready_to_lock(context: BuildContext, *, fetches_archives: bool = False) -> Ready:
    """Build or fetch each wheel that does not come from the default index.

    With `fetches_archives`, also those of archives that the app requires with hashes.
    """
    effects, root = context.effects, context.layout.path_in_repository
    app = AppFolder(context.app, effects.console.secrets)
    vendored = inspect_vendored(context.app, context.plan.vendoring, effects, root)
    required: list[InspectedPackage] = []

    def find(path: str) -> Sequence[InspectedPackage]:
        packages = packages_at(app, path)
        required.extend(inspect_required(context.app, packages, effects, root))
        return required[-len(packages.packages) :] if packages.packages else ()

    wheels = build_wheels(context, vendored, find)
    if fetches_archives and not context.plan.settings.offline:
        taken = {wheel.name for wheel in wheels}
        plan, markers = context.plan, context.interpreter.markers
        dependencies = with_hashed_archives(plan.dependencies, markers, taken)
        context = replace(context, plan=replace(plan, dependencies=dependencies))
    wheels += fetch_pinned(context, wheels)
    return Ready(context=context, vendored=(*vendored, *required), wheels=wheels)


@contextmanager
def naming_requirer(ready: Ready) -> Iterator[None]:
    """Say in an error what requires a package that cannot be built, or names an index."""
    try:
        with naming_index(ready.context):
            yield
    except FailedBuild as error:
        known = {wheel.name: wheel for wheel in ready.wheels}
        dependencies = ready.context.plan.dependencies
        error.required_by = requirer_of_build(error, dependencies, known)
        raise


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
    return RunEnvironment(
        app_is_on_python_path=not replaced,
        libpython=libraries.libpython,
        root=context.layout.path_in_repository,
    )
