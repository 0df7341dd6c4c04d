"""Build an app, from its folder to its process types: plan, prepare, finish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain import build_record
from slipway.domain.app_files import POST_COMPILE, POSTINSTALL, PRE_COMPILE
from slipway.domain.build_facts import facts_of_packages, facts_of_plan
from slipway.domain.build_plan import BuildPlan
from slipway.domain.build_record import BuildRecord, added_to_lock, vendored_records
from slipway.domain.database_urls import OLD_SCHEME
from slipway.domain.index_config.credentials import credential_variables
from slipway.domain.index_config.project_settings import index_of_lock
from slipway.domain.layout import Layout
from slipway.domain.locks.fit import fit_to_python, not_editable
from slipway.domain.python.advice import advised, allowed, may_download, nearest
from slipway.domain.python.choice import PythonChoice, widened
from slipway.domain.python.selection import ANY_PYTHON, OLDEST, Interpreter
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.python.support import support_notices
from slipway.domain.requirements import lock
from slipway.domain.requirements.conflicts import requirer_of_build
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import split_extras
from slipway.domain.requirements.lock import Lock
from slipway.domain.run_environment import RunEnvironment, modules_of_python
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.domain.web.launch import Launch, Web
from slipway.effects import Effects
from slipway.effects.cache.eviction import evict, in_use
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, remove, scratch, write
from slipway.effects.packages.virtualenvs import put_in_env
from slipway.errors.app import DISK_FULL
from slipway.errors.building import FailedBuild
from slipway.errors.fetching import IndexRefused, OfAnIndex
from slipway.errors.python import (
    NeedsPython2,
    OldParts,
    PythonNotFound,
    PythonTooOld,
    RequestRefused,
    UnfitForPython,
)
from slipway.errors.stopped import BuildStopped
from slipway.errors.web import ProcessesUnusable
from slipway.steps.build_wheels import build_wheels
from slipway.steps.check_database_urls import check_database_urls
from slipway.steps.check_django_names import check_django_names
from slipway.steps.check_processes import check_processes
from slipway.steps.choose_python import Choosing
from slipway.steps.collectstatic import collectstatic
from slipway.steps.context import BuildContext, Tools
from slipway.steps.fetch_pinned import fetch_pinned
from slipway.steps.find_tests import log_tests
from slipway.steps.gunicorn_commands import provide_gunicorn_commands
from slipway.steps.inspect_vendored import inspect_required, inspect_vendored
from slipway.steps.install import Installed, connect_for_start, install
from slipway.steps.launch_processes import decide_launch, launch_of_tests, launch_processes
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.plan import plan
from slipway.steps.plan.check_addresses import learn_credentials
from slipway.steps.plan.find_root import files_without_effect
from slipway.steps.plan.find_vendored import packages_at
from slipway.steps.plan.find_web import find_web
from slipway.steps.plan.old_parts import old_parts
from slipway.steps.prove_targets import prove_targets
from slipway.steps.provide_nltk_data import provide_nltk_data
from slipway.steps.read_services import variables_of_services
from slipway.steps.run_hooks import run_hook, run_hook_with_pip
from slipway.steps.select_python import bundle_python, describe, image_releases, select_python
from slipway.steps.shared_libraries import SharedLibraries, provide_libraries
from slipway.steps.start_modules import provide_start_modules
from slipway.toolchains.protocol import LocalDistribution

if TYPE_CHECKING:
    from slipway.domain.locks.written import MadeFrom, WrittenLock


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """A platform's request to build an app, with the folders to use."""

    layout: Layout
    bundles_python: bool
    """Whether to bundle the Python with the app if its settings do not say."""
    hook_variables: Mapping[str, str]
    """The platform's environment variables for hooks, in addition to those of the build."""
    tools: Callable[[Settings, Effects], Tools]
    effects: Effects
    platform: Path | None = None
    """The folder of a Cloud Native platform, which may have the credentials of services."""
    is_supplied: bool = False
    """Whether another process has called `supply` for the same app, and logged what it did."""
    reads_yaml: bool = False
    """Whether the platform reads the Procfile as YAML."""
    for_tests: bool = False
    """Whether to install what the app's tests need, too."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The result of `prepare`, which `finish` needs."""

    context: BuildContext
    vendored: Sequence[InspectedPackage]
    installed: Installed
    choosing: Choosing
    libraries: SharedLibraries
    run: RunEnvironment


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
    advice: str
    """How to get the same versions in the next build; empty if the app has a lock."""


