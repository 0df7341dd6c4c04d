"""`slipway vendor`: locks the commits and files of vendored packages, and checks them."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.vendoring import vendor_lock
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.steps.inspect_vendored import inspect_vendored, lock_vendored
from slipway.steps.plan import plan


def lock(app: Path, effects: Effects) -> int:
    """Write vendor.lock.

    Raises BuildStopped.
    """
    vendoring = plan(AppFolder(app, effects.console.secrets), effects.environment).vendoring
    effects.console.header(f"Writing {vendor_lock.FILE}")
    lock_vendored(app, vendoring, effects)
    return 0


def check(app: Path, effects: Effects) -> int:
    """Compare the vendored packages with vendor.lock, and return the exit status.

    If the app has vendored packages but no vendor.lock, the status is 1: a 0 would mean that
    they are as locked.

    Raises BuildStopped.
    """
    vendoring = plan(AppFolder(app, effects.console.secrets), effects.environment).vendoring
    effects.console.header(f"Comparing the vendored packages with {vendor_lock.FILE}")
    inspected = inspect_vendored(app, vendoring, effects)
    vendored = [found for found in inspected if not found.package.is_app]
    is_locked = (app / vendor_lock.FILE).exists()
    for found in vendored:
        commit = f" at commit {found.commit[:7]}" if found.commit else ""
        effects.console.info(f"{found.path}{commit}{' matches vendor.lock' * is_locked}")
    if not vendored:
        effects.console.info("The app has no vendored packages")
    if is_locked or not vendored:
        return 0
    effects.console.warning(
        f"There is no {vendor_lock.FILE} to compare with. To write it, run "
        "`bin/slipway vendor lock APP`, where APP is a clone of the app"
    )
    return 1
