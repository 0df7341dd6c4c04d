"""The description of a Cloud Native image: its processes, labels and slices.

https://github.com/buildpacks/spec/blob/main/buildpack.md#launchtoml-toml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from slipway.domain.toml_text import render_toml

_COMPOUND = re.compile(r"(?:[)}&;|]|\]\]|\b(?:fi|done|esac))$")
"""The end of a line after which a shell takes no further arguments."""


def render_launch(
    processes: Mapping[str, str], labels: Mapping[str, str], slices: Iterable[str]
) -> str:
    """Write `launch.toml`; `slices` are folders of the app that change less than the rest.

    `web` is the process that an image starts by default.
    """
    launch: dict[str, object] = {
        "processes": [_process(name, line) for name, line in processes.items()],
        "labels": [{"key": key, "value": value} for key, value in labels.items()],
        "slices": [{"paths": [folder]} for folder in slices],
    }
    return render_toml({key: value for key, value in launch.items() if value})


def _process(name: str, line: str) -> dict[str, object]:
    """Give a process that bash starts, because a Procfile's lines are written for a shell.

    All of it is `command` and nothing `args`: then what a user adds to `docker run` comes
    last with every platform API, the older ones that join the two as well, and `"$@"` puts it
    at the end of the line.
    """
    shell = line if _COMPOUND.search(line) else f'{line} "$@"'
    process: dict[str, object] = {"type": name, "command": ["bash", "-c", shell, name]}
    return {**process, "default": True} if name == "web" else process
