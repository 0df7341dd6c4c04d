"""vendor.lock: which commit and which files of each vendored package are meant.

An app is uploaded without git on many platforms; this is what is left to say where its
private packages come from, and whether they are still the ones that were tried.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from slipway.domain.redaction import without_credentials
from slipway.domain.toml_text import parse_toml, render_toml
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.errors.app import FileNotToml
from slipway.errors.submodules import VendorLockInvalid

FILE = "vendor.lock"

_HEAD = """\
# Where the packages that come along in this app are from. Written by `bin/slipway vendor lock`,
# to be committed with them; a build stops if they differ.

"""
_TREE = re.compile(r"sha256:(?P<digest>[0-9a-f]{64})")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class LockedSource:
    path: str
    """Relative to the app."""
    digest: str
    """Of its files, 64 hexadecimal digits."""
    url: str | None = None
    """Without credentials."""
    commit: str | None = None
    version: str | None = None
    """For a package that takes its version from git."""


@dataclass(frozen=True, kw_only=True)
class VendorLock:
    packages: tuple[LockedSource, ...] = ()

    def of(self, path: str) -> LockedSource | None:
        return next((package for package in self.packages if package.path == path), None)


def vendored(shipped: Sequence[InspectedPackage]) -> tuple[InspectedPackage, ...]:
    """Leave out the app's own package, `.`: vendor.lock is one of its files."""
    return tuple(one for one in shipped if one.package.path != ".")


def locked(shipped: Sequence[InspectedPackage]) -> VendorLock:
    """Make the lock of what the app ships."""
    return VendorLock(
        packages=tuple(
            LockedSource(
                path=one.package.path,
                digest=one.digest,
                url=one.url,
                commit=one.commit,
                version=one.version,
            )
            for one in vendored(shipped)
        )
    )


def render(lock: VendorLock) -> str:
    """Write the lock, sorted by path; `parse` reads it back."""
    tables = [_table(package) for package in sorted(lock.packages, key=lambda one: one.path)]
    text = render_toml({"package": tables}) if tables else ""
    return f"{_HEAD}{text}".rstrip("\n") + "\n"


def _table(package: LockedSource) -> dict[str, str]:
    entries = {
        "path": package.path,
        "url": without_credentials(package.url or ""),
        "commit": package.commit,
        "version": package.version,
        "tree": f"sha256:{package.digest}",
    }
    return {key: value for key, value in entries.items() if value}


def parse(text: str) -> VendorLock:
    """Read what `render` wrote.

    Raises VendorLockInvalid.
    """
    try:
        tables = parse_toml(text, FILE).get("package", [])
    except FileNotToml as error:
        raise _invalid(f"it is not TOML: {error.reason}") from None
    if not isinstance(tables, list):
        raise _invalid("package is no list of tables, as [[package]] makes one")
    packages = tuple(_package(number, table) for number, table in enumerate(tables, start=1))
    counts = Counter(package.path for package in packages)
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise _invalid(f"{twice[0]} stands in it twice")
    return VendorLock(packages=packages)


def _package(number: int, table: object) -> LockedSource:
    if not isinstance(table, dict):
        raise _invalid(f"package {number} is no table")
    path = _text(table, "path")
    if not path:
        raise _invalid(f"package {number} has no path")
    tree = _TREE.fullmatch(_text(table, "tree") or "")
    if tree is None:
        raise _invalid(f"{path} has no tree, which is sha256: and 64 hexadecimal digits")
    commit = _text(table, "commit")
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise _invalid(f"the commit of {path} is none: it has 40 hexadecimal digits")
    version = _text(table, "version")
    if version is not None and not _is_version(version):
        raise _invalid(f"the version of {path}, {version}, is none (PEP 440)")
    return LockedSource(
        path=path,
        digest=tree["digest"],
        url=_text(table, "url"),
        commit=commit,
        version=version,
    )


def _text(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"{key} = {value} is no text in quotes")
    return value


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _invalid(reason: str) -> VendorLockInvalid:
    return VendorLockInvalid(file=FILE, reason=without_credentials(reason))


def differences(
    lock: VendorLock, shipped: Sequence[InspectedPackage]
) -> tuple[tuple[str, str], ...]:
    """Say in pairs (path, what differs) where the app is not as it was locked."""
    return tuple(sorted(_differences(lock, shipped)))


def _differences(
    lock: VendorLock, shipped: Sequence[InspectedPackage]
) -> Iterator[tuple[str, str]]:
    here = {one.package.path: one for one in vendored(shipped)}
    for package in lock.packages:
        if package.path not in here:
            yield package.path, "is in vendor.lock and not in the app"
    for path, one in here.items():
        meant = lock.of(path)
        if meant is None:
            yield path, "is in the app and not in vendor.lock"
        elif one.commit and meant.commit and one.commit != meant.commit:
            yield (
                path,
                f"commit {one.commit[:7]} is shipped, vendor.lock has {meant.commit[:7]}",
            )
        elif one.digest != meant.digest:
            yield path, "the files are not those that were locked"
