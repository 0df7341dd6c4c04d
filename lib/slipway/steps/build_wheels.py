"""Build a wheel of each vendored package, or reuse it if the package has not changed."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from slipway.domain.packaging_text import parse_requirement
from slipway.domain.requirements.dependency_closure import missing_requirements
from slipway.domain.requirements.lines import marker_applies, requirement_name
from slipway.domain.vendoring import vendor_lock
from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.domain.vendoring.selection import build_order, select, select_for_builds
from slipway.effects.files import scratch, sha256_of
from slipway.effects.interpreters import supported_tags
from slipway.effects.packages.source_trees import digest_source
from slipway.errors.dependencies import RequirementOutsideTheApp
from slipway.errors.vendored import VendoredBroken, VendoredBuildCycle, VendoredTwice
from slipway.steps.context import BuildContext
from slipway.toolchains.protocol import LocalDistribution
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments, NotBuiltYet
from slipway.toolchains.wheel_building.builder import WheelBuilder

FindPackages = Callable[[str], Sequence[InspectedPackage]]
"""Finds the packages at a path of the app."""


def build_wheels(
    context: BuildContext, packages: Sequence[InspectedPackage], find: FindPackages
) -> list[LocalDistribution]:
    """Return the wheels, sorted by name; a plain package gets one only if it is required.

    The metadata of a wheel may require packages at other paths of the app; `find` finds these.

    Raises VendoredTwice, WheelNotForThisPython, VendoredBuildFailed, OfflineMissing,
    RequirementOutsideTheApp, or a more precise error.
    """
    vendoring = context.plan.vendoring
    if not (packages or vendoring.namespaces):
        return []
    console, settings = context.effects.console, context.plan.settings
    is_app_alone = bool(packages) and all(package.package.is_app for package in packages)
    console.header("The app as a package" if is_app_alone else "Vendored packages")
    tags = supported_tags(context.interpreter.minor)
    selected = select(packages, context.interpreter, tags)
    plain = [package for package in selected if package.form is Form.PLAIN]
    vendor_folder = (*vendoring.folders, "vendor")[0]
    with scratch("wheels") as folder:
        environments = BuildEnvironments(
            app=context.app,
            folder=folder,
            interpreter=context.interpreter,
            toolchain=context.toolchain,
            effects=context.effects,
            options=context.index_options,
            is_offline=settings.offline,
            folder_for_files=f"{vendor_folder}/build",
            own_distributions=context.tools.own_distributions,
        )
        builder = WheelBuilder(
            app=context.app,
            environments=environments,
            frontend=context.tools.build_frontend,
            effects=context.effects,
        )
        importable = [*plain, *_namespaces(context)]
        reserved = {canonicalize_name(one.package.import_name) for one in importable}
        built = [package for package in selected if package.form is not Form.PLAIN]
        wheels = _build_in_order(
            builder,
            built,
            _distributions_for_builds(context, tags),
            _RequiredPaths(context, tags, find, packages, reserved),
        )
        required = {*context.plan.dependencies.names, *_required_names(wheels.values())}
        for package in importable:
            name = canonicalize_name(package.package.import_name)
            if name in required and name not in wheels:
                wheels[name] = builder.reserve_name(package, name)
    _check_names(context, wheels)
    for package in importable:
        console.info(
            f"Using {package.package.import_name} from {package.path} without building it, "
            "because it has no packaging metadata"
        )
    plain_paths = {package.path for package in importable}
    for wheel in wheels.values():
        if is_guess(wheel.version) and wheel.source not in plain_paths:
            console.warning(
                f"{_named(wheel.source)} takes its version from git, which this build cannot "
                f"read, so its version is {wheel.version}"
                + ("" if wheel.source == "." else f". {vendor_lock.HOW_TO_WRITE_IT}")
            )
    return [wheels[name] for name in sorted(wheels)]


def _namespaces(context: BuildContext) -> Iterator[InspectedPackage]:
    """Yield the namespace packages, which an index must not replace either."""
    for path in context.plan.vendoring.namespaces:
        package = VendoredPackage(path=path, form=Form.PLAIN)
        yield InspectedPackage(package=package, digest=digest_source(context.app, path))


def _named(source: str) -> str:
    return "The app" if source == "." else source


def _build_in_order(
    builder: WheelBuilder,
    packages: Sequence[InspectedPackage],
    for_builds: Mapping[str, LocalDistribution],
    required_paths: _RequiredPaths,
) -> dict[str, LocalDistribution]:
    """Build all wheels; builds prefer `for_builds` to the packages that the app gets.

    Some requirements of a build are known only when its backend runs. If it turns out to
    require another vendored package, it is put back until that package is built. Packages at
    the paths that a wheel requires are added to those to build.
    """
    wheels: dict[str, LocalDistribution] = {}
    waiting = deque(build_order(packages, for_builds.keys()))
    put_back = 0
    while waiting:
        package = waiting.popleft()
        names = {other.name for other in waiting if other.name is not None}
        available = {**wheels, **for_builds}
        try:
            wheel = builder.build(
                package, [*available.values()], frozenset(names - for_builds.keys())
            )
        except NotBuiltYet:
            waiting.append(package)
            put_back += 1
            if put_back == len(waiting):
                paths = tuple(blocked.path for blocked in waiting)
                raise VendoredBuildCycle(paths=paths) from None
            continue
        put_back = 0
        if wheel.name in wheels:  # some packages have their name only in the wheel
            paths = (wheels[wheel.name].source, wheel.source)
            raise VendoredTwice(name=wheel.name, paths=paths)
        wheels[wheel.name] = wheel
        waiting.extend(required_paths.of(wheel, wheels.keys() | names))
        if not waiting:
            waiting.extend(required_paths.of_extras(wheels))
    return wheels


class _RequiredPaths:
    """Finds the packages that the metadata of wheels require by their paths, each once."""

    def __init__(
        self,
        context: BuildContext,
        tags: Sequence[str],
        find: FindPackages,
        packages: Iterable[InspectedPackage],
        reserved: Collection[str],
    ) -> None:
        self._context = context
        self._tags = tags
        self._find = find
        self._paths = {package.path for package in packages}
        self._reserved = reserved

    def of(
        self, wheel: LocalDistribution, names: Collection[str]
    ) -> Iterator[InspectedPackage]:
        """Yield what a wheel requires without any extra, unless a package has the name.

        Raises RequirementOutsideTheApp, and the errors of `find` and `select`.
        """
        markers = {**self._context.interpreter.markers, "extra": ""}
        for text, path in wheel.required_paths:
            requirement = parse_requirement(text)
            if not requirement.marker or requirement.marker.evaluate(markers):
                yield from self._at(path, wheel, requirement.name, names)

    def of_extras(self, wheels: Mapping[str, LocalDistribution]) -> Iterator[InspectedPackage]:
        """Yield what the wheels require with the extras that the app and they request."""
        if not any(wheel.required_paths for wheel in wheels.values()):
            return
        by_source = {wheel.source: wheel for wheel in wheels.values()}
        markers = self._context.interpreter.markers
        for one in missing_requirements(self._context.plan, wheels, markers):
            wheel = by_source.get(one.required_by)
            name = requirement_name(one.requirement)
            for text, path in wheel.required_paths if wheel else ():
                if wheel and requirement_name(text) == name:
                    yield from self._at(path, wheel, name, wheels.keys())

    def _at(
        self, path: str, wheel: LocalDistribution, name: str, names: Collection[str]
    ) -> Iterator[InspectedPackage]:
        if canonicalize_name(name) in {*names, *self._reserved} or path in self._paths:
            return
        self._paths.add(path)
        is_inside = not (path.startswith("/") or path.split("/")[0] == "..")
        found = self._find(path) if is_inside else ()
        built = [package for package in found if package.form is not Form.PLAIN]
        if not built:
            raise RequirementOutsideTheApp(
                package=_named(wheel.source),
                name=name,
                target=path,
                exists=is_inside and (self._context.app / path).exists(),
            )
        yield from select(built, self._context.interpreter, self._tags)


def _check_names(context: BuildContext, wheels: Mapping[str, LocalDistribution]) -> None:
    """Raise VendoredBroken if the package at a required path has another name.

    An index would be asked for the name that is required.
    """
    markers = context.interpreter.markers
    lines = [
        (line.name, posixpath.normpath(line.local_path), line.file)
        for line in context.plan.dependencies.requirements
        if line.name and line.local_path and marker_applies(line.marker, markers)
    ]
    built = {wheel.source for wheel in wheels.values()}
    paths = [
        (requirement_name(text), path, f"the metadata of {_named(wheel.source)}")
        for wheel in wheels.values()
        for text, path in wheel.required_paths
        if path in built
    ]
    for name, path, origin in (*lines, *paths):
        if name not in wheels:
            other = next((one.name for one in wheels.values() if one.source == path), None)
            its_name = f"its name is {other}" if other else "it has no package of this name"
            raise VendoredBroken(path=path, reason=f"{origin} requires {name}, but {its_name}")


def _distributions_for_builds(
    context: BuildContext, tags: Sequence[str]
) -> dict[str, LocalDistribution]:
    """Read the distributions for builds in `vendor/build/`, one of each name.

    Raises WheelInvalid, VendoredBroken.
    """
    distributions = {}
    selected = select_for_builds(context.plan.vendoring.for_builds, tags)
    for name, (path, version) in selected.items():
        file = context.app / path
        requires: tuple[str, ...] = ()
        if file.suffix == ".whl":
            from slipway.effects.packages.wheels import read_metadata  # few apps have any

            requires = parse_metadata(read_metadata(file, path), path).requires
        distributions[name] = LocalDistribution(
            name=name,
            version=str(version),
            path=file,
            sha256=sha256_of(file),
            source=path,
            requires=requires,
        )
    return distributions


def _required_names(wheels: Iterable[LocalDistribution]) -> set[str]:
    names: set[str] = set()
    for wheel in wheels:
        for text in wheel.requires:
            try:
                names.add(canonicalize_name(parse_requirement(text).name))
            except InvalidRequirement:
                continue  # a resolver reports it
    return names
