"""What the packages of an app need and the app does not ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.domain.build_plan import BuildPlan
from slipway.domain.demands import Demand, Offer, follow, holds
from slipway.domain.lock import without_hashes
from slipway.domain.question import lines_of, local_links, options_of
from slipway.domain.requirements import Kind, Line


def unmet_offline(
    plan: BuildPlan, offers: Mapping[str, Offer], markers: Mapping[str, str]
) -> tuple[Demand, ...]:
    """Follow all that the app asks for; `offers` are the packages that it ships.

    Nothing is said where a --find-links folder may have the rest: pip knows.
    """
    if local_links(options_of(plan)):
        return ()
    demands = [*_demands(plan), *_of_shipped(plan, offers)]
    elsewhere = [
        Demand(requirement=line.shown, who=_place(line))
        for line in plan.dependencies.from_elsewhere
        if line.kind is Kind.DIRECT and line.name not in offers and holds(line.marker, markers)
    ]
    # A wrong version is a conflict, which the resolver finds and tells in full.
    unmet = follow(demands, offers, markers).unmet
    return (*elsewhere, *(demand for demand in unmet if demand.name not in offers))


def needed_addresses(
    plan: BuildPlan, offers: Mapping[str, Offer], markers: Mapping[str, str]
) -> tuple[Demand, ...]:
    """Give what the shipped packages need from an address, and the app does not ship."""
    unmet = follow(_of_shipped(plan, offers), offers, markers).unmet
    return tuple(demand for demand in unmet if demand.address and demand.name not in offers)


def _demands(plan: BuildPlan) -> Iterator[Demand]:
    for line in plan.dependencies.requirements:
        if line.kind is Kind.NAMED:
            yield Demand(requirement=without_hashes(line), who=_place(line))
    for name in plan.added_requirements:
        yield Demand(requirement=name, who="the default web process")


def _of_shipped(plan: BuildPlan, offers: Mapping[str, Offer]) -> Iterator[Demand]:
    """Ask for all that is shipped, and for the extras that the app's lines want of it."""
    for name, offer in offers.items():
        yield Demand(requirement=name, who=offer.source)
        for line in lines_of(plan, name, offer.source):
            marker = f"; {line.marker}" if line.marker else ""
            yield Demand(requirement=f"{name}{line.extras}{marker}", who=_place(line))


def _place(line: Line) -> str:
    return f"{line.file}:{line.number}"
