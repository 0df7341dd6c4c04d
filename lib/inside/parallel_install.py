"""Lets pip put wheels into an environment with several processes at once.

When pip begins to install, every file is there, checked and built; each wheel is then put in
place without regard to any other. The result is that of one process, file for file: where two
packages have a file of one name, pip puts these in place once more, in its own order, and
where a process fails, pip puts all in place, and says itself what is wrong.
"""

import csv
import glob
import os
import re
import sysconfig
from contextlib import suppress

_FEW = 8
"""Packages that are put in place sooner than processes start."""
_MOST = 4
"""Processes; more than these wait for the disk."""
_NUMBER = 4
"""Bytes of a message that says which requirement is next."""


def install_in_parallel():
    """Let pip's install command do so from now on."""
    from pip._internal.commands import install as command
    from pip._internal.req import InstallationResult

    put_in_place = command.install_given_reqs

    def put_all_in_place(requirements, **options):
        count = min(_MOST, len(os.sched_getaffinity(0)))
        plain = all(one.is_wheel and not one.should_reinstall for one in requirements)
        if count == 1 or len(requirements) < _FEW or not plain:
            return put_in_place(requirements, **options)
        largest_first = sorted(requirements, key=_size, reverse=True)
        if not _all_done(largest_first, lambda one: put_in_place([one], **options), count):
            return put_in_place(requirements, **options)
        again = _lying_over_each_other({_normal(one.name) for one in requirements})
        put_in_place([one for one in requirements if _normal(one.name) in again], **options)
        return [InstallationResult(one.name) for one in requirements]

    command.install_given_reqs = put_all_in_place


def _size(requirement):
    return os.path.getsize(requirement.local_file_path)


def _all_done(requirements, put, count):
    """Do something for each requirement, in the process that is free; say if all went well."""
    numbers, ours = os.pipe()
    children = []
    with suppress(OSError):  # where no more processes are to be had, those do that are there
        for _ in range(count):
            child = os.fork()
            if child == 0:
                os.close(ours)
                _do(requirements, put, numbers)
            children.append(child)
    os.close(numbers)
    with suppress(BrokenPipeError):  # what they say at their end tells more
        for number in range(len(requirements)):
            os.write(ours, number.to_bytes(_NUMBER, "big"))
    os.close(ours)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    return statuses != [] and not any(statuses)


def _do(requirements, put, numbers):
    """Do it for those whose number comes next, then end this process."""
    status = 1
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silent, stream)
        while number := os.read(numbers, _NUMBER):
            put(requirements[int.from_bytes(number, "big")])
        status = 0
    finally:
        os._exit(status)


def _lying_over_each_other(names):
    """Name the packages that have a file of which another has one too."""
    owners: dict[str, str] = {}
    again: set[str] = set()
    seen = set()
    for record in _records():
        name = _normal(os.path.basename(os.path.dirname(record)).partition("-")[0])
        if name not in names:
            continue
        seen.add(name)
        for path in _paths(record):
            if owners.setdefault(path, name) != name:
                again.update((name, owners[path]))
    return again if seen == names else names


def _records():
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    for folder in sorted(map(glob.escape, folders)):
        yield from glob.glob(f"{folder}/*.dist-info/RECORD")


def _paths(record):
    """Give the places of a package's files: https://peps.python.org/pep-0376/#record."""
    folder = os.path.dirname(os.path.dirname(record))
    with open(record, encoding="utf-8", newline="") as lines:
        return {os.path.normpath(os.path.join(folder, row[0])) for row in csv.reader(lines)}


def _normal(name):
    """Give a package's normal name: https://peps.python.org/pep-0503/#normalized-names."""
    return re.sub(r"[-_.]+", "-", name).lower()
