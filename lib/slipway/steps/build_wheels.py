"""Build a wheel of each vendored package, or reuse it if the package has not changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.vendoring import vendor_lock
from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.domain.vendoring.selection import build_order, select, select_for_builds
from slipway.effects.files import scratch, sha256_of
from slipway.effects.interpreters import supported_tags
from slipway.effects.packages.source_trees import digest_source
from slipway.errors.vendored import VendoredBuildCycle, VendoredTwice
from slipway.steps.context import BuildContext
from slipway.toolchains.protocol import LocalDistribution
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments, NotBuiltYet
from slipway.toolchains.wheel_building.builder import WheelBuilder


def build_wheels(
    context: BuildContext, packages: Sequence[InspectedPackage]
) -> list[LocalDistribution]:
    """Return the wheels, sorted by name; a plain package gets one only if it is required.

    Raises VendoredTwice, WheelNotForThisPython, VendoredBuildFailed, OfflineMissing, or a more
    precise error.
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
            offline_folder=f"{vendor_folder}/build" if settings.offline else None,
        )
        builder = WheelBuilder(
            app=context.app,
            environments=environments,
            frontend=context.tools.build_frontend,
            effects=context.effects,
        )
        wheels = _build_in_order(
            builder,
            [package for package in selected if package.form is not Form.PLAIN],
            _distributions_for_builds(context, tags),
        )
        required = {*context.plan.dependencies.names, *_required_names(wheels.values())}
        importable = [*plain, *_namespaces(context)]
        for package in importable:
            name = canonicalize_name(package.package.import_name)
            if name in required and name not in wheels:
                wheels[name] = builder.reserve_name(package, name)
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
) -> dict[str, LocalDistribution]:
    """Build all wheels; builds prefer `for_builds` to the packages that the app gets.

    Some requirements of a build are known only when its backend runs. If it turns out to
    require another vendored package, it is put back until that package is built.
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
    return wheels


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
                names.add(canonicalize_name(Requirement(text).name))
            except InvalidRequirement:
                continue  # a resolver reports it
    return names
