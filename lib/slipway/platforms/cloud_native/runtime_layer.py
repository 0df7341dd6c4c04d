"""Writes the layer that prepares the app's processes in the image where they run."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.django.release_step import COMMAND, FILE, PACKAGE, ReleaseStep, render
from slipway.domain.run_environment import (
    OF_START_VARIABLES,
    PYTHON_VARIABLES,
    START_VARIABLES,
    RunEnvironment,
    exec_d,
    exec_d_of_web,
    release_program_in_image,
)
from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.files import copy_with_usual_modes, write
from slipway.toolchains.bytecode import compile_folder

_PORT = "8080"
"""The port of an app if the platform does not set PORT; it is also what most platforms set."""
_SCRIPTS = "scripts"
"""A folder of the layer; not `lib`, which the lifecycle would add to LD_LIBRARY_PATH."""


def write_runtime_layer(
    layer: Path,
    runtime: Path,
    python: Path,
    app: Path,
    launch: Launch,
    run: RunEnvironment,
    effects: Effects,
) -> None:
    """Write the modules of `runtime` with bytecode for the app's Python, and variables.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    https://github.com/buildpacks/spec/blob/main/buildpack.md#environment-variable-modification-rules
    """
    scripts = layer / _SCRIPTS
    copy_with_usual_modes(runtime, OF_START_VARIABLES, scripts, without=("__pycache__",))
    if launch.release:
        repository = app.parents[len(Path(run.root).parts) - 1] if run.root else app
        _write_release_step(layer, runtime, python, repository, launch.release)
    # Compiling them at every start, in a read-only layer, would double its time.
    compile_folder(layer, scripts, str(python), effects)
    program = exec_d(python, scripts / START_VARIABLES, launch.gunicorn_settings)
    write(layer / "exec.d" / "slipway", program, mode=0o755)
    variables = {f"{name}.default": value for name, value in launch.defaults.items()}
    variables["PORT.default"] = _PORT
    variables.update({f"{name}.override": "" for name in PYTHON_VARIABLES})
    if run.app_is_on_python_path:
        variables.update({"PYTHONPATH.append": str(app), "PYTHONPATH.delim": ":"})
    if run.libpython and not run.libpython.is_relative_to(layer.parent):
        # The lifecycle adds the folder `lib` of each layer by itself.
        name = "LD_LIBRARY_PATH"
        variables.update({f"{name}.prepend": str(run.libpython), f"{name}.delim": ":"})
    for name, value in variables.items():
        write(layer / "env.launch" / name, value)


def _write_release_step(
    layer: Path, runtime: Path, python: Path, repository: Path, release: ReleaseStep
) -> None:
    """Write the release step; the lifecycle puts the folder `bin` of each layer on PATH.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#layer-paths
    """
    scripts, file = layer / _SCRIPTS, layer / FILE
    copy_with_usual_modes(runtime, (PACKAGE,), scripts, without=("__pycache__",))
    write(file, render(release))
    program = layer / "bin" / COMMAND
    write(
        program,
        release_program_in_image(repository, python, scripts / PACKAGE, file),
        mode=0o755,
    )
    write(layer / "exec.d" / "web" / COMMAND, exec_d_of_web(release, program), mode=0o755)
