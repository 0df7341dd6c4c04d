"""The description of a Cloud Native image: its processes, labels and slices.

https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.domain.cloud_native.bash_process import BashProcess
from slipway.domain.toml_text import render_toml


def render_launch(
    processes: Mapping[str, BashProcess],
    labels: Mapping[str, str],
    slices: Iterable[str],
    start_folder: str = "",
) -> str:
    """Render `launch.toml`; `slices` are folders of the app that change less than the rest.

    An image starts its `web` process by default. `start_folder` is the absolute path of the
    folder in which the processes start, if that is not the one that is built.
    """
    launch: dict[str, object] = {
        "processes": [
            _process(name, process, start_folder) for name, process in processes.items()
        ],
        "labels": [{"key": key, "value": value} for key, value in labels.items()],
        "slices": [{"paths": [folder]} for folder in slices],
    }
    return render_toml({key: value for key, value in launch.items() if value})


def _process(name: str, started: BashProcess, start_folder: str) -> dict[str, object]:
    """Describe a process that bash starts, because a Procfile's lines are written for a shell.

    Everything is in `command`, nothing in `args`. Arguments that a user adds to `docker run`
    then come last with every platform API, even older ones, which join the two.
    """
    command = ["bash", "-c", started.script, name]
    process: dict[str, object] = {"type": name, "command": command}
    if start_folder:
        process["working-dir"] = start_folder
    return {**process, "default": True} if name == "web" else process
