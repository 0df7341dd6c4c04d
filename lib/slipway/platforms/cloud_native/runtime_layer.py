"""Writes the layer that prepares the app's processes in the image where they run."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.django.release_step import COMMAND, FILE, PACKAGE, ReleaseStep, render
from slipway.domain.run_environment import (
    PYTHON_VARIABLES,
    START_VARIABLES,
    RunEnvironment,
    exec_d,
    exec_d_of_web,
    release_program_in_image,
)
from slipway.domain.web.launch import Launch
from slipway.effects.files import write

_PORT = "8080"
"""The port of an app if the platform does not set PORT; it is also what most platforms set."""


def write_runtime_layer(
    layer: Path,
    start: Path,
    python: Path,
    app: Path,
    launch: Launch,
    run: RunEnvironment,
) -> None:
    """Write scripts that run the modules in the folder `start`, and variables.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    https://github.com/buildpacks/spec/blob/main/buildpack.md#environment-variable-modification-rules
    """
    if launch.release:
        repository = app.parents[len(Path(run.root).parts) - 1] if run.root else app
        _write_release_step(layer, start, python, repository, launch.release)
    program = exec_d(python, start / START_VARIABLES, launch.gunicorn_settings)
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
    layer: Path, start: Path, python: Path, repository: Path, release: ReleaseStep
) -> None:
    """Write the release step; the lifecycle puts the folder `bin` of each layer on PATH.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#layer-paths
    """
    file = layer / FILE
    write(file, render(release))
    program = layer / "bin" / COMMAND
    write(
        program,
        release_program_in_image(repository, python, start / PACKAGE, file),
        mode=0o755,
    )
    write(layer / "exec.d" / "web" / COMMAND, exec_d_of_web(release, program), mode=0o755)
