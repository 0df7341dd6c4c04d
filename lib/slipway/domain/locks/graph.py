"""Follow the dependencies in a lock: for formats that do not say which packages each needs.

No version is chosen: a lock has all versions that may be installed, and says when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from slipway.domain.locks.brought import Pin


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A dependency of a package, or of the app."""

    name: str
    """Normalized."""
    marker: str = ""
    """When it applies (PEP 508); empty: always."""
    extras: tuple[str, ...] = ()
    """The extras of the package that it needs, normalized."""
    accepts: Callable[[Pin], bool] | None = None
    """Whether it is about a pin, if the lock has several of the name; None: about any."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A package of the lock."""

    pin: Pin
    marker: str = ""
    """Where the lock has it at all; empty: everywhere."""
    edges: tuple[Edge, ...] = ()
    extra_edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    """Extra, normalized -> what it needs as well."""


def reachable(
    roots: Iterable[Edge], nodes: Sequence[Node], applies: Callable[[str], bool]
) -> tuple[Node, ...]:
    """Return the packages that some dependencies lead to, sorted by name.

    `applies` tells whether a marker is true. A dependency that the lock has no package for is
    left out: the tools write such locks, for packages that they exclude.
    """
    by_name: dict[str, list[Node]] = {}
    for node in nodes:
        if not node.marker or applies(node.marker):
            by_name.setdefault(node.pin.name, []).append(node)
    found: dict[int, Node] = {}
    waiting = list(roots)
    followed: set[tuple[int, str]] = set()
    for edge in waiting:  # the loop appends to it
        if edge.marker and not applies(edge.marker):
            continue
        for node in by_name.get(edge.name, ()):
            if edge.accepts and not edge.accepts(node.pin):
                continue
            if id(node) not in found:
                found[id(node)] = node
                waiting += node.edges
            extras = [one for one in edge.extras if (id(node), one) not in followed]
            followed.update((id(node), one) for one in extras)
            waiting += [more for one in extras for more in node.extra_edges.get(one, ())]
    return tuple(sorted(found.values(), key=lambda node: node.pin.name))
