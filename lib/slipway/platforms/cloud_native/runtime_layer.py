"""The layer that travels with the app and prepares each of its processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.files import write
from slipway.toolchains.bytecode import compile_folder

_PORT = "8080"
"""Where an app listens unless the platform says another; most of them say this one."""
_AT_START = "scripts"
"""Where the scripts lie. Not `lib`, which the lifecycle would put on LD_LIBRARY_PATH."""
_EXEC_D = """\
#!/bin/sh
exec '{python}' -I -S -B '{script}'
"""


def write_runtime_layer(
    layer: Path, runtime: Path, python: Path, launch: Launch, effects: Effects
) -> None:
    """Fill the layer with the modules in `runtime`, for the app's Python where it will run.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    """
    scripts = layer / _AT_START
    for module in runtime.glob("*.py"):
        write(scripts / module.name, module.read_text("utf-8"))
    # Compiled now: it took half of each start, and a layer cannot be written to later.
    compile_folder(layer, scripts, str(python), effects)
    program = layer / "exec.d" / "slipway"
    write(program, _EXEC_D.format(python=python, script=scripts / "exec_d.py"))
    program.chmod(0o755)
    for name, value in _defaults(launch).items():
        write(layer / "env.launch" / f"{name}.default", value)


def _defaults(launch: Launch) -> Mapping[str, str]:
    return {**launch.defaults, "PORT": _PORT}
