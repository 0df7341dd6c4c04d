"""Who wants what, once a resolver has found that it cannot all be had."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.demands import Offer
from slipway.domain.dependencies import Dependencies
from slipway.domain.version_tools import is_guess
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.errors.vendored import VendoredVersionUnfit

Wants = tuple[tuple[str, str], ...]
"""Pairs of (who, what they want)."""


def as_wanted(wants: Wants, dependencies: Dependencies) -> Wants:
    """Give the file and line of what the app itself wants."""
    pairs = ((who, _bare(what)) for who, what in wants)
    return tuple(dict.fromkeys((_origin(who, what, dependencies), what) for who, what in pairs))


def as_wanted_by(wants: Wants, who: str) -> Wants:
    """Give `who` for what is not the app's own wish, but that of one of its packages."""
    pairs = ((who if one == THE_APP else one, _bare(what)) for one, what in wants)
    return tuple(dict.fromkeys(pairs))


def _bare(what: str) -> str:
    """Leave out where pip found something, which follows a package of this disk."""
    return what.partition(" (from ")[0]


def _origin(who: str, what: str, dependencies: Dependencies) -> str:
    lines = (*dependencies.requirements, *dependencies.constraints)
    name = _name(what)
    own = [line for line in lines if who == THE_APP and line.name == name]
    # Several lines may name the package: the one that says just this comes first.
    own.sort(key=lambda line: "".join(line.text.split()) != "".join(what.split()))
    return f"{own[0].file}:{own[0].number}" if own else who


def _name(what: str) -> str | None:
    requirement = _requirement(what)
    return canonicalize_name(requirement.name) if requirement else None


def _requirement(what: str) -> Requirement | None:
    try:
        return Requirement(what)
    except InvalidRequirement:
        return None


def conflict(
    wants: Wants, offers: Mapping[str, Offer]
) -> VendoredVersionUnfit | ResolutionConflict:
    """Give the error: about a package that the app ships, where one of `offers` is refused."""
    wants = tuple((_placed(who, offers), what) for who, what in wants)
    for name, offer in offers.items():
        refusals = _refusals(wants, name, offer.version)
        if refusals:
            return VendoredVersionUnfit(
                name=name,
                version=offer.version,
                path=offer.source,
                is_guess=is_guess(offer.version),
                wants=refusals,
            )
    return ResolutionConflict(wants=wants)


def _placed(who: str, offers: Mapping[str, Offer]) -> str:
    """Say where a package of the app lies, because its path is what can be edited."""
    offer = offers.get(canonicalize_name(who.partition(" ")[0]))
    return f"{who} ({offer.source})" if offer and " " in who else who


def _refusals(wants: Wants, name: str, version: str) -> Wants:
    """Give those that want another version of a package than the one there is."""
    return tuple((who, what) for who, what in wants if _refuses(what, name, version))


def _refuses(what: str, name: str, version: str) -> bool:
    requirement = _requirement(what)
    if requirement is None or canonicalize_name(requirement.name) != name:
        return False
    return not requirement.specifier.contains(version, prereleases=True)
