"""Writes the layer that prepares the app's processes in the image where they run."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.files import read, write
from slipway.toolchains.bytecode import compile_folder

_PORT = "8080"
"""The port of an app if the platform does not set PORT; it is also what most platforms set."""
_SCRIPTS = "scripts"
"""A folder of the layer; not `lib`, which the lifecycle would add to LD_LIBRARY_PATH."""
_EXEC_D = """\
#!/bin/sh
exec '{python}' -I -S -B '{script}'
"""


def write_runtime_layer(
    layer: Path, runtime: Path, python: Path, launch: Launch, effects: Effects
) -> None:
    """Write the modules of `runtime` with bytecode for the app's Python, and default variables.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    """
    scripts = layer / _SCRIPTS
    for module in runtime.glob("*.py"):
        write(scripts / module.name, read(module))
    # Compiling them at every start, in a read-only layer, would double its time.
    compile_folder(layer, scripts, str(python), effects)
    program = _EXEC_D.format(python=python, script=scripts / "exec_d.py")
    write(layer / "exec.d" / "slipway", program, mode=0o755)
    for name, value in {**launch.defaults, "PORT": _PORT}.items():
        write(layer / "env.launch" / f"{name}.default", value)
