"""Put into a built app what runs whenever one of its processes starts."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.django.release_step import FILE, PACKAGE, ReleaseStep, render
from slipway.domain.run_environment import (
    OF_START_VARIABLES,
    RELEASE_PROGRAM,
    movable_release_program,
)
from slipway.effects.cache.kinds import START
from slipway.effects.files import copy_with_usual_modes, remove, tree_digest, write
from slipway.steps.context import BuildContext
from slipway.toolchains.bytecode import compile_folder

_COMPILED = ("__pycache__",)


def provide_start_modules(context: BuildContext, release: ReleaseStep | None) -> None:
    """Write Slipway's modules for the start, with bytecode for the app's Python.

    Without bytecode they would be compiled at each start, because nothing may be written then.

    Raises DiskFull.
    """
    effects, place = context.effects, context.layout.start
    remove(place)
    names = [*OF_START_VARIABLES, *([PACKAGE] if release else [])]
    key = START.key(
        {
            "modules": names,
            "content": tree_digest(effects.runtime, _COMPILED),
            "python": context.interpreter.identity,
        }
    )
    if effects.cache.restore(key, place):
        return
    copy_with_usual_modes(effects.runtime, names, place, without=_COMPILED)
    compile_folder(place, place, str(context.virtualenv.python), effects)
    effects.cache.store(key, place)


def write_release_step(own: Path, repository: str, release: ReleaseStep | None) -> None:
    """Write what the release step does and its program, or remove an earlier build's.

    `own` is Slipway's folder, and `repository` the path from there to the repository when the
    app runs.
    """
    file = own / FILE
    remove(file)
    if release:
        write(file, render(release))
        write(own / RELEASE_PROGRAM, movable_release_program(repository), mode=0o755)
