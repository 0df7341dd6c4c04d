"""Turn an app's requirements into a lock; resolve only if something has changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.build_plan import BuildPlan
from slipway.domain.counting import counted
from slipway.domain.index_config.pip_settings import forbids_indexes
from slipway.domain.locks.brought import FromPath
from slipway.domain.locks.choices import in_words
from slipway.domain.locks.formats import how_to_add
from slipway.domain.packaging_text import parse_requirement, parse_specifiers
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.conflicts import (
    conflict,
    who_requires,
    with_file_and_line,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.dependency_closure import (
    direct_references,
    missing_offline,
    missing_requirements,
)
from slipway.domain.requirements.lines import (
    bracketed_extras,
    is_direct_reference,
    marker_applies,
    requirement_name,
    split_extras,
)
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.resolution_request import (
    ResolutionRequest,
    added_to_lock,
    direct_lines,
    resolution_request,
)
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.domain.vendoring.selection import excluded_by_markers
from slipway.effects.files import scratch
from slipway.errors.dependencies import (
    NoIndexAllowed,
    NoWheelForPython,
    PackageNotFound,
    RequiredOnOtherPythons,
    RequiredPackage,
    RequirementOutsideTheApp,
    ResolutionConflict,
    Unmet,
    UnmetError,
    VersionNotFound,
)
from slipway.errors.fetching import IndexUnreachable
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import OfflineMissing, VendoredVersionUnfit
from slipway.steps.context import BuildContext
from slipway.toolchains.cached_lock import CachedLock, lock_key
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.protocol import (
    DirectReference,
    LocalDistribution,
    Locked,
    RequirementFiles,
)


def lock_requirements(
    context: BuildContext,
    distributions: Sequence[LocalDistribution],
    preferred: Sequence[str] | None = None,
) -> Locked:
    """Return the lock: the app's own, one from an earlier build, or a newly resolved one.

    `distributions` are the wheels of vendored packages, which win over any index. If
    `preferred` is given, the lock is always resolved, with these versions, `name==1.2`, where
    the requirements allow them, and is not stored in the cache.

    Raises OfflineMissing, ResolutionConflict, RequiredOnOtherPythons, VendoredVersionUnfit,
    ResolveFailed, or a more precise error.
    """
    plan, console = context.plan, context.effects.console
    source = plan.dependencies.origin
    console.header(f"Dependencies from {source}")
    vendored = {distribution.name: distribution for distribution in distributions}
    _refuse_missing_offline(context, vendored)
    for text in (*(plan.tests.lines if plan.tests else ()), *plan.dependencies.sources):
        console.info(text)
    extras = _requested_extras(context, distributions)
    _warn_of_extras(context, distributions)
    own, request = resolution_request(plan, extras)
    if own is not None:
        own = _with_pinned(context, own, distributions)
    _refuse_other_sources(context, vendored, own)
    if request is None:
        locked = Locked(lock=own or Lock(packages=()), wheels={})
        return locked.with_distributions(distributions)
    added = plan.added_requirements if own is None else added_to_lock(plan)
    if own is None and (plan.procfile is None or not added):
        locked = _resolve(context, request, vendored, preferred)
    else:
        _, instead = resolution_request(plan, extras, adds=False)
        locked = _resolve_if_it_fits(context, request, instead, vendored, preferred)
        _warn_of_unfit(context, added, locked.lock)
    _refuse_packages_for_other_pythons(context, locked.lock, distributions)
    if own is not None:
        locked = replace(locked, lock=locks.merge(own, locked.lock))
        locked = locked.with_distributions(distributions)
    required = plan.dependencies.names | {
        requirement_name(text) for wheel in distributions for text in wheel.requires
    }
    for name in added:
        version = locked.lock.version_of(name)
        if name not in required and version is not None:
            console.info(_added(name, version, plan.added[name], plan.dependencies))
    return locked


def _added(name: str, version: str, process: str, dependencies: Dependencies) -> str:
    reason = f"{process} needs it, and {dependencies.origin} does not list it"
    for pin in dependencies.unchosen:
        if pin.name == name:
            reason = (
                f"{process} needs it, and {dependencies.origin} lists it only in groups or "
                "extras that are not installed"
            )
            if pin.version == version:
                reason = f"{reason}; this is the version there"
    return f"Added {name} {version}: {reason}"


def _with_pinned(
    context: BuildContext, own: Lock, distributions: Sequence[LocalDistribution]
) -> Lock:
    """Add the local distributions that the app's own lock names to it, and log what it has.

    Raises VendoredVersionUnfit.
    """
    dependencies, console = context.plan.dependencies, context.effects.console
    pins = {pin.name: pin for pin in dependencies.pins}
    covered = [wheel for wheel in distributions if wheel.name in pins]
    lock = locks.merge(own, Lock(packages=tuple(wheel.locked for wheel in covered)))
    if dependencies.lock is not None:
        count = counted(len(lock.packages), "package")
        chosen = in_words(dependencies.choice)
        console.info(f"Using {dependencies.origin} as it is: {count} for this Python{chosen}")
    elif own.packages:
        origin = dependencies.origin
        console.info(f"Using {origin} as the lock, because every requirement has a hash")
    for wheel in covered:
        pin = pins[wheel.name]
        if not wheel.is_vendored or isinstance(pin.source, FromPath):
            continue
        if pin.version and not _is_version(wheel.version, pin.version):
            required = RequiredPackage(
                requirement=f"{pin.name}=={pin.version}", required_by=dependencies.origin
            )
            raise VendoredVersionUnfit(
                name=wheel.name,
                version=wheel.version,
                path=wheel.source,
                is_guess=is_guess(wheel.version),
                requirements=(required,),
            )
        console.info(
            f"Using {wheel.source} for {wheel.name}, because vendored packages have priority; "
            f"{dependencies.origin} has the same version from another source"
        )
    return lock


def _is_version(version: str, pinned: str) -> bool:
    try:
        return parse_specifiers(f"=={pinned}").contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return version == pinned


def _warn_of_unfit(context: BuildContext, added: Sequence[str], lock: Lock) -> None:
    """Log which packages are not added to those of the app, because they do not fit them."""
    plan = context.plan
    origin, missing = (
        plan.dependencies.origin,
        [name for name in added if name not in lock.names],
    )
    for process in dict.fromkeys(plan.added[name] for name in missing):
        names = [name for name in missing if plan.added[name] == process]
        subject = " and ".join(names)
        reason = "is not added, because no version of it fits"
        without = "Without it"
        if len(names) > 1:
            reason, without = "are not added, because no versions of them fit", "Without them"
        context.effects.console.warning(
            f"{subject} {reason} the packages in {origin}. {without}, {process} cannot start: "
            f"{how_to_add(subject, origin)}"
        )


def _requested_extras(
    context: BuildContext, distributions: Sequence[LocalDistribution]
) -> Mapping[str, str]:
    """Map the name of each vendored package to the extras that the app's lines request."""
    markers = context.interpreter.markers
    return {
        wheel.name: bracketed_extras(
            extra
            for line in direct_lines(context.plan, wheel.name, wheel.source)
            if marker_applies(line.marker, markers)
            for extra in split_extras(line.extras)
        )
        for wheel in distributions
    }


