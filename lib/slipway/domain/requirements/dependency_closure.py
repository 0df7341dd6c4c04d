"""Who needs what, followed from one package to the next, without asking an index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.requirements.lines import bracketed_extras


class AvailableDistribution(Protocol):
    """Something that can be had without an index."""

    @property
    def version(self) -> str:
        """As its metadata says."""

    @property
    def source(self) -> str:
        """What an error calls it."""

    @property
    def requires(self) -> tuple[str, ...]:
        """What it needs in turn, as PEP 508 requirements."""


@dataclass(frozen=True, kw_only=True)
class RequiredPackage:
    requirement: str
    """As PEP 508 says it."""
    required_by: str
    """A file and line, a package, or Slipway's own reason."""

    @property
    def address(self) -> str | None:
        """Where it is to come from, if it says so."""
        return self.requirement.partition(" @ ")[2] or None

    @property
    def name(self) -> str:
        """Normalized."""
        return canonicalize_name(re.split(r"[^\w.-]", self.requirement)[0])


@dataclass(frozen=True, kw_only=True)
class DependencyClosure:
    """What demands lead to."""

    met: frozenset[str] = field(default=frozenset())
    """Names, normalized, of the offers that are needed."""
    unmet: tuple[RequiredPackage, ...] = ()
    """What no offer fulfils, in the order it was met with."""


def dependency_closure(
    demands: Iterable[RequiredPackage],
    offers: Mapping[str, AvailableDistribution],
    markers: Mapping[str, str],
) -> DependencyClosure:
    """Follow demands through all that is offered; `markers` describe the app's Python.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/
    """
    open_demands = [(demand, frozenset({""})) for demand in demands]
    seen: set[tuple[str, str, frozenset[str]]] = set()
    met: set[str] = set()
    unmet: dict[str, RequiredPackage] = {}
    while open_demands:
        demand, extras = open_demands.pop(0)
        requirement = _applying(demand.requirement, extras, markers)
        if requirement is None:
            continue
        name = canonicalize_name(requirement.name)
        offer = offers.get(name)
        if offer is None or not requirement.specifier.contains(offer.version, prereleases=True):
            unmet.setdefault(_bare(requirement), demand)
            continue
        met.add(name)
        key = (name, str(requirement.specifier), frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            open_demands += _demands_of(offer, requirement.extras)
    return DependencyClosure(met=frozenset(met), unmet=tuple(_named(unmet)))


def _demands_of(
    offer: AvailableDistribution, extras: set[str]
) -> Iterator[tuple[RequiredPackage, frozenset[str]]]:
    wanted = frozenset({"", *extras})
    for requirement in offer.requires:
        yield RequiredPackage(requirement=requirement, required_by=offer.source), wanted


def _applying(
    text: str, extras: frozenset[str], markers: Mapping[str, str]
) -> Requirement | None:
    """Give the requirement, if it can be read and its marker holds for one of the extras."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    marker = requirement.marker
    holds = marker is None or any(
        marker.evaluate({**markers, "extra": extra}) for extra in extras
    )
    return requirement if holds else None


def _bare(requirement: Requirement) -> str:
    """Give a requirement without its marker."""
    address = f" @ {requirement.url}" if requirement.url else ""
    return f"{requirement.name}{bracketed_extras(requirement.extras)}{requirement.specifier}{address}"


def _named(unmet: Mapping[str, RequiredPackage]) -> Iterator[RequiredPackage]:
    for bare, demand in unmet.items():
        yield RequiredPackage(requirement=bare, required_by=demand.required_by)


def is_direct_reference(requirement: str) -> bool:
    """Tell `name @ address` from what an index can answer."""
    try:
        return Requirement(requirement).url is not None
    except InvalidRequirement:
        return False


def holds(marker: str, markers: Mapping[str, str]) -> bool:
    """Tell whether what stands after a requirement's `;` applies; nothing always does."""
    return not marker or _applying(f"x; {marker}", frozenset({""}), markers) is not None
