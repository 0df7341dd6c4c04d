"""Wheels as a resolver is to see them: what is here is needed by its name alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from slipway.domain.vendoring.core_metadata import require_by_name
from slipway.toolchains import LocalDistribution


def requiring_by_name(
    distributions: Sequence[LocalDistribution], folder: Path
) -> Iterator[LocalDistribution]:
    """Give the distributions; copies, in a folder, of those that name others by an address.

    Private packages mostly name each other by the addresses of their repositories, and pip
    would go there. The copies are for resolving: what is locked and installed is as it was.
    """
    names = frozenset(distribution.name for distribution in distributions)
    for number, distribution in enumerate(distributions):
        if not any("@" in requirement for requirement in distribution.requires):
            yield distribution
            continue
        # Few packages do.
        from slipway.effects.packages.wheels import read_metadata, rewrite_wheel

        metadata = read_metadata(distribution.path, distribution.source)
        place = folder / f"by-name-{number}"
        place.mkdir(exist_ok=True)
        copy = rewrite_wheel(distribution.path, place, require_by_name(metadata, names))
        yield replace(distribution, path=copy)
