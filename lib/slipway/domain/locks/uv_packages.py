"""The packages of a uv.lock, and what of them is installed for a Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from packaging.markers import InvalidMarker
from packaging.specifiers import InvalidSpecifier
from packaging.version import InvalidVersion

from slipway.domain.locks.brought import Choice, FromIndex, FromPath, Index, Pin
from slipway.domain.locks.graph import Edge, Node, reachable
from slipway.domain.locks.lock_file import LockFile
from slipway.domain.locks.markers import holds
from slipway.domain.packaging_text import parse_specifiers, parse_version
from slipway.errors.locks import LockChoicesConflict


@dataclass(frozen=True, kw_only=True)
class UvPackage:
    node: Node
    source: Mapping[str, str]
    """As in the lock."""
    groups: Mapping[str, tuple[Edge, ...]]
    is_installed: bool
    """False for the root of a workspace or another project that is only its dependencies."""
    problem: str = ""
    """Why it cannot be installed."""


@dataclass(frozen=True, kw_only=True)
class UvLock:
    """A uv.lock: see BroughtLock."""

    lock_file: LockFile
    requires_python: str
    default_index: Index | None
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    is_consistent: bool
    other_indexes: tuple[Index, ...] = ()
    default_groups: tuple[str, ...]
    packages: tuple[UvPackage, ...]
    members: tuple[UvPackage, ...]
    """The app, or all members of a workspace whose root is no project itself."""
    root_groups: Mapping[str, tuple[Edge, ...]]
    """The groups of a root that is no project."""
    environments: tuple[str, ...]
    """Markers, of which one must be true."""
    conflicts: tuple[frozenset[str], ...]
    """Sets of extras and groups that exclude each other, as the lock's markers name them."""

    @property
    def file(self) -> str:
        return self.lock_file.file

    @property
    def tool(self) -> str:
        return self.lock_file.tool

    def local_pins(self, choice: Choice) -> tuple[Pin, ...]:
        """Return every pin FromPath that `select` may return, for any Python."""
        found = self._reachable(choice, bool)  # each marker applies
        return tuple(
            one.node.pin
            for one in found
            if one.is_installed
            and not one.problem
            and isinstance(one.node.pin.source, FromPath)
        )

    def select(self, markers: Mapping[str, str], choice: Choice) -> tuple[Pin, ...]:
        """Return what is installed for a Python, sorted by name, each name once.

        Raises LockNotForThisPython, LockBroken, LockSourceUnsupported, LockChoicesConflict.
        """
        self._refuse_python(markers)
        active = self._active(markers, choice)
        found = self._reachable(choice, self._evaluator(markers, active))
        names = Counter(one.node.pin.name for one in found)
        for package in found:
            pin = package.node.pin
            if names[pin.name] > 1:
                reason = f"It has more than one version of {pin.name} for this Python."
                raise self.lock_file.broken(reason)
            if package.problem:
                source = next(iter(package.source.values()), "")
                raise self.lock_file.unsupported(pin.name, source, package.problem)
            if isinstance(pin.source, FromIndex) and not pin.version:
                raise self.lock_file.broken(f"It has no version for {pin.name}.")
        return tuple(one.node.pin for one in found if one.is_installed)

    def _refuse_python(self, markers: Mapping[str, str]) -> None:
        try:
            # uv compares without the mark of a pre-release.
            version = parse_version(markers.get("python_full_version", "")).base_version
            fits = parse_specifiers(self.requires_python).contains(version, prereleases=True)
            is_supported = not self.environments or any(
                map(self._evaluator(markers, frozenset()), self.environments)
            )
        except (InvalidSpecifier, InvalidVersion) as error:
            reason = f"Its `requires-python` is not valid: {error}."
            raise self.lock_file.broken(reason) from None
        needs = f"Python {self.requires_python}"
        if fits and not is_supported:
            listed = " or ".join(f"`{one}`" for one in self.environments)
            needs = f"environments with {listed}"
        if not (fits and is_supported):
            raise self.lock_file.not_for(needs, markers, is_platform=fits)

    def _evaluator(
        self, markers: Mapping[str, str], active: frozenset[str]
    ) -> Callable[[str], bool]:
        known: dict[str, bool] = {}
        environment: dict[str, str | frozenset[str]] = {**markers, "extras": active}

        def applies(marker: str) -> bool:
            if marker not in known:
                try:
                    known[marker] = holds(marker, environment)
                except InvalidMarker as error:
                    reason = f"It has a marker that is not valid: {error}."
                    raise self.lock_file.broken(reason) from None
            return known[marker]

        return applies

    def _chosen_groups(self, choice: Choice) -> tuple[str, ...]:
        return self.default_groups if choice.groups is None else choice.groups

    def _reachable(
        self, choice: Choice, applies: Callable[[str], bool]
    ) -> tuple[UvPackage, ...]:
        by_node = {id(one.node): one for one in self.packages}
        nodes = [one.node for one in self.packages]
        found = reachable([*self._roots(choice)], nodes, applies)
        return tuple(by_node[id(node)] for node in found)

    def _roots(self, choice: Choice) -> Iterator[Edge]:
        groups = self._chosen_groups(choice)
        for package in self.members:
            pin = package.node.pin
            extras = tuple(one for one in choice.extras if one in package.node.extra_edges)
            yield Edge(name=pin.name, extras=extras, accepts=frozenset({pin}).__contains__)
            for group in groups:
                yield from package.groups.get(group, ())
        for group in groups:
            yield from self.root_groups.get(group, ())

    def _active(self, markers: Mapping[str, str], choice: Choice) -> frozenset[str]:
        """Return the extras and groups that are installed, as the lock's markers name them.

        Only an app with `conflicts` has such markers. Which extras its dependencies ask for
        depends on them again, so that is repeated until nothing is added, as uv does.

        Raises LockChoicesConflict, LockBroken.
        """
        if not self.conflicts:
            return frozenset()
        groups, names = self._chosen_groups(choice), [one.node.pin.name for one in self.members]
        active = {f"project-{len(name)}-{name}" for name in names}
        for package, name in zip(self.members, names, strict=True):
            active |= {
                conflict_item(name, "group", one) for one in groups if one in package.groups
            }
            extras = (one for one in choice.extras if one in package.node.extra_edges)
            active |= {conflict_item(name, "extra", one) for one in extras}
        while True:
            applies = self._evaluator(markers, frozenset(active))
            more = self._asked_extras(choice, applies) - active
            if not more:
                break
            active |= more
        for one in self.conflicts:
            if len(both := sorted(one & active)) > 1:
                raise LockChoicesConflict(
                    file=self.file, tool=self.tool, names=tuple(map(_in_words, both))
                )
        return frozenset(active)

    def _asked_extras(self, choice: Choice, applies: Callable[[str], bool]) -> set[str]:
        asked: set[str] = set()
        by_name: dict[str, list[Node]] = {}
        for package in self.packages:
            by_name.setdefault(package.node.pin.name, []).append(package.node)
        waiting, seen = [*self._roots(choice)], set[int]()
        for edge in waiting:  # the loop appends to it
            if id(edge) in seen or (edge.marker and not applies(edge.marker)):
                continue
            seen.add(id(edge))
            asked |= {conflict_item(edge.name, "extra", one) for one in edge.extras}
            for node in by_name.get(edge.name, ()):
                if not edge.accepts or edge.accepts(node.pin):
                    extras = (node.extra_edges.get(extra, ()) for extra in edge.extras)
                    waiting += [*node.edges, *(one for edges in extras for one in edges)]
        return asked


def conflict_item(package: str, kind: str, name: str) -> str:
    """Return the name that uv's markers have for an extra or a group of a package."""
    return (
        f"{kind}-{len(package)}-{package}-{name}"
        if name
        else f"{kind}-{len(package)}-{package}"
    )


def _in_words(item: str) -> str:
    kind, length, rest = item.split("-", 2)
    name = rest[int(length) + 1 :]
    return f"the {kind} `{name}`" if name else f"the package `{rest}`"
