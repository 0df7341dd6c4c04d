"""Compiles modules to bytecode: compile_modules.py ROOT GROUPS.

GROUPS is a JSON file with a list of lists of modules. Each list is compiled in its own process,
because the bytecode of a module depends on what the process has compiled before
(https://github.com/python/cpython/issues/78274). With the standard library's compileall, a
virtual environment that gets one more package would differ from one created from scratch.

The bytecode has paths relative to ROOT, and is valid whatever the date of its source
(https://peps.python.org/pep-0552/). A module that does not compile, for example because it is
for another version of Python, is skipped.
"""

import gc
import importlib.util
import json
import os
import py_compile
import sys


def main():
    root, file = sys.argv[1:]
    with open(file, encoding="utf-8") as stream:
        groups = json.load(stream)
    gc.disable()  # syntax trees have no cycles
    workers = len(os.sched_getaffinity(0))
    statuses = []
    # The longest first, so that all processors are busy until the end.
    for number, group in enumerate(sorted(groups, key=len, reverse=True)):
        if number >= workers:
            statuses.append(os.wait()[1])
        if os.fork() == 0:
            os._exit(compile_group(root, group))
    statuses += [os.wait()[1] for _ in range(min(workers, len(groups)))]
    sys.exit(any(statuses))


def compile_group(root, modules):
    try:
        for module in modules:
            compile_module(root, module)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def compile_module(root, module):
    place = importlib.util.cache_from_source(module)
    try:
        py_compile.compile(
            module,
            place,
            dfile=os.path.relpath(module, root),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except (py_compile.PyCompileError, FileNotFoundError):
        return  # the RECORD of a wheel may list files that it does not have
    # The date of its source, because the cache would have to change the date of a new file.
    date = os.stat(module).st_mtime_ns
    os.utime(place, ns=(date, date))


main()
