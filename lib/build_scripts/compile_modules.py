"""Compiles modules to byte code, side by side: compile_modules.py ROOT FOLDER_OR_LIST.

A list is a file with the path of a module a line. What is written names paths relative to ROOT,
and is never compared with its source (https://peps.python.org/pep-0552/). A module that does
not compile, for another version of Python perhaps, is left as it is. A module becomes the same
bytes whichever others are compiled beside it; Python 3.10 needs PYTHONHASHSEED for that.

The standard library's compileall takes 1.4 times as long for the same.
"""

import functools
import gc
import importlib.util
import marshal
import os
import sys
from types import CodeType

_UNCHECKED_HASH = (1).to_bytes(4, "little")


def main():
    root, what = sys.argv[1:]
    # The largest first and each worker every second one: they end at about the same time.
    modules = sorted(modules_of(what), key=os.path.getsize, reverse=True)
    gc.disable()  # the trees of the compiler hold no cycles
    count = len(os.sched_getaffinity(0))
    workers = [start(root, modules[number::count]) for number in range(count)]
    statuses = [os.waitpid(worker, 0)[1] for worker in workers]
    sys.exit(any(statuses))


def modules_of(what):
    if os.path.isfile(what):
        with open(what, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read().splitlines()
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk(what)
        for name in names
        if name.endswith(".py")
    ]


def start(root, modules):
    """Start a worker; give its number."""
    worker = os.fork()
    if worker:
        return worker
    try:
        for module in modules:
            compile_module(root, module)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


@functools.cache
def make_folder(folder):
    os.makedirs(folder, exist_ok=True)


def compile_module(root, module):
    with open(module, "rb") as stream:
        date = os.stat(stream.fileno()).st_mtime_ns
        source = stream.read()
    try:
        code = compile(source, module.removeprefix(f"{root}/"), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source)
    place = importlib.util.cache_from_source(module)
    make_folder(os.path.dirname(place))
    try:
        with open(place, "wb") as stream:
            stream.write(header + dumped(code))
        # As old as its source, because the cache dates back what is new, and not side by side.
        os.utime(place, ns=(date, date))
    except BaseException:
        os.unlink(place)  # half of it would be taken for whole
        raise


def dumped(code):
    if sys.version_info >= (3, 12):
        return marshal.dumps(unshared(code))
    data = marshal.dumps(code)
    if sys.version_info >= (3, 11):
        return data
    # It marks which names something else has too. All of the copy are those of `code`.
    return marshal.dumps(marshal.loads(data))  # noqa: S302 - made right here


def unshared(code):
    """Give each function sets of its own.

    Since Python 3.12 equal ones are shared or not by whether what is in them was met before in
    this process: intern_constants in https://github.com/python/cpython/blob/3.12/Objects/codeobject.c.
    """
    constants = []
    for constant in code.co_consts:
        if type(constant) is CodeType:
            constants.append(unshared(constant))
        elif type(constant) is frozenset:
            constants.append(frozenset([*constant]))
        else:
            constants.append(constant)
    if all(new is old for new, old in zip(constants, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=tuple(constants))


main()
