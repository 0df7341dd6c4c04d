"""Build, supply or lock an app; whatever happens, keep the cache within its limit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from slipway.domain.app_files import PRE_COMPILE
from slipway.domain.build_facts import facts_of_plan
from slipway.domain.build_plan import BuildPlan
from slipway.domain.layout import Layout
from slipway.domain.python.advice import advised, allowed
from slipway.domain.python.selection import OLDEST
from slipway.effects.cache.eviction import evict, in_use
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, scratch
from slipway.errors.app import DISK_FULL
from slipway.errors.python import (
    NeedsPython2,
    OldParts,
    PythonTooOld,
    RequestRefused,
    VersionsUnreadable,
)
from slipway.errors.stopped import BuildStopped
from slipway.steps.launch_processes import decide_launch
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.name_index import naming_index
from slipway.steps.pipeline.finish import finish, record_result
from slipway.steps.pipeline.prepare import naming_requirer, prepare, ready_to_lock
from slipway.steps.pipeline.request import BuildRequest, Built, Prepared
from slipway.steps.pipeline.which_python import (
    available_pythons,
    choosing_for,
    naming_other_python,
    select_python_for,
)
from slipway.steps.plan import plan
from slipway.steps.plan.check_addresses import learn_credentials
from slipway.steps.plan.find_root import files_without_effect
from slipway.steps.plan.old_parts import old_parts
from slipway.steps.read_services import variables_of_services
from slipway.steps.run_hooks import run_hook
from slipway.steps.start_modules import provide_start_modules

if TYPE_CHECKING:
    from slipway.domain.locks.written import MadeFrom, WrittenLock


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
            _remember_python(prepared)
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
        built = record_result(prepared, launch, prepared.run, prepared.libraries)
        _remember_python(prepared)
        return built


def _remember_python(prepared: Prepared) -> None:
    context = prepared.context
    prepared.choosing.remember(context.interpreter.minor, context.missing_python)


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
            except (NeedsPython2, VersionsUnreadable) as another:
                _name_old_parts(error, another.old)
                raise
            _name_old_parts(error, old_parts(app, decided.dependencies))
            tools = request.tools(decided.settings, request.effects)
            choosing = choosing_for(request, decided, tools)
            minors = allowed(available_pythons(choosing), [decided.python])
            error.instead = advised(choosing.fitting(minors), error.instead)
        raise


def _name_old_parts(error: RequestRefused, old: OldParts) -> None:
    if isinstance(error, PythonTooOld):
        error.old = old


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
        choosing = choosing_for(request, decided, tools)
        context = select_python_for(request, choosing, tools, may_bundle=False)
        with naming_other_python(choosing, context), naming_index(context):
            ready = ready_to_lock(context)
        with naming_other_python(choosing, context), naming_requirer(ready):
            locked = lock_requirements(ready.context, ready.wheels, preferred)
            return export_lock(ready.context, locked, ready.wheels, declared)


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