def _warn_of_extras(context: BuildContext, distributions: Sequence[LocalDistribution]) -> None:
    """Warn of chosen extras that add nothing to the app, which only its build tells."""
    settings = context.plan.settings
    if not settings.extras or context.plan.dependencies.lock is not None:
        return
    for wheel in distributions:
        if wheel.source != ".":
            continue
        known = {
            canonicalize_name(found)
            for text in wheel.requires
            for found in _EXTRA.findall(text.partition(";")[2])
        }
        for extra in settings.extras:
            if extra not in known:
                context.effects.console.warning(
                    f"{settings.extras_origin} chooses the extra {extra}, for which the "
                    f"metadata of the app requires nothing. Its extras that require packages: "
                    f"{', '.join(sorted(known)) or 'none'}"
                )


_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_UNFIT = (
    NoIndexAllowed,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VendoredVersionUnfit,
    VersionNotFound,
)
"""Errors of packages of which no version can be installed with the others."""


def _resolve_if_it_fits(
    context: BuildContext,
    request: ResolutionRequest,
    instead: ResolutionRequest | None,
    vendored: Mapping[str, LocalDistribution],
    preferred: Sequence[str] | None,
) -> Locked:
    """Resolve what Slipway adds together with the app's requirements, or beside its own lock.

    If no version of it fits, resolve the request `instead`, which adds nothing; None for one
    that is empty. The result is cached as that of the first request.
    """
    nothing = Locked(lock=Lock(packages=()), wheels={})
    try:
        return _resolve(context, request, vendored, preferred)
    except _UNFIT as error:
        if not _is_of_added(context.plan, error):
            raise
        if instead is not None and instead.requirements == request.requirements:
            raise
        reason = _reason(error, request.constraints, context.plan.dependencies.origin)
    except IndexUnreachable:
        # The app may need no index, and the image may have what its Procfile names.
        if context.plan.procfile is None or instead is not None:
            raise
        return nothing
    cached = _cached_lock(context, request, vendored)
    with scratch("resolve") as folder:
        locked = nothing
        if instead is not None:
            locked = _run_resolver(context, instead, vendored, preferred, folder)
        names = " and ".join(context.plan.added)
        context.effects.console.info(f"Slipway cannot add {names}: {reason}")
        if preferred is not None:
            return cached.keep_aside(locked.lock, locked.wheels)
        return cached.store(locked.lock, locked.wheels, folder)