def build(request: BuildRequest) -> Built:
    """Build an app; whether that succeeds or not, keep the cache within its limit.

    After `supply`, what it did is done again, from the cache and without a log. That takes a
    fraction of a second, and no file has to tell one process what another has decided.

    Raises BuildStopped.
    """
    effects = request.effects
    with ExitStack() as stack:
        app = _start(request, stack)
        services = stack.enter_context(variables_of_services(effects, request.platform))
        # What installs packages does without them, so that no result depends on a password.
        for_app = {**effects.environment, **services}
        run_hook(
            PRE_COMPILE, request.layout.app, {**for_app, **request.hook_variables}, effects
        )
        with effects.console.silenced() if request.is_supplied else nullcontext():
            request, prepared = _plan_and_prepare(request, app, stack)
        built = finish(request, prepared, for_app)
        if not request.for_tests:  # packages for tests may fit fewer Pythons
            prepared.choosing.remember(prepared.context.interpreter.minor)
        return built


def supply(request: BuildRequest) -> Built:
    """Do the half of a build that runs no code of the app and changes no file of it.

    The result works without the other half: process types, hooks and static files are then a
    matter of the platform's last buildpack.

    Raises BuildStopped.
    """
    with ExitStack() as stack:
        app = _start(request, stack)
        request, prepared = _plan_and_prepare(request, app, stack)
        context = prepared.context
        launch = replace(decide_launch(context), processes={})
        provide_start_modules(context, launch.release)
        built = _record(prepared, launch, prepared.run, prepared.libraries)
        prepared.choosing.remember(context.interpreter.minor)
        return built


def _start(request: BuildRequest, stack: ExitStack) -> AppFolder:
    """Return the app's folder; keep the cache from eviction until the `stack` ends."""
    layout, effects = request.layout, request.effects
    stack.enter_context(in_use(effects.cache))
    app = AppFolder(layout.app, effects.console.secrets, layout.repository)
    if not request.is_supplied:
        _log_root(layout, effects.console)
    learn_credentials(app, effects.environment)
    return app


def _plan_and_prepare(
    request: BuildRequest, app: AppFolder, stack: ExitStack
) -> tuple[BuildRequest, Prepared]:
    """Plan and prepare; the cache is kept within its limit when the `stack` ends.

    Raises BuildStopped, OSError.
    """
    report = request.effects.report
    with report.step("plan"):
        decided = _planned(app, request)
    report.note(**facts_of_plan(decided))
    for notice in decided.notices:
        request.effects.console.warning(notice)
    stack.callback(evict, request.effects.cache, decided.settings.cache_limit)
    return _prepare_whatever_the_cache(request, decided, stack)


def _planned(app: AppFolder, request: BuildRequest) -> BuildPlan:
    """Plan; an error about a Python that Slipway does not install names one that fits.

    Raises BuildStopped.
    """
    environment = request.effects.environment
    try:
        return plan(
            app, environment, reads_yaml=request.reads_yaml, for_tests=request.for_tests
        )
    except RequestRefused as error:
        with suppress(BuildStopped, OSError):  # this error counts, whatever keeps facts away
            others = {"SLIPWAY_PYTHON_VERSION": error.others or f">={OLDEST}"}
            try:
                decided = plan(app, {**environment, **others})
            except NeedsPython2 as another:
                _name_old_parts(error, another.old)
                raise
            _name_old_parts(error, old_parts(app, decided.dependencies))
            tools = request.tools(decided.settings, request.effects)
            choosing = _choosing(request, decided, tools)
            minors = allowed(_available(choosing), [decided.python])
            error.instead = advised(choosing.fitting(minors), error.instead)
        raise


def _name_old_parts(error: RequestRefused, old: OldParts) -> None:
    if isinstance(error, PythonTooOld):
        error.old = old


