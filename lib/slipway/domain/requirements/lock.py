"""The lock: exact versions with hashes, in the format that pip itself installs from.

https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slipway.domain.redaction import redact, without_credentials
from slipway.domain.requirements.lines import Line, LineKind, read_lines

FILE = "lock.txt"
"""The name of the file in which a build keeps its lock."""

_SOURCE = "# from "
_HASHES = re.compile(r"\s--hash[\s=].*")


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """One package; any of the hashed files may be installed for it."""

    name: str
    requirement: str
    """`name==1.2`, with a marker where the app's own lock has one."""
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
    return without_credentials("".join(_render_package(package) for package in lock))


def render_for_pip(lock: Lock, addresses: Mapping[str, str]) -> str:
    """Write what pip installs, with the credentials in an app's own hashed lines.

    `addresses` are those of local distributions, by name: pip takes no others for them.
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
    """Make the lock of an app whose every requirement has a hash already."""
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
    """Give a requirement as it was written, without its hashes."""
    return _HASHES.sub("", line.text).strip()


def without(lock: Lock, names: frozenset[str]) -> Lock:
    """Leave out the packages of these names."""
    return Lock(packages=tuple(package for package in lock if package.name not in names))


def restrict_hashes(lock: Lock, hashes: Mapping[str, tuple[str, ...]]) -> Lock:
    """Allow only these hashes for the packages that the app gives hashes of, by name."""
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
    """Give the names to remove from `before`, and the packages to add, to get `after`."""
    kept = frozenset(before).intersection(after)
    return (
        frozenset(package.name for package in before if package not in kept),
        Lock(packages=tuple(package for package in after if package not in kept)),
    )
