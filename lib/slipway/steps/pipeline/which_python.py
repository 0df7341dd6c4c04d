"""Choose and select the Python of an app, and name another one that would fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.fit import fit_to_python
from slipway.domain.python.advice import may_download, nearest
from slipway.domain.python.choice import PythonChoice, standing_in, widened
from slipway.domain.python.selection import ANY_PYTHON, Interpreter
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.python.support import support_notices
from slipway.domain.requirements.lines import required_freely_in, requirement_name
from slipway.domain.requirements.superseded import why_superseded
from slipway.effects.files import AppFolder, remove
from slipway.errors.building import FailedBuild, PackageTooOld
from slipway.errors.python import PythonNotFound, UnfitForPython
from slipway.errors.stopped import BuildStopped
from slipway.steps.choose_python import Choosing
from slipway.steps.context import BuildContext, Tools
from slipway.steps.pipeline.request import BuildRequest
from slipway.steps.plan.old_parts import old_parts
from slipway.steps.select_python import bundle_python, describe, image_releases, select_python


def available_pythons(choosing: Choosing) -> tuple[str, ...]:
    """Return the minor versions of Python that an app could have in this build."""
    settings, effects = choosing.plan.settings, choosing.effects
    found = set(MINORS if may_download(settings, effects.environment) else ())
    if settings.python_source != "managed":
        found |= {*map(minor_of, choosing.on_image())}
    return tuple(found)


@contextmanager
def naming_other_python(
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
        if isinstance(error, PackageTooOld):
            error.successor = why_superseded(requirement_name(error.package))
            error.required_freely_in = required_freely_in(
                requirement_name(error.package), context.plan.dependencies.requirements
            )
        with suppress(BuildStopped, OSError):  # this error counts, whatever keeps facts away
            find_other_python(
                error, context, versions or {}, choosing.metadata, choosing.at_hand()
            )
        raise


def choosing_for(request: BuildRequest, decided: BuildPlan, tools: Tools) -> Choosing:
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
        follows_supply=request.is_supplied,
    )


def _choose_python(
    choosing: Choosing, select: Callable[[BuildPlan], Interpreter]
) -> tuple[PythonChoice, Interpreter]:
    """Choose a Python and select it; if it is not available, choose again.

    Raises PythonNotFound.
    """
    choice = choosing.choose()
    own: PythonNotFound | None = None  # that of the last build, which the next one may get
    while True:
        try:
            selected = select(replace(choosing.plan, python=choice.request))
        except PythonNotFound as error:
            usable = choosing.usable() if choice.is_narrowed else ()
            if not choice.is_kept and not usable:
                error.because = choice.reason
                error.nearest = _nearest_of_image(choosing)
                raise
            missing = error
        else:
            if own is not None and choice.missing is None:
                choice = standing_in(choice, selected.version, own)
            return choice, selected
        if choice.is_kept:
            choice, own = choosing.choose(missing), missing if missing.may_pass else None
            if choosing.usable() and _would_fail_again(choosing, choice, missing):
                choice = widened(choice, choosing.usable()[0], missing)
        else:
            choice = widened(choice, usable[0], own or missing)


def _would_fail_again(
    choosing: Choosing, choice: PythonChoice, missing: PythonNotFound
) -> bool:
    """Return whether a choice needs the very download that has just failed."""
    if not (missing.may_pass and choice.is_narrowed):
        return False
    is_at_hand = any(map(choice.request.fits, choosing.at_hand()))
    return choice.request.requested == missing.requested and not is_at_hand


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


def select_python_for(
    request: BuildRequest, choosing: Choosing, tools: Tools, *, may_bundle: bool = True
) -> BuildContext:
    """Choose the Python, bundle it with the app if that is wanted, and log both with reasons.

    Raises PythonNotFound, and an error for a lock or a package that is for other Pythons.
    """
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
            [minor for minor in minors if minor in available_pythons(choosing)], may_ask=False
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
    with naming_other_python(choosing, context):
        return replace(context, plan=fit_to_python(decided, interpreter.markers))
