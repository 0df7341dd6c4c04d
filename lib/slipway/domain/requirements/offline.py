"""What the packages of an app need and the app does not ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements.dependency_closure import (
    AvailableDistribution,
    RequiredPackage,
    dependency_closure,
    holds,
)
from slipway.domain.requirements.lines import Kind, Line
from slipway.domain.requirements.lock import without_hashes
from slipway.domain.requirements.resolution_request import (
    direct_lines,
    find_links_folders,
    options_of,
)


def missing_offline(
    plan: BuildPlan, offers: Mapping[str, AvailableDistribution], markers: Mapping[str, str]
) -> tuple[RequiredPackage, ...]:
    """Follow all that the app asks for; `offers` are the packages that it ships.

    Nothing is said where a --find-links folder may have the rest: pip knows.
    """
    if find_links_folders(options_of(plan)):
        return ()
    demands = [*_demands(plan), *_of_shipped(plan, offers)]
    elsewhere = [
        RequiredPackage(requirement=line.shown, required_by=_place(line))
        for line in plan.dependencies.external_requirements
        if line.kind is Kind.DIRECT and line.name not in offers and holds(line.marker, markers)
    ]
    # A wrong version is a conflict, which the resolver finds and tells in full.
    unmet = dependency_closure(demands, offers, markers).unmet
    return (*elsewhere, *(demand for demand in unmet if demand.name not in offers))


def required_references(
    plan: BuildPlan, offers: Mapping[str, AvailableDistribution], markers: Mapping[str, str]
) -> tuple[RequiredPackage, ...]:
    """Give what the shipped packages need from an address, and the app does not ship."""
    unmet = dependency_closure(_of_shipped(plan, offers), offers, markers).unmet
    return tuple(demand for demand in unmet if demand.address and demand.name not in offers)


def _demands(plan: BuildPlan) -> Iterator[RequiredPackage]:
    for line in plan.dependencies.requirements:
        if line.kind is Kind.NAMED:
            yield RequiredPackage(requirement=without_hashes(line), required_by=_place(line))
    for name in plan.added_requirements:
        yield RequiredPackage(requirement=name, required_by="the default web process")


def _of_shipped(
    plan: BuildPlan, offers: Mapping[str, AvailableDistribution]
) -> Iterator[RequiredPackage]:
    """Ask for all that is shipped, and for the extras that the app's lines want of it."""
    for name, offer in offers.items():
        yield RequiredPackage(requirement=name, required_by=offer.source)
        for line in direct_lines(plan, name, offer.source):
            marker = f"; {line.marker}" if line.marker else ""
            yield RequiredPackage(
                requirement=f"{name}{line.extras}{marker}", required_by=_place(line)
            )


def _place(line: Line) -> str:
    return f"{line.file}:{line.number}"
