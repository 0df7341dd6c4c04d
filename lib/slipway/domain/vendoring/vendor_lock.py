"""vendor.lock: the commit of each vendored package, and the digest of its files.

Many platforms receive an app without its git repository. With this file, a build still knows
where the private packages come from, and whether they are the tested ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_version
from slipway.domain.redaction import without_credentials
from slipway.domain.toml_text import parse_toml, render_toml
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.errors.app import FileNotToml
from slipway.errors.submodules import VendorLockInvalid

FILE = "vendor.lock"
HOW_TO_WRITE_IT = (
    "To record what git knows, run `slipway/bin/slipway vendor lock APP`, where `slipway` is a "
    f"clone of Slipway and APP a clone of the app, and commit {FILE}"
)
"""The sentence of warnings about a commit or version that only git knows."""

_HEAD = """\
# The origin of this app's vendored packages, written by `bin/slipway vendor lock`. Commit it
# with them: a build stops if they differ from it.

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


def lock(packages: Sequence[InspectedPackage]) -> VendorLock:
    """Lock packages, except for the app itself, because vendor.lock is one of its files."""
    return VendorLock(
        packages=tuple(
            LockedSource(
                path=found.path,
                digest=found.digest,
                url=found.url,
                commit=found.commit,
                version=found.version,
            )
            for found in packages
            if not found.package.is_app
        )
    )


def render(lock: VendorLock) -> str:
    """Render the lock, sorted by path; `parse` reads it back."""
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
        raise _invalid(f"it is not valid TOML: {error.reason}") from None
    if not isinstance(tables, list):
        raise _invalid("`package` is not a list of tables, each with the header [[package]]")
    packages = tuple(_package(number, table) for number, table in enumerate(tables, start=1))
    counts = Counter(package.path for package in packages)
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise _invalid(f"it has more than one entry for {twice[0]}")
    return VendorLock(packages=packages)


def _package(number: int, table: object) -> LockedSource:
    if not isinstance(table, dict):
        raise _invalid(f"package {number} is not a table")
    path = _text(table, "path")
    if not path:
        raise _invalid(f"package {number} has no path")
    tree = _TREE.fullmatch(_text(table, "tree") or "")
    if tree is None:
        raise _invalid(
            f"the `tree` of {path} is not `sha256:` followed by 64 hexadecimal digits"
        )
    commit = _text(table, "commit")
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise _invalid(f"the commit of {path} does not have 40 or 64 hexadecimal digits")
    version = _text(table, "version")
    if version is not None and not _is_version(version):
        raise _invalid(f"the version of {path}, {version}, is not valid (PEP 440)")
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
        raise _invalid(f"{key} = {value} is not a string in quotes")
    return value


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except InvalidVersion:
        return False
    return True


def _invalid(reason: str) -> VendorLockInvalid:
    return VendorLockInvalid(file=FILE, reason=without_credentials(reason))


def differences(
    lock: VendorLock, packages: Sequence[InspectedPackage]
) -> tuple[tuple[str, str], ...]:
    """Compare the app with its lock; return pairs of (path, what differs), sorted."""
    found = {one.path: one for one in packages if not one.package.is_app}
    different = {
        path: reason
        for path, package in found.items()
        if (reason := _difference(lock.of(path), package))
    }
    missing = {package.path for package in lock.packages} - found.keys()
    different |= dict.fromkeys(missing, "it is in vendor.lock, but not in the app")
    return tuple(sorted(different.items()))


def _difference(locked: LockedSource | None, found: InspectedPackage) -> str | None:
    if locked is None:
        return "it is in the app, but not in vendor.lock"
    if found.commit and locked.commit and found.commit != locked.commit:
        return f"the app has commit {found.commit[:7]}, but vendor.lock has {locked.commit[:7]}"
    if found.digest != locked.digest:
        return "the files differ from those that were locked"
    return None
