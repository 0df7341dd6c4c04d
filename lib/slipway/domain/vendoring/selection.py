"""Select the vendored packages for a Python, and put them in the order to build them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from packaging.requirements import InvalidRequirement
from packaging.utils import (
    BuildTag,
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
)
from packaging.version import Version

from slipway.domain.packaging_text import parse_requirement, parse_sdist_name, parse_wheel_name
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lines import Line, marker_applies
from slipway.domain.vendoring.packages import (
    Form,
    InspectedPackage,
    VendoredPackage,
    parse_wheel_path,
)
from slipway.errors.vendored import VendoredBuildCycle, VendoredTwice, WheelNotForThisPython


def select(
    packages: Iterable[InspectedPackage], interpreter: Interpreter, tags: Sequence[str]
) -> list[InspectedPackage]:
    """Select one package of each name for a Python, sorted by path.

    An app may vendor wheels of one version for several Pythons, and also their sdist. Packages
    that the app requires only on other Pythons are left out. `tags` has the wheel tags that
    fit, the best first.

    Raises VendoredTwice, WheelInvalid, WheelNotForThisPython.
    """
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    selected: list[InspectedPackage] = []
    by_name: dict[str, list[InspectedPackage]] = {}
    for found in packages:
        if not _applies(found.package, interpreter.markers):
            continue
        if found.name is None:
            selected.append(found)
        else:
            by_name.setdefault(found.name, []).append(found)
    for name, candidates in by_name.items():
        wheels = [found for found in candidates if found.form is Form.WHEEL]
        sources = [found for found in candidates if found.form is not Form.WHEEL]
        fitting = [found for found in wheels if _fit(found, ranks)]
        if fitting:
            _refuse_other_versions(name, [*fitting, *sources])
            selected.append(max(fitting, key=lambda found: _fit(found, ranks)))
        elif not sources:
            platform = interpreter.platform.replace(" ", " with ", 1)
            raise WheelNotForThisPython(
                paths=tuple(found.path for found in wheels),
                python=f"{interpreter.version} on {platform}",
                tags=_example_tags(tags),
            )
        elif len(sources) > 1:
            raise VendoredTwice(name=name, paths=tuple(found.path for found in sources))
        else:
            selected += sources
    return sorted(selected, key=lambda found: found.path)


def excluded_by_markers(
    packages: Iterable[VendoredPackage], markers: Mapping[str, str]
) -> dict[str, Line]:
    """Return the packages that are required only on other Pythons: name -> such a line."""
    return {
        package.name or "": package.requested_by[0]
        for package in packages
        if package.form is not Form.PLAIN and not _applies(package, markers)
    }


def _applies(package: VendoredPackage, markers: Mapping[str, str]) -> bool:
    lines = package.requested_by
    return not lines or any(marker_applies(line.marker, markers) for line in lines)


def _fit(found: InspectedPackage, ranks: Mapping[str, int]) -> tuple[int, BuildTag] | tuple[()]:
    """Rate a wheel: the best one has the highest rating; empty for one that does not fit."""
    _, _, number, tags = parse_wheel_path(found.path)
    fitting = [-ranks[tag] for tag in tags if tag in ranks]
    return (max(fitting), number) if fitting else ()


def _refuse_other_versions(name: str, rivals: Sequence[InspectedPackage]) -> None:
    """Raise VendoredTwice for different versions, or different files of the same name."""
    files = {_file_name(found) for found in rivals}
    contents = {(_file_name(found), found.digest) for found in rivals}
    if len(set(map(_version, rivals))) > 1 or len(contents) > len(files):
        raise VendoredTwice(name=name, paths=tuple(found.path for found in rivals))


def _file_name(found: InspectedPackage) -> str:
    return found.path.rpartition("/")[2]


def _version(found: InspectedPackage) -> Version | str:
    """Return the version in a file name; else the path, which equals no other version."""
    if found.form is Form.WHEEL:
        return parse_wheel_path(found.path)[1]
    try:
        return parse_sdist_name(_file_name(found))[1]
    except InvalidSdistFilename:
        return found.path


def _example_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Select one tag of each kind, for an error to show."""
    kinds = ("manylinux", "musllinux", "abi3", "py3-none-any")
    found = [next((tag for tag in tags if kind in tag), None) for kind in kinds]
    return tuple(tag for tag in found if tag)


def select_for_builds(
    paths: Iterable[str], tags: Sequence[str]
) -> dict[str, tuple[str, Version]]:
    """Select one file in `vendor/build/` for each name: the newest of those that fit.

    Returns name -> (path, version). A wheel is preferred to an sdist of the same version.
    """
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    best: dict[str, tuple[Version, int, str]] = {}
    for path in paths:
        file = path.rpartition("/")[2]
        fitting = [len(ranks)]
        try:
            if file.endswith(".whl"):
                name, version, _, wheel_tags = parse_wheel_name(file)
                fitting = [ranks[str(tag)] for tag in wheel_tags if str(tag) in ranks]
            else:
                name, version = parse_sdist_name(file)
        except (InvalidSdistFilename, InvalidWheelFilename):
            continue
        if fitting:
            candidate = (version, -min(fitting), path)
            best[name] = max(best.get(name, candidate), candidate)
    return {name: (path, version) for name, (version, _, path) in best.items()}


def build_order(
    packages: Sequence[InspectedPackage], available: Collection[str] = ()
) -> list[InspectedPackage]:
    """Sort packages so that each one comes after those that its build requires.

    Those that are `available` already do not have to come first.

    Raises VendoredBuildCycle.
    """
    by_name: dict[str, int] = {}
    for number, found in enumerate(packages):
        if found.name is not None and found.name not in available:
            by_name.setdefault(found.name, number)
    graph = {
        number: {by_name[name] for name in _build_requires(found) if name in by_name}
        for number, found in enumerate(packages)
    }
    try:
        order = [*TopologicalSorter(graph).static_order()]
    except CycleError as error:
        paths = tuple(packages[number].path for number in error.args[1])
        raise VendoredBuildCycle(paths=paths) from None
    return [packages[number] for number in order]


def _build_requires(found: InspectedPackage) -> set[str]:
    project = found.package.project
    names: set[str] = set()
    for text in project.requires if project else ():
        try:
            names.add(canonicalize_name(parse_requirement(text).name))
        except InvalidRequirement:
            continue  # the build frontend reports the error
    return names
