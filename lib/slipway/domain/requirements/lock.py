"""The lock: exact versions with hashes, in the format that pip itself installs from.

https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from slipway.domain.redaction import redact, without_credentials
from slipway.domain.requirements.lines import Kind, Line, read_lines

FILE = "lock.txt"
"""What a build calls the file that it writes a lock to."""

_MARK = "# from "
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


def render_for_pip(lock: Lock, files: Mapping[str, str]) -> str:
    """Write what pip needs, credentials in an app's own hashed lines included.

    `files` are the addresses of what lies on this disk, by name: no index is asked for it.
    """
    return "".join(
        _render_package(
            replace(package, requirement=f"{package.name} @ {files[package.name]}")
            if package.name in files
            else package
        )
        for package in lock
    )


def _render_package(package: LockedPackage) -> str:
    comment = f"{_MARK}{redact(package.source)}\n" if package.source else ""
    hashes = "".join(f" \\\n    --hash={digest}" for digest in package.hashes)
    return f"{comment}{package.requirement}{hashes}\n"


def parse(text: str, file: str) -> Lock:
    """Read what `render` wrote, or what pip-compile did."""
    sources = _sources(text)
    packages = [
        replace(_locked(line), source=sources.get(line.number))
        for line in read_lines(text, file, {})
    ]
    return Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))


def _sources(text: str) -> dict[int, str]:
    """Map the number of a requirement's line to the address its comment gives."""
    return {
        number + 1: line.removeprefix(_MARK)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith(_MARK)
    }


def _locked(line: Line) -> LockedPackage:
    return LockedPackage(
        name=line.name or line.value,
        requirement=without_hashes(line),
        hashes=tuple(sorted(line.hashes)),
    )


def without_hashes(line: Line) -> str:
    """Give a requirement as it was written, as far as its hashes."""
    return _HASHES.sub("", line.text).strip()


def without(lock: Lock, names: frozenset[str]) -> Lock:
    """Leave out the packages of these names."""
    return Lock(packages=tuple(package for package in lock if package.name not in names))


def from_hashed_lines(lines: Iterable[Line]) -> Lock:
    """Make the lock of an app whose every requirement has a hash already."""
    packages = [_locked(line) for line in lines if line.kind in (Kind.NAMED, Kind.DIRECT)]
    return Lock(packages=tuple(sorted(packages, key=lambda package: package.name)))


def restrict_hashes(lock: Lock, given: Mapping[str, tuple[str, ...]]) -> Lock:
    """Accept, of a package for which the app itself gave hashes, no other file."""
    return Lock(
        packages=tuple(
            replace(package, hashes=given.get(package.name) or package.hashes)
            for package in lock
        )
    )


def merge(first: Lock, second: Lock) -> Lock:
    """Add the packages of `second` that `first` does not have."""
    names = {package.name for package in first}
    added = [package for package in second if package.name not in names]
    return Lock(packages=tuple(sorted([*first, *added], key=lambda package: package.name)))


def exchange(before: Lock, now: Lock) -> tuple[frozenset[str], Lock]:
    """Give the names that have to go, and what has to come, to make `before` into `now`."""
    kept = frozenset(before).intersection(now)
    return (
        frozenset(package.name for package in before if package not in kept),
        Lock(packages=tuple(package for package in now if package not in kept)),
    )
