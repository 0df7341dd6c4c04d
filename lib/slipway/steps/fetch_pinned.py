"""Fetch the packages of a lock that do not come from its default index."""

from __future__ import annotations

from slipway.domain.locks.brought import FromAddress, FromIndex
from slipway.steps.context import BuildContext
from slipway.toolchains.protocol import LocalDistribution


def fetch_pinned(context: BuildContext) -> list[LocalDistribution]:
    """Return a wheel for each package that a repository, an archive or a named index has.

    No other index is asked for these packages.
    """
    pins = [
        pin
        for pin in context.plan.dependencies.pins
        if isinstance(pin.source, FromAddress)
        or (isinstance(pin.source, FromIndex) and pin.source.index is not None)
    ]
    if not pins:
        return []
    raise NotImplementedError