def _is_of_added(plan: BuildPlan, error: BuildStopped) -> bool:
    """Return whether an error may be that of a package that need not be added.

    A server of Slipway's own choice must exist, but one that a Procfile names may come from
    elsewhere.
    """
    return plan.procfile is not None or not isinstance(error, (PackageNotFound, NoIndexAllowed))


def _reason(error: BuildStopped, pins: Collection[str], origin: str) -> str:
    """Return the requirements that do not fit together, for the log."""
    if isinstance(error, (ResolutionConflict, VendoredVersionUnfit)):
        # uv does not say that a constraint is one.
        found = (
            f"{origin} has {one.requirement}"
            if one.requirement in pins
            else f"{one.required_by} requires {one.requirement}"
            for one in error.requirements
        )
        return "; ".join(dict.fromkeys(found))
    if isinstance(error, (NoIndexAllowed, PackageNotFound)):
        return f"{error.requirement} was not found"
    if isinstance(error, (NoWheelForPython, VersionNotFound)):
        return f"no version satisfies {error.requirement}"
    return "no version was found"


def _cached_lock(
    context: BuildContext,
    request: ResolutionRequest,
    vendored: Mapping[str, LocalDistribution],
) -> CachedLock:
    distributions, environment = [*vendored.values()], context.effects.environment
    key = lock_key(request, context.interpreter, distributions, context.app, environment)
    return CachedLock(key=key, distributions=distributions, effects=context.effects)


def _resolve(
    context: BuildContext,
    request: ResolutionRequest,
    vendored: Mapping[str, LocalDistribution],
    preferred: Sequence[str] | None,
) -> Locked:
    """Return the lock of an earlier build with the same request, or run the resolver."""
    console = context.effects.console
    cached = _cached_lock(context, request, vendored)
    found = cached.find() if preferred is None else None
    if found:
        count = counted(len(found.lock.packages), "package")
        if found.lock.packages:  # none if nothing could be added to the app's own lock
            console.info(
                f"Using the cached lock ({count}): nothing that affects it has changed"
            )
        return found
    if preferred is None:
        console.info(f"Resolving dependencies: {cached.reason_for_miss()}")
    else:
        console.info("Resolving dependencies")
    start = console.now()
    with scratch("resolve") as folder:
        locked = _run_resolver(context, request, vendored, preferred, folder)
        took = f"{console.now() - start:.1f} s"
        count = counted(len(locked.lock.packages), "package")
        console.info(f"Locked {count} with hashes in {took}")
        if preferred is not None:
            return cached.keep_aside(locked.lock, locked.wheels)
        return cached.store(locked.lock, locked.wheels, folder)


def _run_resolver(
    context: BuildContext,
    request: ResolutionRequest,
    vendored: Mapping[str, LocalDistribution],
    preferred: Sequence[str] | None,
    folder: Path,
) -> Locked:
    """Resolve a request in a temporary folder.

    Raises ResolutionConflict, VendoredVersionUnfit, ResolveFailed, or a more precise error.
    """
    pinned = context.plan.dependencies.pinned_names
    unpinned = {name: wheel for name, wheel in vendored.items() if name not in pinned}
    required = direct_references(context.plan, unpinned, context.interpreter.markers)
    direct = [
        *(DirectReference.of_line(line) for line in request.direct),
        *(
            DirectReference.of(one.requirement, one.required_by)
            for one in required
            if requirement_name(one.requirement) not in pinned
        ),
    ]
    files = RequirementFiles(
        folder=folder,
        app=context.app,
        requirements="".join(f"{text}\n" for text in request.requirements),
        constraints="".join(f"{text}\n" for text in request.constraints),
        options=context.index_options,
        distributions=[*vendored.values()],
        direct=direct,
        preferred=preferred or (),
    )
    try:
        locked = context.toolchain.resolve(files, context.interpreter)
    except ResolutionConflict as error:
        requirements = with_file_and_line(error.requirements, context.plan.dependencies)
        raise conflict(requirements, vendored) from error
    except Unmet as error:
        setting = _explain(context, error, vendored)
        if setting and isinstance(error, (PackageNotFound, VersionNotFound)):
            raise NoIndexAllowed(
                requirement=error.requirement,
                setting=setting,
                required_by=error.required_by,
            ) from error
        raise
    except IndexUnreachable as error:
        _connect_with_vendored(context, error, vendored)
        raise
    return replace(locked, lock=locks.restrict_hashes(locked.lock, request.hashes))


