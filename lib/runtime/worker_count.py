"""How many workers a web server starts, from what the container may use.

Limits are those of control groups: of the process's own group and of those above it, of either
version, and the lowest one counts.
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

import os

MEMORY_OF_A_WORKER = 128 * 1024 * 1024
"""Bytes; what a Django process of some size has come to after a while."""
MOST = 12
"""Gunicorn's own advice; more of them wait for the database, and not for each other."""


def worker_count(cpus: float, memory: int | None) -> int:
    """Give two workers a CPU and one more, as far as the memory, in bytes, is enough.

    https://docs.gunicorn.org/en/stable/design.html#how-many-workers
    """
    wanted = min(int(2 * cpus) + 1, MOST)
    if memory is not None:
        wanted = min(wanted, memory // MEMORY_OF_A_WORKER)
    return max(wanted, 1)


def cpus_here(root: str = "/") -> float:
    """Give the CPUs that this process may use, in parts of one too."""
    allowances = [
        allowance
        for folder in _groups(root, "cpu")
        for allowance in (
            _first_line(folder, "cpu.max").split(),
            [_first_line(folder, f"cpu.cfs_{name}_us") for name in ("quota", "period")],
        )
    ]
    # Microseconds of each period; "max" and -1 are no limit.
    limits = [
        int(allowance[0]) / int(allowance[1])
        for allowance in allowances
        if len(allowance) == 2 and all(map(str.isdigit, allowance)) and int(allowance[1])
    ]
    return min([*limits, float(len(os.sched_getaffinity(0)))])


def memory_here(root: str = "/") -> int | None:
    """Give the bytes that this process may use; None: as much as there is."""
    limits = [
        _first_line(folder, name)
        for folder in _groups(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min((int(limit) for limit in limits if limit.isdigit()), default=None)


def _groups(root: str, controller: str) -> list[str]:
    """List the folders of this process's groups, of both versions, from inside to outside."""
    mounts = os.path.join(root, "sys/fs/cgroup")
    folders = []
    for line in _lines(os.path.join(root, "proc/self/cgroup")):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controller in controllers.split(","):
            mount = os.path.join(mounts, controller)
        elif number == "0" and not controllers:
            mount = mounts
        else:
            continue
        # A container sees its own group as the outermost, whatever the path says.
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        folders += [os.path.join(mount, *parts[:end]) for end in range(len(parts), -1, -1)]
    return folders


def _first_line(folder: str, name: str) -> str:
    return next(iter(_lines(os.path.join(folder, name))), "")


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return stream.read().splitlines()
    except OSError:
        return []
