"""What the buildpacks of an app pass to each other: the folders `DEPS/<index>`.

By this agreement, the last buildpack does it for all: the platform itself does none of it.
https://docs.cloudfoundry.org/buildpacks/understand-buildpacks.html,
https://github.com/cloudfoundry/libbuildpack/blob/master/stager.go
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from slipway.domain.config_vars import NAME

_AT_STAGING = {
    "PATH": "bin",
    "LD_LIBRARY_PATH": "lib",
    "LIBRARY_PATH": "lib",
    "CPATH": "include",
    "PKG_CONFIG_PATH": "pkgconfig",
}
"""Variable -> the subfolder that is added to it."""
_AT_START = ("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH")
SUBFOLDERS = frozenset(_AT_STAGING.values())

CONFIG, ENV, PROFILE_D = "config.yml", "env", "profile.d"
AT_START = "000_multi-supply.sh"
"""The name that libbuildpack gives the script of `launch_script`."""
_INDEX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class OtherBuildpack:
    """What another buildpack has supplied."""

    folder: Path
    """`DEPS/<index>`."""
    subfolders: frozenset[str]
    """Those of SUBFOLDERS that exist."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The files of its folder `env`."""

    @property
    def index(self) -> str:
        return self.folder.name


def is_index(name: str) -> bool:
    """Return whether a folder in DEPS may be a buildpack's: the name needs no quotes."""
    return _INDEX.fullmatch(name) is not None


def staging_variables(
    others: Sequence[OtherBuildpack], inherited: Mapping[str, str]
) -> dict[str, str]:
    """Add what other buildpacks supply to the variables of the build.

    `others` are in the order of their indexes; what a later one supplies comes first, or
    counts. A list of folders, such as PATH, is never replaced, because a build also needs the
    folders of the image.
    """
    variables = dict(inherited)
    for name, subfolder in _AT_STAGING.items():
        folders = [
            str(other.folder / subfolder)
            for other in reversed(others)
            if subfolder in other.subfolders
        ]
        if folders:
            variables[name] = _in_front(":".join(folders), variables.get(name))
    for other in others:
        for name, value in other.variables.items():
            if name in _AT_STAGING:
                variables[name] = _in_front(value, variables.get(name))
            elif NAME.fullmatch(name):
                variables[name] = value
    return variables


def _in_front(folders: str, others: str | None) -> str:
    return ":".join(filter(None, (folders, others)))


def launch_script(others: Sequence[OtherBuildpack]) -> str:
    """Write the script that makes programs and libraries of other buildpacks usable at start.

    Empty if they have none.
    """
    lines = []
    for name in _AT_START:
        subfolder = _AT_STAGING[name]
        folders = ":".join(
            f"$DEPS_DIR/{other.index}/{subfolder}"
            for other in reversed(others)
            if subfolder in other.subfolders
        )
        if folders:
            lines.append(f'export {name}="{folders}${{{name}:+:${name}}}"\n')
    return "".join(lines)


def name_of_copy(index: str, name: str) -> str:
    """Return the name under which the launcher sources a script of `DEPS/<index>/profile.d`.

    The launcher does not quote names, so that a blank would end one.
    """
    return f"{index}_{quote(os.fsencode(name))}"


def render_config(name: str, version: str) -> str:
    """Write what the platform shows of a buildpack; JSON is also valid YAML.

    https://docs.cloudfoundry.org/buildpacks/custom.html#buildpack-config
    """
    return json.dumps({"name": name, "version": version, "config": {}}) + "\n"
