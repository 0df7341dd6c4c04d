"""The lock: exact versions with hashes, in the format that pip itself installs from.

https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slipway.domain.redaction import redact, without_secrets
from slipway.domain.requirements.lines import Line, LineKind, read_lines

FILE = "lock.txt"
"""The name of a build's lock file."""

_SOURCE = "# from "
_HASHES = re.compile(r"\s--hash[\s=].*")


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """One package; a file with any of the hashes may be installed."""

    name: str
    requirement: str
    """`name==1.2`; from an app's own lock, it may have a marker or an address."""
    hashes: tuple[str, ...]
    """`sha256:...`, sorted."""
    source: str | None = None
    """The address, or path in the app, that its wheel came from; None for an index."""

    @property
    def version(self) -> str:
        return self.requirement.partition(";")[0].partition("==")[2].strip()


@dataclass(frozen=True, kw_only=True)
class Lock:
    packages: tuple[LockedPackage, ...]

    def __iter__(self) -> Iterator[LockedPackage]:
        return iter(self.packages)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(package.name for package in self)

    def version_of(self, name: str) -> str | None:
        return next((package.version for package in self if package.name == name), None)


def render(lock: Lock) -> str:
    """Write the lock as a requirements file without credentials; `parse` reads it back."""
    return without_secrets("".join(_render_package(package) for package in lock))


def render_for_pip(lock: Lock, addresses: Mapping[str, str]) -> str:
    """Write the lock for pip, including any credentials in an app's own hashed lines.

    `addresses` maps names of local distributions to the only addresses that pip may use.
    """
    return "".join(
        _render_package(
            replace(package, requirement=f"{package.name} @ {addresses[package.name]}")
            if package.name in addresses
            else package
        )
        for package in lock
    )


def _render_package(package: LockedPackage) -> str:
    comment = f"{_SOURCE}{redact(package.source)}\n" if package.source else ""
    hashes = "".join(f" \\\n    --hash={digest}" for digest in package.hashes)
    return f"{comment}{package.requirement}{hashes}\n"


def parse(text: str, file: str) -> Lock:
    """Read a lock that `render`, pip-compile or uv wrote."""
    sources = {
        number + 1: line.removeprefix(_SOURCE)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith(_SOURCE)
    }
    return _sorted(
        replace(_locked(line), source=sources.get(line.number))
        for line in read_lines(text, file, {})
    )


def from_hashed_lines(lines: Iterable[Line]) -> Lock:
    """Return the lock of an app whose requirements all have hashes already."""
    return _sorted(
        _locked(line) for line in lines if line.kind in (LineKind.NAMED, LineKind.DIRECT)
    )


def _locked(line: Line) -> LockedPackage:
    return LockedPackage(
        name=line.name or line.value,
        requirement=without_hashes(line),
        hashes=tuple(sorted(line.hashes)),
    )


def _sorted(packages: Iterable[LockedPackage]) -> Lock:
    return Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))


def without_hashes(line: Line) -> str:
    """Return a requirement as it was written, without its hashes."""
    return _HASHES.sub("", line.text).strip()


def without(lock: Lock, names: frozenset[str]) -> Lock:
    """Return the lock without the packages of these names."""
    return Lock(packages=tuple(package for package in lock if package.name not in names))


def restrict_hashes(lock: Lock, hashes: Mapping[str, tuple[str, ...]]) -> Lock:
    """Restrict packages to the hashes that the app gives; `hashes` maps names to them."""
    return Lock(
        packages=tuple(
            replace(package, hashes=hashes.get(package.name) or package.hashes)
            for package in lock
        )
    )


def merge(first: Lock, second: Lock) -> Lock:
    """Add the packages of `second` that `first` does not have."""
    names = first.names
    return _sorted([*first, *(package for package in second if package.name not in names)])


def difference(before: Lock, after: Lock) -> tuple[frozenset[str], Lock]:
    """Return the names to remove from `before`, and the packages to add, to get `after`."""
    unchanged = frozenset(before).intersection(after)
    return (
        frozenset(package.name for package in before if package not in unchanged),
        Lock(packages=tuple(package for package in after if package not in unchanged)),
    )
