"""Which of the files in `vendor/` one Python takes, and in which order they are built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from slipway.domain.demands import holds
from slipway.domain.vendored import Form, ShippedPackage
from slipway.errors.vendored import (
    VendoredBuildCycle,
    VendoredTwice,
    WheelInvalid,
    WheelNotForThisPython,
)


def wanted_here(
    shipped: Iterable[ShippedPackage], markers: Mapping[str, str]
) -> tuple[ShippedPackage, ...]:
    """Leave out what every requirement that names it asks for on other Pythons only."""
    return tuple(
        found
        for found in shipped
        if not found.package.asked
        or any(holds(line.marker, markers) for line in found.package.asked)
    )


def choose(
    shipped: Sequence[ShippedPackage], tags: Sequence[str], python: str
) -> tuple[ShippedPackage, ...]:
    """Take one wheel of each name: a package may be shipped for several Pythons.

    `tags` are those that fit, the best first; `python` is what an error calls it.

    Raises VendoredTwice, WheelInvalid, WheelNotForThisPython.
    """
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    others = [found for found in shipped if found.package.form is not Form.WHEEL]
    chosen = [found for found in others if found.package.form is Form.PLAIN]
    sources = _by_name(found for found in others if found.package.form is not Form.PLAIN)
    wheels = _by_name(found for found in shipped if found.package.form is Form.WHEEL)
    for name, files in wheels.items():
        fitting = [found for found in files if _rank(found, ranks) is not None]
        if not fitting and name not in sources:
            raise WheelNotForThisPython(
                paths=tuple(found.package.path for found in files),
                python=python,
                fitting=_telling(tags),
            )
        if fitting:
            rivals = [*fitting, *sources.pop(name, ())]
            _refuse_others(name, rivals)
            chosen.append(min(fitting, key=lambda found: _rank(found, ranks) or 0))
    for name, found in sources.items():
        if name and len(found) > 1:
            raise VendoredTwice(name=name, paths=tuple(one.package.path for one in found))
        chosen += found
    return tuple(sorted(chosen, key=lambda found: found.package.path))


def _by_name(shipped: Iterable[ShippedPackage]) -> dict[str, list[ShippedPackage]]:
    """Group by name; what only a build can name comes under the empty one."""
    groups: dict[str, list[ShippedPackage]] = {}
    for found in shipped:
        groups.setdefault(_name(found), []).append(found)
    return groups


def _name(shipped: ShippedPackage) -> str:
    package = shipped.package
    if package.form is Form.WHEEL:
        return _file(package.path)[0]
    return (package.project.name if package.project else None) or ""


def _file(path: str) -> tuple[str, str, frozenset[str]]:
    """Give name, version and tags of a wheel."""
    try:
        name, version, _, tags = parse_wheel_filename(path.rpartition("/")[2])
    except InvalidWheelFilename as error:
        raise WheelInvalid(
            path=path, reason=f"its name is not that of a wheel: {error}"
        ) from None
    return name, str(version), frozenset(map(str, tags))


def _rank(shipped: ShippedPackage, ranks: Mapping[str, int]) -> int | None:
    tags = _file(shipped.package.path)[2]
    return min((ranks[tag] for tag in tags if tag in ranks), default=None)


def _refuse_others(name: str, rivals: Sequence[ShippedPackage]) -> None:
    """Allow one version: wheels for several Pythons, and the sdist that they are made from."""
    if len({_version(found) for found in rivals}) > 1:
        raise VendoredTwice(name=name, paths=tuple(found.package.path for found in rivals))


def _version(shipped: ShippedPackage) -> str:
    package = shipped.package
    if package.form is Form.WHEEL:
        return _file(package.path)[1]
    try:
        return str(parse_sdist_filename(package.path.rpartition("/")[2])[1])
    except InvalidSdistFilename:
        return package.path


def _telling(tags: Sequence[str]) -> tuple[str, ...]:
    """Choose a tag of each kind, as an example."""
    kinds = ("manylinux", "musllinux", "abi3", "py3-none-any")
    found = [next((tag for tag in tags if kind in tag), None) for kind in kinds]
    return tuple(tag for tag in found if tag)


def in_build_order(shipped: Sequence[ShippedPackage]) -> Iterator[ShippedPackage]:
    """Put each package after those that its build needs.

    Raises VendoredBuildCycle.
    """
    by_name: dict[str, int] = {}
    for number, found in enumerate(shipped):
        by_name.setdefault(_name(found), number)
    graph = {
        number: {by_name[name] for name in _build_needs(found) if name in by_name}
        for number, found in enumerate(shipped)
    }
    try:
        order = [*TopologicalSorter(graph).static_order()]
    except CycleError as error:
        paths = tuple(shipped[number].package.path for number in error.args[1])
        raise VendoredBuildCycle(paths=paths) from None
    return (shipped[number] for number in order)


def _build_needs(shipped: ShippedPackage) -> Iterator[str]:
    project = shipped.package.project
    for text in project.requires if project else ():
        try:
            yield canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            continue  # the backend's frontend says what is wrong with it
