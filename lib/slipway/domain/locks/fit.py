"""Turn a lock that an app brings into the lines that are installed for its Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import BroughtLock, Choice, FromIndex, FromPath, Pin
from slipway.domain.python.selection import PythonRequest, markers_of
from slipway.domain.python.series import MINORS, SERIES
from slipway.domain.python.wheel_tags import Target, wheel_fits
from slipway.domain.requirements.lines import Line, LineKind, requirement_name
from slipway.domain.vendoring.packages import VendoredPackage
from slipway.errors.locks import LockHasNoFile, LockNotForThisPython
from slipway.errors.python import FittingPython
from slipway.errors.stopped import BuildStopped

_PYTHONS = tuple(f"{minor}.0" for minor in MINORS)
"""A version of each minor version that an app can have, the newest first."""
_RELEASES = tuple(
    f"{series.minor}.{patch}"
    for series in SERIES
    for patch in range(int(series.newest.rpartition(".")[2]), -1, -1)
)
"""Every release that is known, the newest first."""
_PLATFORMS: tuple[Mapping[str, str], ...] = (
    {"os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"},
    {"os_name": "posix", "platform_system": "Darwin", "sys_platform": "darwin"},
    {"os_name": "nt", "platform_system": "Windows", "sys_platform": "win32"},
)
_MACHINES = ("x86_64", "aarch64", "arm64", "AMD64")
_MOST_NAMED = 5


def path_lines(pins: Iterable[Pin], file: str) -> Iterator[Line]:
    """Yield the lines of the packages that a lock takes from the app."""
    for pin in pins:
        if isinstance(pin.source, FromPath):
            place = "." if pin.source.path == "." else f"./{pin.source.path}"
            yield Line(
                file=file,
                number=0,
                text=place,
                kind=LineKind.DIRECT,
                name=pin.name,
                value=place,
                hashes=pin.hashes,
            )


def index_lines(pins: Iterable[Pin], file: str) -> Iterator[Line]:
    """Yield the lines of the packages that come from the lock's default index."""
    for pin in pins:
        if pin.source == FromIndex():
            text = f"{pin.name}=={pin.version}"
            hashes = "".join(f" --hash={digest}" for digest in pin.hashes)
            yield Line(
                file=file,
                number=0,
                text=f"{text}{hashes}",
                kind=LineKind.NAMED,
                name=pin.name,
                value=text,
                hashes=pin.hashes,
            )


def not_editable(pins: Iterable[Pin], file: str) -> str:
    """Return a sentence about packages that a lock has as editable; empty if there are none."""
    names = [pin.name for pin in pins if pin.is_editable]
    if not names:
        return ""
    more = len(names) - _MOST_NAMED
    shown = [*names[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])]
    what = " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)
    which, form = ("is", "a wheel") if len(names) == 1 else ("are", "wheels")
    return (
        f"Installing {what}, which {which} editable in {file}, as {form}, because the app may "
        "be moved after its build"
    )


def missing_file(
    requirement: str, pins: Iterable[Pin], file: str, target: Target
) -> LockHasNoFile | None:
    """Return the error of a package of which the lock has only wheels for other targets.

    pip and uv report this as a hash of a file that the lock does not have, or as a version that
    they cannot find: `requirement` is what they name.
    """
    name = requirement_name(requirement)
    for pin in pins:
        if pin.name == name and pin.files and not any(_fits(one, target) for one in pin.files):
            return LockHasNoFile(
                file=file,
                package=f"{pin.name} {pin.version}",
                files=pin.files,
                python=target.python,
                platform=target.description,
            )
    return None


def _fits(file: str, target: Target) -> bool:
    is_wheel = file.endswith(".whl")
    return not is_wheel or wheel_fits(file, target.python, target.platforms)


def pins_before_selection(lock: BroughtLock, choice: Choice) -> tuple[Pin, ...]:
    """Return what a lock has for the newest Python that it is for, before one is selected.

    Empty if it is for none that Slipway knows, or has a fault.
    """
    return _before_selection(lock, choice) or ()


def selects_only_the_app(lock: BroughtLock, choice: Choice) -> bool:
    """Return whether a lock is for a Python, and has nothing for it but the app itself."""
    pins = _before_selection(lock, choice)
    return pins is not None and all(pin.source == FromPath(path=".") for pin in pins)


def _before_selection(lock: BroughtLock, choice: Choice) -> tuple[Pin, ...] | None:
    for python in _PYTHONS:
        with suppress(BuildStopped):
            return lock.select(markers_of(python), choice)
    return None


