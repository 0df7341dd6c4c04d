"""The layer that prepares each process of the app, in the image where it runs."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.files import read, write
from slipway.toolchains.bytecode import compile_folder

_PORT = "8080"
"""Where an app listens unless the platform sets PORT; most of those that do use this one."""
_SCRIPTS = "scripts"
"""Not `lib`, which the lifecycle would put on LD_LIBRARY_PATH."""
_EXEC_D = """\
#!/bin/sh
exec '{python}' -I -S -B '{script}'
"""


def write_runtime_layer(
    layer: Path, runtime: Path, python: Path, launch: Launch, effects: Effects
) -> None:
    """Write the modules of `runtime`, compiled for the app's Python, and the app's variables.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    """
    scripts = layer / _SCRIPTS
    for module in runtime.glob("*.py"):
        write(scripts / module.name, read(module))
    # Compiling takes half the time of a start, and a layer is read-only then.
    compile_folder(layer, scripts, str(python), effects)
    program = _EXEC_D.format(python=python, script=scripts / "exec_d.py")
    write(layer / "exec.d" / "slipway", program, mode=0o755)
    for name, value in {**launch.defaults, "PORT": _PORT}.items():
        write(layer / "env.launch" / f"{name}.default", value)
