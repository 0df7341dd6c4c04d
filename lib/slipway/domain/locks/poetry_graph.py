"""Choose the packages of a poetry.lock of Poetry 1, which does not say which groups need them.

Poetry resolves again within such a lock. Its packages fit together, so it is enough to follow
their dependencies: where the lock has several versions of a package, the newest counts that all
packages accept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import FromAddress, FromIndex, FromPath, Pin
from slipway.domain.locks.graph import Edge, Node, reachable
from slipway.domain.locks.lock_file import shown
from slipway.domain.locks.markers import holds
from slipway.domain.packaging_text import parse_requirement, parse_version
from slipway.domain.requirements.declared_sources import SourceKind
from slipway.domain.requirements.poetry_constraints import is_met, python_marker
from slipway.domain.requirements.poetry_project import (
    InvalidDependency,
    PoetryDependency,
    dependencies_in,
)

if TYPE_CHECKING:
    from slipway.domain.locks.poetry import Package, PoetryLock

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SOURCES = {"directory": FromPath(path="."), "file": FromPath(path=".")}


def needed_packages(
    lock: PoetryLock,
    groups: Collection[str],
    extras: Collection[str],
    markers: Mapping[str, str] | None,
) -> Iterator[Package]:
    """Yield the packages that the app needs with some groups and extras, each name once.

    Without `markers`, those that any Python may need, and a name more than once.

    Raises LockBroken.
    """
    graph = _Graph(lock, markers)
    required = lock.project.required(groups, extras)
    found = graph.needed_by(required) if markers is None else graph.needed_once_by(required)
    yield from (graph.packages[id(node.pin)] for node in found)


class _Graph:
    def __init__(self, lock: PoetryLock, markers: Mapping[str, str] | None) -> None:
        self._lock = lock
        self._markers = markers
        counts = Counter(package.name for package in lock.packages)
        self._several = {name for name, count in counts.items() if count > 1}
        self._asked: dict[str, list[Callable[[Pin], bool]]] = {}
        """Of packages with several versions: what the dependencies accept that apply."""
        self.packages: dict[int, Package] = {}
        """The identity of the pin of a node -> its package."""
        read = [(package, [*self._dependencies(package)]) for package in lock.packages]
        self._wanted: dict[str, set[str]] = {}
        """Packages -> the extras of theirs that any dependency asks for."""
        for found in (*(found for _, found in read), lock.project.every):
            for one in found:
                if one.extras:
                    self._wanted.setdefault(one.name, set()).update(one.extras)
        self._nodes = [self._node(package, found) for package, found in read]

    def needed_by(self, required: Iterable[PoetryDependency]) -> tuple[Node, ...]:
        return reachable([*map(self._edge, required)], self._nodes, self._applies)

    def needed_once_by(self, required: Sequence[PoetryDependency]) -> tuple[Node, ...]:
        """Return what is needed, with one version of each package. Raises LockBroken."""
        while True:
            self._asked.clear()
            found = self.needed_by(required)
            versions: dict[str, list[Node]] = {}
            for node in found:
                versions.setdefault(node.pin.name, []).append(node)
            several = [name for name in self._asked if len(versions.get(name, ())) > 1]
            if not several:
                return found
            for name in several:
                fitting = [node for node in versions[name] if self._is_accepted(node.pin)]
                if fitting:
                    newest = max(fitting, key=lambda node: parse_version(node.pin.version))
                    self._nodes = [
                        node for node in self._nodes if node.pin.name != name or node is newest
                    ]
                    break
            else:
                raise self._lock.lock_file.broken(
                    f"It has several versions of {several[0]} for the same Python, and none "
                    "that all packages accept."
                )

    def _is_accepted(self, pin: Pin) -> bool:
        return all(accepts(pin) for accepts in self._asked[pin.name])

    def _node(self, package: Package, dependencies: Sequence[PoetryDependency]) -> Node:
        pin = Pin(
            name=package.name,
            version=package.version,
            source=_SOURCES.get(package.source_type)
            or (
                FromAddress(address="")
                if package.source_type in ("git", "url")
                else FromIndex()
            ),
        )
        self.packages[id(pin)] = package
        return Node(
            pin=pin,
            marker=self._pythons(package),
            edges=tuple(self._edge(one) for one in dependencies if not one.is_optional),
            extra_edges={
                extra: tuple(self._of_extra(package, extra, dependencies))
                for extra in self._wanted.get(package.name, ())
            },
        )

    def _pythons(self, package: Package) -> str:
        """Return when one of several versions can be installed."""
        written = package.entry.get("python-versions")
        if package.name not in self._several or not isinstance(written, str):
            return ""
        try:
            return python_marker(written)
        except InvalidSpecifier:
            return ""  # the installer compares the version with the Python

    def _dependencies(self, package: Package) -> Iterator[PoetryDependency]:
        lock_file = self._lock.lock_file
        table = lock_file.table(
            package.entry.get("dependencies"), f"[package.dependencies] of {package.name}"
        )
        try:
            yield from dependencies_in(table)
        except InvalidDependency as error:
            reason = f"{package.name} depends on {shown(error.text)}: {error.reason}."
            raise lock_file.broken(reason) from None

    def _of_extra(
        self, package: Package, extra: str, dependencies: Iterable[PoetryDependency]
    ) -> Iterator[Edge]:
        """Yield the optional dependencies that an extra needs."""
        lock_file = self._lock.lock_file
        table = lock_file.table(package.entry.get("extras"), f"The extras of {package.name}")
        values = (table[key] for key in table if canonicalize_name(key) == extra)
        texts = lock_file.texts(next(values, None), f"The extras of {package.name}")
        found = filter(None, map(_NAME.match, texts))
        names = {canonicalize_name(one[0]) for one in found}
        for dependency in dependencies:
            is_named = dependency.is_optional and dependency.name in names
            if is_named and self._holds(dependency.marker, extra):
                yield self._edge(dependency, is_decided=True)
        # `all = ["name[one,two]"]` is the package itself, with other extras.
        for text in texts if package.name in names else []:
            try:
                own = parse_requirement(text.partition(" (")[0])
            except InvalidRequirement:
                continue
            yield Edge(
                name=package.name,
                extras=tuple(sorted(canonicalize_name(one) for one in own.extras)),
            )

    def _edge(self, dependency: PoetryDependency, *, is_decided: bool = False) -> Edge:
        return Edge(
            name=dependency.name,
            marker="" if is_decided else dependency.marker,
            extras=dependency.extras,
            accepts=self._accepting(dependency) if dependency.name in self._several else None,
        )

    def _accepting(self, dependency: PoetryDependency) -> Callable[[Pin], bool]:
        specifiers = dependency.specifiers

        def is_accepted(pin: Pin) -> bool:
            match dependency.kind:
                case SourceKind.PATH:
                    return isinstance(pin.source, FromPath)
                case SourceKind.ADDRESS:
                    return isinstance(pin.source, FromAddress)
                case _:
                    return is_met(specifiers, pin.version)

        def accepts(pin: Pin) -> bool:
            self._asked.setdefault(dependency.name, []).append(is_accepted)
            return is_accepted(pin)

        return accepts

    def _applies(self, marker: str) -> bool:
        return self._markers is None or self._holds(marker, "")

    def _holds(self, marker: str, extra: str) -> bool:
        if not marker or self._markers is None:
            return True
        extras = frozenset({extra} if extra else ())
        try:
            return holds(marker, {**self._markers, "extras": extras})
        except InvalidMarker:
            raise self._lock.lock_file.broken(
                f"{shown(marker)} in it is not a marker."
            ) from None
