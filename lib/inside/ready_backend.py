"""Imports a backend once, and runs each of its hooks in a process of its own.

    ready_backend.py MODULE

Standard input is a socket. A line to it is a hook: the command line of pyproject_hooks' own
script, and variables for it. A line from it is an exit status; the first says that the backend
is there. A hook runs in a copy of this process, for each may leave behind what it wants to:
https://peps.python.org/pep-0517/#build-environment. If there is more to the import than that it
succeeds, this ends without a word, and hooks are run as ever.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from types import TracebackType


def main() -> None:
    here = os.path.realpath(os.path.dirname(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != here]
    with open(os.dup(0), "r+b", buffering=0) as asked:
        _point(0, os.open(os.devnull, os.O_RDONLY))
        if not _is_imported_quietly(sys.argv[1]):
            os._exit(1)
        gc.freeze()  # what is collected in a copy has to be copied first
        asked.write(b"0\n")
        while line := asked.readline():
            copy = os.fork()
            if not copy:
                break
            _, status = os.waitpid(copy, 0)
            asked.write(b"%d\n" % os.waitstatus_to_exitcode(status))
        else:
            os._exit(0)
    _run_hook(*json.loads(line))


def _point(descriptor: int, to: int) -> None:
    """Have a descriptor stand for what another has stood for."""
    os.dup2(to, descriptor)
    os.close(to)


def _is_imported_quietly(module: str) -> bool:
    """Import it; say whether a copy of this process is as good as one that does so itself."""
    with tempfile.TemporaryFile() as said:
        before = {number: os.dup(number) for number in (1, 2)}
        for number in before:
            os.dup2(said.fileno(), number)
        try:
            importlib.import_module(module)
        except BaseException:
            return False
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number, kept in before.items():
            _point(number, kept)
        has_threads = len(os.listdir("/proc/self/task")) > 1  # which no copy would have
        return not has_threads and not os.fstat(said.fileno()).st_size


def _run_hook(command: list[str], variables: Mapping[str, str]) -> None:
    script = command[0]

    def show(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Leave out what is above the script, which is not when it is started by itself."""
        while trace and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next
        sys.__excepthook__(kind, error.with_traceback(trace), trace)

    sys.excepthook = show
    sys.argv = command
    os.environ.update(variables)
    runpy.run_path(script, run_name="__main__")


main()
