"""Which of the files in `vendor/` one Python takes, and in which order they are built."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    BuildTag,
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from slipway.domain.requirements.dependency_closure import holds
from slipway.domain.requirements.lines import Line
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.errors.vendored import (
    VendoredBuildCycle,
    VendoredTwice,
    WheelInvalid,
    WheelNotForThisPython,
)


def wanted_here(
    shipped: Iterable[InspectedPackage], markers: Mapping[str, str]
) -> tuple[InspectedPackage, ...]:
    """Leave out what every requirement that names it asks for on other Pythons only."""
    return tuple(found for found in shipped if _is_wanted(found.package, markers))


def left_out(
    packages: Iterable[VendoredPackage], markers: Mapping[str, str]
) -> dict[str, Line]:
    """Map the names of what is wanted on other Pythons only to a line that says so."""
    return {
        name_of(package): package.asked[0]
        for package in packages
        if package.form is not Form.PLAIN and not _is_wanted(package, markers)
    }


def _is_wanted(package: VendoredPackage, markers: Mapping[str, str]) -> bool:
    return not package.asked or any(holds(line.marker, markers) for line in package.asked)


def choose(
    shipped: Sequence[InspectedPackage], tags: Sequence[str], python: str
) -> tuple[InspectedPackage, ...]:
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
        fitting = [found for found in files if _fit(found, ranks)]
        if not fitting and name not in sources:
            raise WheelNotForThisPython(
                paths=tuple(found.package.path for found in files),
                python=python,
                fitting=_telling(tags),
            )
        if fitting:
            rivals = [*fitting, *sources.pop(name, ())]
            _refuse_others(name, rivals)
            chosen.append(max(fitting, key=lambda found: _fit(found, ranks)))
    for name, found in sources.items():
        if name and len(found) > 1:
            raise VendoredTwice(name=name, paths=tuple(one.package.path for one in found))
        chosen += found
    return tuple(sorted(chosen, key=lambda found: found.package.path))


def _by_name(shipped: Iterable[InspectedPackage]) -> dict[str, list[InspectedPackage]]:
    """Group by name; what only a build can name comes under the empty one."""
    groups: dict[str, list[InspectedPackage]] = {}
    for found in shipped:
        groups.setdefault(name_of(found.package), []).append(found)
    return groups


def name_of(package: VendoredPackage) -> str:
    """Give the normalized name, empty if only a build tells it."""
    if package.form is Form.WHEEL:
        return _file(package.path)[0]
    return (package.project.name if package.project else None) or ""


def _file(path: str) -> tuple[str, Version, BuildTag, frozenset[str]]:
    """Give name, version, build number and tags of a wheel."""
    try:
        name, version, number, tags = parse_wheel_filename(_base(path))
    except InvalidWheelFilename as error:
        raise WheelInvalid(
            path=path, reason=f"its name is not that of a wheel: {error}"
        ) from None
    return name, version, number, frozenset(map(str, tags))


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _fit(
    shipped: InspectedPackage, ranks: Mapping[str, int]
) -> tuple[int, BuildTag] | tuple[()]:
    """Say how well a wheel fits, the best with the most, and nothing of one that does not."""
    _, _, number, tags = _file(shipped.package.path)
    fitting = [-ranks[tag] for tag in tags if tag in ranks]
    return (max(fitting), number) if fitting else ()


def _refuse_others(name: str, rivals: Sequence[InspectedPackage]) -> None:
    """Allow one version: as wheels for several Pythons, and the sdist they are made from."""
    files = {_base(found.package.path) for found in rivals}
    contents = {(_base(found.package.path), found.digest) for found in rivals}
    if len(set(map(_version, rivals))) > 1 or len(contents) > len(files):
        raise VendoredTwice(name=name, paths=tuple(found.package.path for found in rivals))


def _version(shipped: InspectedPackage) -> Version | str:
    """Give the version that a file's name tells; a tree, of which none does, has its own."""
    package = shipped.package
    if package.form is Form.WHEEL:
        return _file(package.path)[1]
    try:
        return parse_sdist_filename(_base(package.path))[1]
    except InvalidSdistFilename:
        return package.path


def _telling(tags: Sequence[str]) -> tuple[str, ...]:
    """Choose a tag of each kind, as an example."""
    kinds = ("manylinux", "musllinux", "abi3", "py3-none-any")
    found = [next((tag for tag in tags if kind in tag), None) for kind in kinds]
    return tuple(tag for tag in found if tag)


def in_build_order(
    shipped: Sequence[InspectedPackage], offered: Collection[str] = ()
) -> Iterator[InspectedPackage]:
    """Put each package after those that its build needs, and that are not `offered` already.

    Raises VendoredBuildCycle.
    """
    by_name: dict[str, int] = {}
    for number, found in enumerate(shipped):
        if name_of(found.package) not in offered:
            by_name.setdefault(name_of(found.package), number)
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


def _build_needs(shipped: InspectedPackage) -> Iterator[str]:
    project = shipped.package.project
    for text in project.requires if project else ():
        try:
            yield canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            continue  # the backend's frontend says what is wrong with it