def _available(choosing: Choosing) -> tuple[str, ...]:
    """Return the minor versions of Python that an app could have in this build."""
    settings, effects = choosing.plan.settings, choosing.effects
    found = set(MINORS if may_download(settings, effects.environment) else ())
    if settings.python_source != "managed":
        found |= {*map(minor_of, choosing.on_image())}
    return tuple(found)


def _prepare_whatever_the_cache(
    request: BuildRequest, decided: BuildPlan, stack: ExitStack
) -> tuple[BuildRequest, Prepared]:
    """Prepare; if the cache is why that fails, make room in it once, or go on without it.

    What has been stored so far is used again. Returns the request with the cache that was
    used, which may be a temporary one, removed by the `stack`.

    Raises BuildStopped, OSError.
    """
    for may_make_room in (True, False):
        try:
            return request, prepare(request, decided)
        except (BuildStopped, OSError) as error:
            instead = _without_fault(request, error, stack, may_make_room=may_make_room)
            if instead is None:
                raise
            request = instead
    return request, prepare(request, decided)


def _without_fault(
    request: BuildRequest, error: Exception, stack: ExitStack, *, may_make_room: bool
) -> BuildRequest | None:
    """Return the request with a cache that has room; None if the cache is not to blame."""
    # Only failures need these.
    from slipway.effects.cache.eviction import make_room
    from slipway.effects.cache.faults import fault_of, is_room_elsewhere

    effects, cache = request.effects, request.effects.cache
    fault = fault_of(cache.folder, error, request.layout.app)
    if fault is None:
        return None
    is_full = fault.errno in DISK_FULL
    if is_full and may_make_room and make_room(cache):
        effects.console.warning("The disk of the cache was full; trying again")
        return request
    if is_full and not is_room_elsewhere(cache.folder):
        return None
    effects.console.warning(
        f"The cache cannot be used: {fault.strerror}. This build goes on without it, and the "
        "next ones take longer until that is mended"
    )
    effects.report.note(cache_status="unusable")
    effects = effects.with_cache_in(stack.enter_context(scratch("cache")))
    stack.enter_context(in_use(effects.cache))
    return replace(request, effects=effects)


def prepare(request: BuildRequest, decided: BuildPlan) -> Prepared:
    """Select the Python, build wheels, lock, install, and complete what was installed.

    Writes only to the cache and to the folders of the layout, not to the app's own files: some
    platforms forbid that at this point.

    Raises BuildStopped.
    """
    tools = request.tools(decided.settings, request.effects)
    choosing = _choosing(request, decided, tools)
    report = request.effects.report
    with report.step("python"):
        context = _select_python(request, choosing, tools)
    dependencies = context.plan.dependencies
    notice = not_editable(dependencies.pins, dependencies.origin)
    if notice:
        request.effects.console.once(notice)
    with _naming_other_python(choosing, context), report.step("wheels"):
        ready = _ready_to_lock(context)
    naming = _naming_other_python(choosing, context)
    with naming, _naming_requirer(ready), report.step("lock"):
        locked = lock_requirements(ready.context, ready.wheels)
    versions = {package.name: package.version for package in locked.lock}
    report.note(**facts_of_packages(versions))
    naming = _naming_other_python(choosing, context, versions)
    with naming, _naming_requirer(ready), report.step("install"):
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


def lock_app(
    request: BuildRequest,
    decided: BuildPlan,
    declared: MadeFrom,
    preferred: Sequence[str] | None,
) -> WrittenLock:
    """Lock what a build would install, for a file of the app; nothing is installed.

    `declared` is as in export_lock, `preferred` as in lock_requirements.

    Raises BuildStopped.
    """
    from slipway.steps.export_lock import export_lock  # no build needs it

    with in_use(request.effects.cache):
        tools = request.tools(decided.settings, request.effects)
        choosing = _choosing(request, decided, tools)
        context = _select_python(request, choosing, tools, may_bundle=False)
        with _naming_other_python(choosing, context):
            ready = _ready_to_lock(context)
        with _naming_other_python(choosing, context), _naming_requirer(ready):
            locked = lock_requirements(ready.context, ready.wheels, preferred)
            return export_lock(ready.context, locked, ready.wheels, declared)


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """A Python, and the wheels that no index is asked for."""

    context: BuildContext
    vendored: Sequence[InspectedPackage]
    wheels: Sequence[LocalDistribution]


