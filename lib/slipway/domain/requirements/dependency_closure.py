"""Follow requirements from one package to the next, without an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.build_plan import BuildPlan
from slipway.domain.packaging_text import parse_requirement
from slipway.domain.requirements.lines import (
    LineKind,
    bracketed_extras,
    is_direct_reference,
    marker_applies,
    requirement_name,
)
from slipway.domain.requirements.lock import without_hashes
from slipway.domain.requirements.resolution_request import (
    direct_lines,
    find_links_folders,
    options_of,
)
from slipway.errors.dependencies import RequiredPackage


class AvailableDistribution(Protocol):
    """A distribution that can be installed without an index."""

    @property
    def version(self) -> str:
        """As in its metadata."""

    @property
    def source(self) -> str:
        """Its name in errors."""

    @property
    def requires(self) -> tuple[str, ...]:
        """Its own requirements (PEP 508)."""


@dataclass(frozen=True, kw_only=True)
class DependencyClosure:
    """All packages that some requirements lead to."""

    required: frozenset[str] = field(default=frozenset())
    """Names, normalized, of the available distributions that are required."""
    missing: tuple[RequiredPackage, ...] = ()
    """Requirements that no available distribution satisfies, without their markers."""
    unmet: tuple[RequiredPackage, ...] = ()
    """The same for each package that has them."""


def dependency_closure(
    requirements: Iterable[RequiredPackage],
    available: Mapping[str, AvailableDistribution],
    markers: Mapping[str, str],
) -> DependencyClosure:
    """Follow requirements through all available distributions.

    `markers` describe the app's Python. A requirement that cannot be parsed is ignored.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/
    """
    queue = [(one, frozenset({""})) for one in requirements]
    followed: set[tuple[str, frozenset[str]]] = set()
    required: set[str] = set()
    missing: dict[str, RequiredPackage] = {}
    unmet: dict[RequiredPackage, None] = {}
    for package, extras in queue:  # the loop appends to it
        try:
            requirement = parse_requirement(package.requirement)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker and not any(marker.evaluate({**markers, "extra": one}) for one in extras):
            continue
        name = canonicalize_name(requirement.name)
        found = available.get(name)
        if found is None or not requirement.specifier.contains(found.version, prereleases=True):
            bare = _bare(requirement)
            one = RequiredPackage(requirement=bare, required_by=package.required_by)
            missing.setdefault(bare, one)
            unmet[one] = None
            continue
        required.add(name)
        requested = frozenset({"", *requirement.extras})
        if (name, requested) not in followed:
            followed.add((name, requested))
            queue += [
                (RequiredPackage(requirement=text, required_by=found.source), requested)
                for text in found.requires
            ]
    return DependencyClosure(
        required=frozenset(required), missing=tuple(missing.values()), unmet=tuple(unmet)
    )


def _bare(requirement: Requirement) -> str:
    """Return a requirement without its marker."""
    extras = bracketed_extras(requirement.extras)
    address = f" @ {requirement.url}" if requirement.url else ""
    return f"{requirement.name}{extras}{requirement.specifier}{address}"


def missing_offline(
    plan: BuildPlan,
    vendored: Mapping[str, AvailableDistribution],
    markers: Mapping[str, str],
) -> tuple[RequiredPackage, ...]:
    """Return all requirements of an app for packages that are not vendored.

    Empty if the app has a --find-links folder: only pip can tell whether it has the rest. A
    vendored package whose version does not fit is left to the resolver, which explains
    conflicts better.
    """
    if find_links_folders(options_of(plan)):
        return ()
    external = [
        RequiredPackage(requirement=line.redacted, required_by=line.place)
        for line in plan.dependencies.external_requirements
        if line.kind is LineKind.DIRECT
        and line.name not in vendored
        and marker_applies(line.marker, markers)
    ]
    named = [
        RequiredPackage(requirement=without_hashes(line), required_by=line.place)
        for line in plan.dependencies.requirements
        if line.kind is LineKind.NAMED
    ]
    added = [
        RequiredPackage(requirement=name, required_by=process)
        for name, process in plan.added.items()
    ]
    requirements = [*named, *added, *_vendored_requirements(plan, vendored)]
    missing = dependency_closure(requirements, vendored, markers).missing
    return (*external, *_not_vendored(missing, vendored))


def missing_requirements(
    plan: BuildPlan,
    vendored: Mapping[str, AvailableDistribution],
    markers: Mapping[str, str],
) -> tuple[RequiredPackage, ...]:
    """Return what the app and its vendored packages require, and what is not vendored."""
    named = [
        RequiredPackage(requirement=without_hashes(line), required_by=line.place)
        for line in plan.dependencies.requirements
        if line.kind is LineKind.NAMED
    ]
    requirements = [*named, *_vendored_requirements(plan, vendored)]
    unmet = dependency_closure(requirements, vendored, markers).unmet
    return tuple(_not_vendored(unmet, vendored))


def direct_references(
    plan: BuildPlan,
    vendored: Mapping[str, AvailableDistribution],
    markers: Mapping[str, str],
) -> tuple[RequiredPackage, ...]:
    """Return the direct references in vendored packages to packages that are not vendored."""
    requirements = _vendored_requirements(plan, vendored)
    missing = dependency_closure(requirements, vendored, markers).missing
    return tuple(
        one for one in _not_vendored(missing, vendored) if is_direct_reference(one.requirement)
    )


def _vendored_requirements(
    plan: BuildPlan, vendored: Mapping[str, AvailableDistribution]
) -> Iterator[RequiredPackage]:
    """Require every vendored package, with the extras that the app's lines request."""
    for name, distribution in vendored.items():
        yield RequiredPackage(requirement=name, required_by=distribution.source)
        for line in direct_lines(plan, name, distribution.source):
            marker = f"; {line.marker}" if line.marker else ""
            yield RequiredPackage(
                requirement=f"{name}{line.extras}{marker}", required_by=line.place
            )


def _not_vendored(
    missing: Iterable[RequiredPackage], vendored: Mapping[str, AvailableDistribution]
) -> Iterator[RequiredPackage]:
    return (one for one in missing if requirement_name(one.requirement) not in vendored)
