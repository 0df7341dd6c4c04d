"""pip's own configuration files.

https://pip.pypa.io/en/stable/topics/configuration/#location
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slipway.domain.index_config.pip_settings import Setting, from_files, from_variables
from slipway.effects.files import read_if_there

_GLOBAL_FILE = "/etc/pip.conf"


def configuration_files(app: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that exist as (path, text); the last one has priority.

    pip would also read one in the virtual environment, but Slipway's never have one.
    """
    for path in places(environment):
        text = read_if_there(app / path)
        if text is not None:
            yield path, text


def places(environment: Mapping[str, str]) -> Iterable[str]:
    """Return the paths at which pip looks for them; the last one has priority."""
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ()
    home = environment.get("HOME", "/")
    folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    config = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return (
        *(f"{folder}/pip/pip.conf" for folder in reversed(folders) if folder),
        _GLOBAL_FILE,
        f"{home}/.pip/pip.conf",
        f"{config}/pip/pip.conf",
        *([named] if named else []),
    )


def settings_for(app: Path, environment: Mapping[str, str]) -> tuple[Setting, ...]:
    """Read the settings in files and variables; the last one has priority.

    Raises configparser.Error.
    """
    files = configuration_files(app, environment)
    return (*from_files(files), *from_variables(environment))


def nested_constraints(files: Iterable[str], app: Path) -> str:
    """Return lines that include constraints files, which are paths or addresses."""
    addresses = (file if "://" in file else (app / file).as_uri() for file in files)
    return "".join(f"-c {address}\n" for address in addresses)