def _explain(
    context: BuildContext, error: UnmetError, vendored: Mapping[str, LocalDistribution]
) -> str | None:
    """Name who has the requirement; return the setting that forbids to use an index."""
    dependencies, environment = context.plan.dependencies, context.effects.environment
    error.required_by = who_requires(
        error.requirement, error.required_by, dependencies, vendored
    )
    if context.plan.settings.offline:
        return "the setting `offline`"
    settings = settings_for(context.app, environment)
    return forbids_indexes(settings, context.index_options, environment)


def _connect_with_vendored(
    context: BuildContext, error: IndexUnreachable, vendored: Mapping[str, LocalDistribution]
) -> None:
    """Say which packages are not vendored, if only vendored packages require an index."""
    missing = missing_offline(context.plan, vendored, context.interpreter.markers)
    sources = {wheel.source for wheel in vendored.values()}
    if missing and all(one.required_by in sources for one in missing):
        error.unvendored = missing
        error.folder = (*context.plan.vendoring.folders, "vendor")[0]


def _refuse_missing_offline(
    context: BuildContext, vendored: Mapping[str, LocalDistribution]
) -> None:
    """Raise OfflineMissing with all missing packages; a resolver would stop at the first."""
    plan = context.plan
    if not plan.settings.offline:
        return
    missing = missing_offline(plan, vendored, context.interpreter.markers)
    if plan.dependencies.lock is not None:
        missing = tuple(_missing_of_lock(plan, missing, vendored))
    if missing:
        folder = (*plan.vendoring.folders, "vendor")[0]
        raise OfflineMissing(missing=missing, folder=folder)


def _missing_of_lock(
    plan: BuildPlan,
    missing: Iterable[RequiredPackage],
    vendored: Mapping[str, LocalDistribution],
) -> Iterator[RequiredPackage]:
    """Yield what is missing, apart from what only packages of the lock require.

    The lock may leave it out on purpose.
    """
    pinned = plan.dependencies.pinned_names
    of_lock = {wheel.source for wheel in vendored.values() if wheel.name in pinned}
    for one in missing:
        if requirement_name(one.requirement) in pinned or one.required_by not in of_lock:
            yield one


def _refuse_other_sources(
    context: BuildContext, vendored: Mapping[str, LocalDistribution], own: Lock | None
) -> None:
    """Stop if an index would be asked for a package that has another source.

    Raises SourceUnsupported, RequirementOutsideTheApp.
    """
    markers = context.interpreter.markers
    for one in direct_references(context.plan, vendored, markers):
        requirement = parse_requirement(one.requirement)
        if (requirement.url or "").startswith("file:"):
            raise RequirementOutsideTheApp(
                package="The app" if one.required_by == "." else one.required_by,
                name=requirement.name,
                target=(requirement.url or "").removeprefix("file://"),
            )
    unused = context.plan.dependencies.unused_sources
    if not unused:
        return
    locked = own.names if own else frozenset()
    sources = {wheel.source for wheel in vendored.values()}
    for one in missing_requirements(context.plan, vendored, markers):
        name = requirement_name(one.requirement)
        folder = one.required_by if one.required_by in sources else "."
        for source in unused:
            if (
                (source.source.name, source.folder) == (name, folder)
                and marker_applies(source.marker, markers)
                and name not in locked
                and not is_direct_reference(one.requirement)
            ):
                raise source.error


def _refuse_packages_for_other_pythons(
    context: BuildContext, lock: Lock, distributions: Sequence[LocalDistribution]
) -> None:
    """Raise RequiredOnOtherPythons for a vendored package that an index would replace.

    The app requires the vendored package for other Pythons only, but another package requires
    it for this one. If the app requires it by name for this Python, the index may provide it.
    """
    plan, markers = context.plan, context.interpreter.markers
    lines = excluded_by_markers(plan.vendoring.packages, markers)
    required = {
        line.name
        for line in plan.dependencies.external_requirements
        if marker_applies(line.marker, markers)
    }
    wheels = {wheel.name for wheel in distributions}
    for name in lock.names & lines.keys() - required - wheels:
        required_by = tuple(
            wheel.source
            for wheel in distributions
            if any(requirement_name(text) == name for text in wheel.requires)
        )
        raise RequiredOnOtherPythons(
            name=name, place=lines[name].place, required_by=required_by
        )