def _ready_to_lock(context: BuildContext) -> _Ready:
    """Build or fetch each wheel that does not come from the default index."""
    effects, root = context.effects, context.layout.path_in_repository
    app = AppFolder(context.app, effects.console.secrets)
    vendored = inspect_vendored(context.app, context.plan.vendoring, effects, root)
    required: list[InspectedPackage] = []

    def find(path: str) -> Sequence[InspectedPackage]:
        packages = packages_at(app, path)
        required.extend(inspect_required(context.app, packages, effects, root))
        return required[-len(packages.packages) :] if packages.packages else ()

    wheels = build_wheels(context, vendored, find)
    wheels += fetch_pinned(context, wheels)
    return _Ready(context=context, vendored=(*vendored, *required), wheels=wheels)


@contextmanager
def _naming_requirer(ready: _Ready) -> Iterator[None]:
    """Say in an error what requires a package that cannot be built, or names an index."""
    try:
        yield
    except FailedBuild as error:
        known = {wheel.name: wheel for wheel in ready.wheels}
        dependencies = ready.context.plan.dependencies
        error.required_by = requirer_of_build(error, dependencies, known)
        raise
    except OfAnIndex as error:
        dependencies = ready.context.plan.dependencies
        index = index_of_lock(dependencies.lock, dependencies.options, error.index)
        if index is not None:
            error.named_in = dependencies.origin
            if isinstance(error, IndexRefused):
                error.variables = credential_variables(index)
        raise


