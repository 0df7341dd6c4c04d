"""`slipway vendor`: locks the commits and files of vendored packages, and checks them."""

from __future__ import annotations

import posixpath
from pathlib import Path

from slipway.domain.vendoring import vendor_lock
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.steps.inspect_vendored import inspect_vendored, lock_vendored
from slipway.steps.plan import plan
from slipway.steps.plan.find_root import find_root


def lock(repository: Path, effects: Effects) -> int:
    """Write vendor.lock.

    Raises BuildStopped.
    """
    found = find_root(AppFolder(repository, effects.console.secrets), effects.environment)
    vendoring = plan(found, effects.environment).vendoring
    effects.console.header(
        f"Writing {posixpath.join(found.path_in_repository, vendor_lock.FILE)}"
    )
    lock_vendored(found.root, vendoring, effects, found.path_in_repository)
    return 0


def check(repository: Path, effects: Effects) -> int:
    """Compare the vendored packages with vendor.lock, and return the exit status.

    If the app has vendored packages but no vendor.lock, the status is 1: a 0 would mean that
    they are as locked.

    Raises BuildStopped.
    """
    found = find_root(AppFolder(repository, effects.console.secrets), effects.environment)
    vendoring = plan(found, effects.environment).vendoring
    effects.console.header(f"Comparing the vendored packages with {vendor_lock.FILE}")
    inspected = inspect_vendored(found.root, vendoring, effects, found.path_in_repository)
    vendored = [one for one in inspected if not one.package.is_app]
    is_locked = found.has(vendor_lock.FILE)
    for one in vendored:
        commit = f" at commit {one.commit[:7]}" if one.commit else ""
        effects.console.info(f"{one.path}{commit}{' matches vendor.lock' * is_locked}")
    if not vendored:
        effects.console.info("The app has no vendored packages")
    if is_locked or not vendored:
        return 0
    effects.console.warning(
        f"There is no {vendor_lock.FILE} to compare with. To write it, run "
        "`bin/slipway vendor lock APP`, where APP is a clone of the app"
    )
    return 1
