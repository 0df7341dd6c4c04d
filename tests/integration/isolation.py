"""Commands that start another one without a network, without rights, or with other mounts."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

NOBODY = 65534


def without_network() -> list[str]:
    """Start in a separate network namespace, where not even the loopback interface is up."""
    return ["unshare", *_as_root(), "--net", "--"]


def as_nobody() -> list[str]:
    """Start as a user who owns no files; if not root, in a user namespace that maps no user."""
    if os.geteuid() != 0:
        return ["unshare", "--user", "--"]
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return ["setpriv", *ids, "--"]


def with_mounts(*commands: str) -> list[str]:
    """Start with additional mounts, made by sh commands, that only this process sees."""
    prepare = " && ".join(["mount --make-rprivate /", *commands])
    script = f'{prepare} && exec "$@"'
    return ["unshare", *_as_root(), "--mount", "--", "sh", "-c", script, "sh"]


def read_only(*folders: Path) -> list[str]:
    """Start where nobody, not even root, can write in the folders."""
    commands = []
    for folder in folders:
        name = shlex.quote(str(folder))
        commands += [f"mount --bind {name} {name}", f"mount -o remount,ro,bind {name}"]
    return with_mounts(*commands)


def small_disk(folder: Path, megabytes: int) -> str:
    """Return the command that mounts a file system of a certain size on a folder."""
    return f"mount -t tmpfs -o size={megabytes}m none {shlex.quote(str(folder))}"


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["--map-root-user"]