@contextmanager
def _naming_other_python(
    choosing: Choosing, context: BuildContext, versions: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Name another Python in an error of what does not work with this one, if one fits.

    `versions` is as in find_other_python.
    """
    try:
        yield
    except UnfitForPython as error:
        from slipway.steps.find_other_python import find_other_python  # only failures need it

        if isinstance(error, FailedBuild) and not error.is_vendored:
            error.old = old_parts(AppFolder(context.app), context.plan.dependencies)
        with suppress(BuildStopped, OSError):  # this error counts, whatever keeps facts away
            find_other_python(
                error, context, versions or {}, choosing.metadata, choosing.at_hand()
            )
        raise


def _choosing(request: BuildRequest, decided: BuildPlan, tools: Tools) -> Choosing:
    """Return what chooses the Python of an app that leaves it open."""
    app, effects = request.layout.app, request.effects
    uses_image = decided.settings.python_source != "managed"
    return Choosing(
        plan=decided,
        app=app,
        effects=effects,
        pip=tools.pip,
        on_image=lambda: image_releases(app, effects) if uses_image else (),
        downloaded=lambda: [one.version for one in tools.managed_pythons().cached(ANY_PYTHON)],
    )


def _choose_python(
    choosing: Choosing, select: Callable[[BuildPlan], Interpreter]
) -> tuple[PythonChoice, Interpreter]:
    """Choose a Python and select it; if it is not available, choose again.

    Raises PythonNotFound.
    """
    choice = choosing.choose()
    while True:
        try:
            return choice, select(replace(choosing.plan, python=choice.request))
        except PythonNotFound as error:
            usable = choosing.usable() if choice.is_narrowed else ()
            if not choice.is_kept and not usable:
                error.because = choice.reason
                error.nearest = _nearest_of_image(choosing)
                raise
            missing = error
        if choice.is_kept:
            choice = choosing.choose(may_keep=False)
        else:
            choice = widened(choice, usable[0], missing)


def _nearest_of_image(choosing: Choosing) -> str:
    """Return the minor version of the image that an app could request instead; or nothing."""
    with suppress(BuildStopped, OSError):  # the error counts, whatever keeps facts away
        on_image = dict.fromkeys(map(minor_of, image_releases(choosing.app, choosing.effects)))
        return nearest(choosing.fitting([*on_image]), choosing.plan.python)
    return ""


def _has_unknown_pins(choosing: Choosing, interpreter: Interpreter) -> bool:
    """Return whether an app pins packages of which only an index knows the files."""
    from slipway.domain.python.pinned import index_questions  # only a few builds need it

    return bool(index_questions(choosing.plan, [interpreter.version], choosing.metadata))


def _select_python(
    request: BuildRequest, choosing: Choosing, tools: Tools, *, may_bundle: bool = True
) -> BuildContext:
    layout, effects, decided = request.layout, request.effects, choosing.plan
    settings = decided.settings
    choice, interpreter = _choose_python(
        choosing,
        lambda chosen: select_python(chosen, tools.managed_pythons, layout.app, effects),
    )
    effects.console.header(f"Python {interpreter.version}")
    effects.report.note(python_version=interpreter.version)
    effects.console.info(describe(choice, interpreter, settings.python_source))
    since_last_build = choice.since_last_build(interpreter.minor)
    if since_last_build:
        effects.console.info(since_last_build)
    today = datetime.fromtimestamp(effects.cache.now(), timezone.utc).date()
    of_support = support_notices(
        interpreter.version,
        choice.requested,
        today,
        held_back_by=choice.reason_for(interpreter.minor),
        has_unknown_pins=lambda: _has_unknown_pins(choosing, interpreter),
        newer=lambda minors: choosing.fitting(
            [minor for minor in minors if minor in _available(choosing)], may_ask=False
        ),
        may_download=may_download(settings, effects.environment),
    )
    for notice in (*choice.notices, *of_support):
        effects.console.warning(notice)
    is_requested = (
        request.bundles_python if settings.bundle_python is None else settings.bundle_python
    )
    is_bundled = may_bundle and (is_requested or not interpreter.stays_in_image)
    if is_bundled:
        reason = (
            "the image that runs the app may have none"
            if is_requested
            else ("it is not part of the image")
        )
        effects.console.info(f"Bundling Python with the app, because {reason}")
        bundle_python(interpreter, layout.python, effects)
    elif may_bundle:
        remove(layout.python)
        effects.console.info(
            "Not bundling Python: the app must run in the same image that builds it"
        )
    context = BuildContext(
        layout=layout,
        plan=decided,
        interpreter=interpreter,
        is_python_bundled=is_bundled,
        missing_python=choice.missing,
        tools=tools,
        effects=effects,
    )
    with _naming_other_python(choosing, context):
        return replace(context, plan=fit_to_python(decided, interpreter.markers))


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
    with _naming_other_python(prepared.choosing, context), effects.report.step("collectstatic"):
        collected = collectstatic(context, variables, folder)
    variables = collected.variables
    for_hooks = {**variables, **request.hook_variables}
    is_changed |= run_hook_with_pip(POST_COMPILE, context, for_hooks, locked)
    # The next build must not reuse anything that depends on what hooks have installed.
    # A hook may also change files that no record lists.
    digest = None if context.plan.hooks else installed.digest
    if is_changed:
        libraries = provide_libraries(context, digest)
        run = replace(run, libpython=libraries.libpython)
        variables = put_in_env(variables, virtualenv, modules, run.libpython)

    if request.for_tests:
        launch = launch_of_tests(context)
        app = AppFolder(context.app, effects.console.secrets, context.layout.repository)
        log_tests(app, virtualenv.distributions(), effects.environment, effects.console)
        return _record(prepared, launch, run, libraries)
    # Only now, because hooks may install the programs of processes.
    launch = launch_processes(context)
    provide_start_modules(context, launch.release)
    known = {**collected.with_placeholders, **variables}
    with effects.report.step("processes"):
        problems = [
            *check_processes(context, launch, variables, digest, collected.commands),
            *prove_targets(
                context, launch, known, digest, lambda: web_without_procfile(context)
            ),
        ]
        if problems and (launch.is_default or context.plan.settings.strict):
            raise ProcessesUnusable(problems=tuple(problems), is_default=launch.is_default)
    if not any(OLD_SCHEME in one for one in problems):
        problems += check_database_urls(context, variables)
    for problem in problems:
        effects.console.warning(problem)
    return _record(prepared, launch, run, libraries)


def _record(
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


def _log_root(layout: Layout, console: Console) -> None:
    """Log that the app is in a folder of its repository, and what at the top does not count."""
    root = layout.path_in_repository
    if not root:
        return
    console.header(f"App in {root}/")
    unused = files_without_effect(AppFolder(layout.repository))
    if unused:
        console.info(
            f"Only the files in {root}/ count, not {', '.join(unused)} at the top of the "
            "repository"
        )


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
