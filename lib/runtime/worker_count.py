"""Decides how many workers a web server starts, from the limits of its container.

    worker_count.py    prints the number

Where no exec_d.py runs, the profile script of an app starts this file by itself, in the app's
Python, as `python -I -S -B`.

The limits are those of control groups, version 1 or 2: the lowest limit of the process's own
group and of all groups above it.
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

import os

MEMORY_OF_A_WORKER = 128 * 1024 * 1024
"""Bytes that a typical Django process uses after a while."""
MOST = 12
"""As Gunicorn's documentation advises; more workers would only wait for the database."""


def worker_count(cpus: float, memory: int | None) -> int:
    """Return two workers for each CPU plus one, or fewer if `memory`, in bytes, is too small.

    https://docs.gunicorn.org/en/stable/design.html#how-many-workers
    """
    count = min(int(2 * cpus) + 1, MOST)
    if memory is not None:
        count = min(count, memory // MEMORY_OF_A_WORKER)
    return max(count, 1)


def available_cpus(root: str = "/") -> float:
    """Return the number of CPUs that this process may use, fractions included."""
    allowances = [
        allowance
        for folder in _groups(root, "cpu")
        for allowance in (
            _first_line(folder, "cpu.max").split(),
            [_first_line(folder, f"cpu.cfs_{name}_us") for name in ("quota", "period")],
        )
    ]
    # Microseconds in each period; "max" and -1 mean that there is no limit.
    limits = [
        int(allowance[0]) / int(allowance[1])
        for allowance in allowances
        if len(allowance) == 2 and all(map(str.isdigit, allowance)) and int(allowance[1])
    ]
    return min([*limits, float(len(os.sched_getaffinity(0)))])


def available_memory(root: str = "/") -> int | None:
    """Return the bytes that this process may use; None if there is no limit."""
    limits = [
        _first_line(folder, name)
        for folder in _groups(root, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min((int(limit) for limit in limits if limit.isdigit()), default=None)


def _groups(root: str, controller: str) -> list[str]:
    """List the folders of this process's groups, of both versions, innermost first."""
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
        # Inside a container, its own group is the outermost one, whatever the path says.
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


if __name__ == "__main__":
    print(worker_count(available_cpus(), available_memory()))
