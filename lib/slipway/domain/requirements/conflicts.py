"""Explain a conflict: which requirements no combination of versions satisfies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.packaging_text import parse_requirement
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.dependency_closure import AvailableDistribution
from slipway.domain.requirements.lock import without_hashes
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.errors.building import FailedBuild
from slipway.errors.dependencies import THE_APP, RequiredPackage, ResolutionConflict
from slipway.errors.vendored import VendoredVersionUnfit


def with_file_and_line(
    requirements: Iterable[RequiredPackage], dependencies: Dependencies
) -> tuple[RequiredPackage, ...]:
    """Add the file and line number to each requirement of the app itself."""
    lines = (
        *dependencies.requirements,
        *dependencies.constraints,
        *dependencies.beside_lock,
    )
    located = []
    for one in requirements:
        requirement = _parse(one.requirement)
        name = canonicalize_name(requirement.name) if requirement else None
        own = [line for line in lines if one.required_by == THE_APP and line.name == name]
        # If several lines name the package, the one with exactly this requirement comes first.
        # Resolvers write it in their own spelling, and without the hashes of a lock.
        own.sort(key=lambda line: _spelled(without_hashes(line)) != _spelled(one.requirement))
        located.append(replace(one, required_by=own[0].place) if own else one)
    return tuple(dict.fromkeys(located))


def _spelled(requirement: str) -> str:
    """Return a requirement in one spelling, to compare it."""
    parsed = _parse(requirement)
    if parsed is None:
        return "".join(requirement.split())
    parsed.name = canonicalize_name(parsed.name)
    return str(parsed)


def who_requires(
    requirement: str,
    required_by: str,
    dependencies: Dependencies,
    vendored: Mapping[str, AvailableDistribution],
) -> str:
    """Name the line or the vendored package that has a requirement, if either does."""
    one = RequiredPackage(requirement=requirement, required_by=required_by)
    [located] = with_file_and_line([one], dependencies)
    return _with_path(located, vendored).required_by


def requirer_of_build(
    error: FailedBuild,
    dependencies: Dependencies,
    vendored: Mapping[str, AvailableDistribution],
) -> str:
    """Return who requires a package that could not be built; empty if that is not known."""
    required_by = error.required_by or THE_APP
    found = who_requires(error.package, required_by, dependencies, vendored)
    return "" if found == THE_APP else found


def attributed_to(
    requirements: Iterable[RequiredPackage], required_by: str
) -> tuple[RequiredPackage, ...]:
    """Attribute a resolver's input to `required_by`, because it was not the app's own."""
    return tuple(
        replace(one, required_by=required_by) if one.required_by == THE_APP else one
        for one in requirements
    )


def conflict(
    requirements: Iterable[RequiredPackage], vendored: Mapping[str, AvailableDistribution]
) -> VendoredVersionUnfit | ResolutionConflict:
    """Return the error to raise; VendoredVersionUnfit if a vendored version does not fit.

    If a vendored package has one of the requirements, the error names its path, for editing.
    """
    with_paths = [_with_path(one, vendored) for one in requirements]
    for name, distribution in vendored.items():
        unsatisfied = tuple(
            one
            for one in with_paths
            if (requirement := _parse(one.requirement))
            and canonicalize_name(requirement.name) == name
            and not requirement.specifier.contains(distribution.version, prereleases=True)
        )
        if unsatisfied:
            return VendoredVersionUnfit(
                name=name,
                version=distribution.version,
                path=distribution.source,
                is_guess=is_guess(distribution.version),
                requirements=unsatisfied,
            )
    return ResolutionConflict(requirements=tuple(with_paths))


def _with_path(
    one: RequiredPackage, vendored: Mapping[str, AvailableDistribution]
) -> RequiredPackage:
    """Add its path to a vendored package that has a requirement, for editing."""
    if one.required_by == THE_APP or ":" in one.required_by:
        return one
    requirer = vendored.get(canonicalize_name(one.required_by.partition(" ")[0]))
    if requirer is None:
        return one
    return replace(one, required_by=f"{one.required_by} ({requirer.source})")


def _parse(text: str) -> Requirement | None:
    try:
        return parse_requirement(text)
    except InvalidRequirement:
        return None
