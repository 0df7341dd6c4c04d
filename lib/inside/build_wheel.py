"""Builds a wheel with a source tree's own backend.

    build_wheel.py TOOLS REPORT PYTHON SOURCE INTO REQUIREMENT...

TOOLS is the folder of Slipway's tools. PYTHON has the given REQUIREMENTs at hand. REPORT, a
JSON file, says what came of it: a wheel in INTO, or what more the backend asks for
(https://peps.python.org/pep-0517/#get-requires-for-build-wheel), or what is wrong with the
tree. The backend runs in processes of its own, and says what it says on this one's stdout.
"""

import json
import os
import socket
import subprocess
import sys
from functools import cached_property

sys.path.insert(0, sys.argv.pop(1))

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ready_backend.py")
_SLOW_TO_IMPORT = ("setuptools.build_meta", "poetry.core.masonry.api")
"""Backends that are worth it: all others are imported for each hook anew."""


def main():
    report, python, source, into, *requirements = sys.argv[1:]
    backend = backend_of(source)
    if backend.partition(":")[0] in _SLOW_TO_IMPORT:
        with ReadyBackend(python, source, backend) as ready:
            result = outcome(source, python, ready.run, into, requirements)
    else:
        result = outcome(source, python, run, into, requirements)
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(result, stream)


def backend_of(source):
    """Read which backend it is, where that takes no judgement: `build` has the last word."""
    try:
        with open(os.path.join(source, "pyproject.toml"), "rb") as stream:
            return str(tomllib.load(stream)["build-system"]["build-backend"])
    except (OSError, ValueError, LookupError, TypeError):
        return "setuptools.build_meta:__legacy__"


def outcome(source, python, runner, into, requirements):
    # Takes as long as a slow backend's import, which goes on meanwhile.
    from build import BuildBackendException, BuildException, ProjectBuilder

    try:
        return build(ProjectBuilder(source, python, runner), into, set(requirements))
    except BuildException as error:
        return {"outcome": "invalid", "reason": str(error)}
    except BuildBackendException as error:
        return {"outcome": "failed", "reason": str(error)}


def build(builder, into, requirements):
    missing = builder.get_requires_for_build("wheel") - requirements
    if missing:
        return {"outcome": "needs", "requires": sorted(missing)}
    return {"outcome": "built", "wheel": builder.build("wheel", into)}


def run(command, cwd, extra_environ):
    """Run a hook: https://pyproject-hooks.readthedocs.io/en/latest/pyproject_hooks.html."""
    subprocess.run(command, cwd=cwd, env={**os.environ, **extra_environ}, check=True)


class ReadyBackend:
    """Runs hooks with a backend that is imported once."""

    def __init__(self, python, source, backend):
        self.variables = {"_PYPROJECT_HOOKS_BUILD_BACKEND": backend}
        argv = [python, _SCRIPT, backend.partition(":")[0]]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.process = subprocess.Popen(argv, cwd=source, stdin=theirs.fileno())
            self.talk = ours.makefile("rw", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.talk.close()

    @cached_property
    def is_there(self):
        return bool(self.talk.readline())

    def run(self, command, cwd, extra_environ):
        # What else there may be says that the backend lies in the tree.
        if extra_environ != self.variables or not self.is_there:
            run(command, cwd, extra_environ)
            return
        print(json.dumps([command[1:], extra_environ]), file=self.talk, flush=True)
        answer = self.talk.readline()
        status = int(answer) if answer else self.process.wait()
        if status:
            raise subprocess.CalledProcessError(status, command)


main()
