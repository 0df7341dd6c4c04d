"""Who requires what, once a resolver has found that it cannot all be had."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.requirements.dependency_closure import AvailableDistribution
from slipway.domain.requirements.sources import Dependencies
from slipway.domain.vendoring.scm_versions import is_guess
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.errors.vendored import VendoredVersionUnfit

ConflictingRequirements = tuple[tuple[str, str], ...]
"""Pairs of (who, what they want)."""


def with_file_and_line(
    conflicting: ConflictingRequirements, dependencies: Dependencies
) -> ConflictingRequirements:
    """Give the file and line of what the app itself wants."""
    pairs = ((required_by, _bare(what)) for required_by, what in conflicting)
    return tuple(
        dict.fromkeys(
            (_origin(required_by, what, dependencies), what) for required_by, what in pairs
        )
    )


def attributed_to(
    conflicting: ConflictingRequirements, required_by: str
) -> ConflictingRequirements:
    """Give `who` for what is not the app's own wish, but that of one of its packages."""
    pairs = ((required_by if one == THE_APP else one, _bare(what)) for one, what in conflicting)
    return tuple(dict.fromkeys(pairs))


def _bare(what: str) -> str:
    """Leave out where pip found something, which follows a package of this disk."""
    return what.partition(" (from ")[0]


def _origin(required_by: str, what: str, dependencies: Dependencies) -> str:
    lines = (*dependencies.requirements, *dependencies.constraints)
    name = _name(what)
    own = [line for line in lines if required_by == THE_APP and line.name == name]
    # Several lines may name the package: the one that says just this comes first.
    own.sort(key=lambda line: "".join(line.text.split()) != "".join(what.split()))
    return f"{own[0].file}:{own[0].number}" if own else required_by


def _name(what: str) -> str | None:
    requirement = _requirement(what)
    return canonicalize_name(requirement.name) if requirement else None


def _requirement(what: str) -> Requirement | None:
    try:
        return Requirement(what)
    except InvalidRequirement:
        return None


def conflict(
    conflicting: ConflictingRequirements, offers: Mapping[str, AvailableDistribution]
) -> VendoredVersionUnfit | ResolutionConflict:
    """Give the error: about a package that the app ships, where one of `offers` is refused."""
    conflicting = tuple(
        (_placed(required_by, offers), what) for required_by, what in conflicting
    )
    for name, offer in offers.items():
        refusals = _refusals(conflicting, name, offer.version)
        if refusals:
            return VendoredVersionUnfit(
                name=name,
                version=offer.version,
                path=offer.source,
                is_guess=is_guess(offer.version),
                conflicting=refusals,
            )
    return ResolutionConflict(conflicting=conflicting)


def _placed(required_by: str, offers: Mapping[str, AvailableDistribution]) -> str:
    """Say where a package of the app lies, because its path is what can be edited."""
    offer = offers.get(canonicalize_name(required_by.partition(" ")[0]))
    return f"{required_by} ({offer.source})" if offer and " " in required_by else required_by


def _refusals(
    conflicting: ConflictingRequirements, name: str, version: str
) -> ConflictingRequirements:
    """Give those that want another version of a package than the one there is."""
    return tuple(
        (required_by, what)
        for required_by, what in conflicting
        if _refuses(what, name, version)
    )


def _refuses(what: str, name: str, version: str) -> bool:
    requirement = _requirement(what)
    if requirement is None or canonicalize_name(requirement.name) != name:
        return False
    return not requirement.specifier.contains(version, prereleases=True)
