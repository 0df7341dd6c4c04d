"""Find out which commit, version and files of each vendored package the app ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from slipway.domain.redaction import without_credentials
from slipway.domain.vendoring import vendor_lock
from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage, Vendoring
from slipway.domain.vendoring.submodules import FILE, Submodule, holding, parse_gitmodules
from slipway.domain.vendoring.vendor_lock import LockedSource, VendorLock
from slipway.effects import Effects
from slipway.effects.files import AppFolder, read_if_there
from slipway.effects.packages.git import Git
from slipway.effects.packages.source_trees import tree_digest
from slipway.errors.submodules import VendorLockDiffers

_NOTHING = VendorLock()


def inspect_vendored(
    app: Path, vendoring: Vendoring, effects: Effects
) -> tuple[InspectedPackage, ...]:
    """Look at all packages, and hold them to vendor.lock where the app has one.

    Raises VendorLockInvalid, VendorLockDiffers, OutsideTheApp, VendoredBroken.
    """
    text = AppFolder(app).text(vendor_lock.FILE)
    lock = _NOTHING if text is None else vendor_lock.parse(text)
    shipped = look_at(app, vendoring, effects, lock)
    git = Git(effects.processes, effects.environment)
    if text is not None:
        found = vendor_lock.differences(lock, _as_tracked(app, shipped, lock, git))
        if found:
            raise VendorLockDiffers(differences=found)
    nameless = {git.home(app, one.package.path) for one in shipped if not one.commit}
    for home in sorted(filter(None, nameless - {"."})):
        effects.console.warning(
            f"The commit of {home} is not known: {git.absence(app / home)}. "
            "`bin/slipway vendor lock .`, run where git is at hand, writes it down"
        )
    return shipped


def look_at(
    app: Path, vendoring: Vendoring, effects: Effects, known: VendorLock
) -> tuple[InspectedPackage, ...]:
    """Look at all packages; `known` says what git does not.

    Raises OutsideTheApp, VendoredBroken.
    """
    git = Git(effects.processes, effects.environment)
    submodules = parse_gitmodules(read_if_there(app / FILE) or "")
    homes: dict[str, _Home] = {}
    shipped = []
    for package in vendoring.packages:
        submodule = holding(submodules, package.path)
        path = git.home(app, package.path) or (submodule.path if submodule else None)
        if path is not None:
            homes.setdefault(path, _Home(app=app, path=path, submodule=submodule, git=git))
        shipped.append(_shipped(app, package, homes.get(path or ""), known.of(package.path)))
    return tuple(shipped)


@dataclass(frozen=True, kw_only=True)
class _Home:
    """The folder of a repository, as a submodule is one; each question is asked once."""

    app: Path
    path: str
    submodule: Submodule | None
    git: Git

    @cached_property
    def here(self) -> str | None:
        """The commit that its own git says is checked out."""
        return self.git.commit(self.app / self.path)

    @cached_property
    def commit(self) -> str | None:
        if self.here or self.path == ".":
            return self.here
        return self.git.recorded_commit(self.app, self.path)

    @cached_property
    def version(self) -> str | None:
        return self.git.version(self.app / self.path) if self.here else None

    @cached_property
    def url(self) -> str | None:
        address = self.submodule.url if self.submodule else ""
        if self.here and (not address or address.startswith(".")):
            address = self.git.address(self.app / self.path) or address
        return without_credentials(address) or None


def _shipped(
    app: Path, package: VendoredPackage, home: _Home | None, locked: LockedSource | None
) -> InspectedPackage:
    shipped = InspectedPackage(
        package=package,
        digest=tree_digest(app, package.path),
        url=(home and home.url) or (locked and locked.url) or None,
        commit=(home and home.commit) or (locked and locked.commit) or None,
    )
    asks_git = package.project is not None and package.project.version_tool is not None
    # An archive has its version in itself, and may be older than the commit it lies in.
    if package.form is not Form.TREE or not asks_git:
        return shipped
    return replace(shipped, version=_version(app, shipped, home, locked))


def _version(
    app: Path, shipped: InspectedPackage, home: _Home | None, locked: LockedSource | None
) -> str | None:
    told = home.version if home else None
    by_lock = locked.version if locked else None
    if told and not (by_lock and told.startswith("0+g")):
        return told  # a clone without tags knows less than the lock that was made with them
    return (
        by_lock
        or _shipped_version(app, shipped.package.path)
        or (shipped.commit and f"0+g{shipped.commit[:12]}")
        or None
    )


def _shipped_version(app: Path, path: str) -> str | None:
    """Read what an sdist that was unpacked says."""
    file = f"{path}/PKG-INFO"
    text = read_if_there(app / file)
    return parse_metadata(text, file).version if text else None


def _as_tracked(
    app: Path, shipped: Sequence[InspectedPackage], lock: VendorLock, git: Git
) -> list[InspectedPackage]:
    """Leave out, where git tells them apart, files that a developer's tools left in a tree."""
    seen = []
    for one in shipped:
        locked = lock.of(one.package.path)
        differs = locked is not None and locked.digest != one.digest
        names = git.tracked_in(app, one.package.path) if differs else None
        digest = tree_digest(app, one.package.path, names) if names else one.digest
        seen.append(replace(one, digest=digest))
    return seen