def refuse_unusable(lock: BroughtLock, choice: Choice) -> None:
    """Stop if a lock has a fault for every Python that it is for.

    Raises LockBroken, LockSourceUnsupported, LockChoicesConflict.
    """
    fault: BuildStopped | None = None
    for python in _PYTHONS:
        try:
            lock.select(markers_of(python), choice)
        except LockNotForThisPython:
            continue
        except BuildStopped as error:
            fault = fault or error
        else:
            return
    if fault is not None:
        raise fault


def refuse_other_pythons(lock: BroughtLock, choice: Choice, request: PythonRequest) -> None:
    """Stop if a lock is for none of the Pythons that fit a request, as a build would.

    Raises LockNotForThisPython, which names the newest Python that the lock is for.
    """
    refused: LockNotForThisPython | None = None
    for release in filter(request.fits, _RELEASES):
        try:
            lock.select(markers_of(release), choice)
        except LockNotForThisPython as error:
            if error.is_platform:  # the build may run elsewhere
                return
            refused = refused or error
        except BuildStopped:
            return
        else:
            return
    if refused is not None:
        refused.python = request.requested
        refused.fitting = _instead(lock, choice, request)
        raise refused


def _instead(lock: BroughtLock, choice: Choice, request: PythonRequest) -> FittingPython | None:
    if request.parts or not request.origin:
        return None
    for release in _RELEASES:
        with suppress(BuildStopped):
            lock.select(markers_of(release), choice)
            minor = release.rpartition(".")[0]
            return FittingPython(
                minor=minor, package=lock.file, known_by="range", changes=(request.origin,)
            )
    return None


def only_elsewhere(lock: BroughtLock, choice: Choice, names: Iterable[str]) -> tuple[Pin, ...]:
    """Return what a lock has of packages that it does not have for the app's Python.

    Their markers exclude it, and include another Python or platform.
    """
    wanted = dict.fromkeys(names)
    found: dict[str, Pin] = {}
    environments = (
        {**markers_of(python), **platform, "platform_machine": machine}
        for platform in _PLATFORMS
        for machine in _MACHINES
        for python in _PYTHONS
    )
    for markers in environments if wanted else ():
        with suppress(BuildStopped):
            for pin in lock.select(markers, choice):
                found.setdefault(pin.name, pin)
    return tuple(found[name] for name in wanted if name in found)


def fit_to_python(plan: BuildPlan, markers: Mapping[str, str]) -> BuildPlan:
    """Return the plan with the packages that its lock has for a Python.

    `markers` has the values of the Python's environment markers.

    Raises LockNotForThisPython, LockBroken.
    """
    dependencies, vendoring = plan.dependencies, plan.vendoring
    lock = dependencies.lock
    if lock is None:
        return plan
    pins = lock.select(markers, dependencies.choice)
    of_lock = {line.text for line in dependencies.requirements if line.file == lock.file}
    paths = [*path_lines(pins, lock.file)]
    selected = {line.text for line in paths}

    def is_installed(package: VendoredPackage) -> bool:
        asked = {line.text for line in package.requested_by}
        is_vendored = any(package.path.startswith(f"{one}/") for one in vendoring.folders)
        return is_vendored or not asked <= of_lock or not asked.isdisjoint(selected)

    others = (line for line in dependencies.requirements if line.file != lock.file)
    return replace(
        plan,
        dependencies=replace(
            dependencies,
            requirements=(*others, *paths, *index_lines(pins, lock.file)),
            pins=pins,
            unchosen=_unchosen(plan, lock, pins, markers),
        ),
        vendoring=replace(vendoring, packages=tuple(filter(is_installed, vendoring.packages))),
    )


def _unchosen(
    plan: BuildPlan, lock: BroughtLock, pins: Iterable[Pin], markers: Mapping[str, str]
) -> tuple[Pin, ...]:
    """Return the pins of the group or extra that has what the build adds, and is not chosen."""
    names = {pin.name for pin in pins}
    missing = {*plan.added_requirements} - names
    choices = (
        *(Choice(groups=(group,)) for group in lock.groups),
        *(Choice(groups=(), extras=(extra,)) for extra in lock.extras),
    )
    for choice in choices if missing else ():
        with suppress(BuildStopped):  # what is not installed may have faults
            found = lock.select(markers, choice)
            if any(pin.name in missing for pin in found):
                return tuple(pin for pin in found if pin.name not in names)
    return ()
