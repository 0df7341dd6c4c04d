"""Write vendor.lock: where each vendored package comes from, as git knows it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from slipway.domain.vendoring import vendor_lock
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.domain.vendoring.submodules import FILE, holding, parse_gitmodules
from slipway.effects import Effects
from slipway.effects.files import read_if_there, write
from slipway.effects.packages.git import Git
from slipway.effects.packages.source_trees import tree_digest
from slipway.errors.submodules import GitUnavailable
from slipway.errors.vendored import VendoredBroken


def lock_vendored(app: Path, shipped: Sequence[InspectedPackage], effects: Effects) -> None:
    """Write down what was found without the help of an older lock, and say it.

    What git does not track is left out, as it does not get to a platform either.
    Raises GitNotHere, OutsideTheApp, VendoredBroken.
    """
    git = Git(effects.processes, effects.environment)
    for home in _repositories(app, shipped, git):
        reason = git.absence(app / home)
        if reason:
            raise GitUnavailable(path=home, reason=reason)
        if git.is_changed(app / home):
            effects.console.warning(
                f"{home} has changes that are not committed; a platform gets the commit"
            )
    lock = vendor_lock.locked([_as_tracked(app, one, git) for one in shipped])
    file = app / vendor_lock.FILE
    if not lock.packages and not file.exists():
        effects.console.info("The app ships no packages")
        return
    write(file, vendor_lock.render(lock))
    for package in lock.packages:
        commit = f" at {package.commit[:7]}" if package.commit else ""
        version = f", version {package.version}" if package.version else ""
        effects.console.info(f"{package.path}{commit}{version}")


def _repositories(app: Path, shipped: Sequence[InspectedPackage], git: Git) -> list[str]:
    """Name the folders with a repository of their own that packages are in, or should be."""
    submodules = parse_gitmodules(read_if_there(app / FILE) or "")
    homes = set()
    for one in shipped:
        submodule = holding(submodules, one.package.path)
        homes.add(git.home(app, one.package.path) or (submodule.path if submodule else None))
    return sorted(filter(None, homes - {"."}))


def _as_tracked(app: Path, one: InspectedPackage, git: Git) -> InspectedPackage:
    path = one.package.path
    try:
        path.encode()
    except UnicodeEncodeError:
        reason = "its name is not in UTF-8, which vendor.lock is written in"
        raise VendoredBroken(path=path, reason=reason) from None
    names = git.tracked_in(app, path)
    return replace(one, digest=tree_digest(app, path, names)) if names else one
