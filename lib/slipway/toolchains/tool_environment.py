"""Environment variables for the tools that download, resolve, build and install."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

DNS_OPTIONS: Mapping[str, str] = {
    # If several processes resolve names at once, some container networks lose an answer. The C
    # library would retry after 5 s: https://man7.org/linux/man-pages/man5/resolv.conf.5.html.
    "RES_OPTIONS": "timeout:1 attempts:5",
}
"""How to resolve host names; the user's own variables override it."""

GIT_LIMITS: Mapping[str, str] = {
    # git has no other time limit: https://git-scm.com/docs/git-config, http.lowSpeedLimit
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
}
"""How slow a server of repositories may be; the user's own variables override it."""

REPRODUCIBLE: Mapping[str, str] = {
    # hatchling's default: https://reproducible-builds.org/specs/source-date-epoch/
    "SOURCE_DATE_EPOCH": "1580601600",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
"""With these variables, a build writes the same bytes whenever it runs."""

_TEMPORARY = "tmp"
"""The name of a folder for the temporary files of tools."""

_COMPILER_FLAGS = ("CFLAGS", "CXXFLAGS", "FFLAGS")


def temporary_variables(folder: Path) -> dict[str, str]:
    """Return the variable that keeps the temporary files of a tool, and of builds, in a folder.

    uv leaves the locks of builds with setuptools where it makes temporary files, and some
    builds leave files of their own: all of them are removed together with `folder`.
    """
    place = folder / _TEMPORARY
    place.mkdir(exist_ok=True)
    return {"TMPDIR": str(place)}


def compiler_variables(environment: Mapping[str, str], *folders: Path) -> dict[str, str]:
    """Add flags to the user's own that keep folders of a build out of the compilers' output.

    https://reproducible-builds.org/docs/build-path/
    """
    options = " ".join(shlex.quote(f"-ffile-prefix-map={folder}=.") for folder in folders)
    variables = {
        name: f"{environment.get(name, '')} {options}".strip() for name in _COMPILER_FLAGS
    }
    plain = [folder for folder in folders if " " not in str(folder)]  # RUSTFLAGS has no quotes
    if plain:
        maps = " ".join(f"--remap-path-prefix={folder}=." for folder in plain)
        variables["RUSTFLAGS"] = f"{environment.get('RUSTFLAGS', '')} {maps}".strip()
    return variables


def linker_variables(environment: Mapping[str, str], python: Path) -> dict[str, str]:
    """Let packages that embed Python be linked with the libpython of an interpreter.

    The sysconfig of a managed Python names the folder of the machine where it was built.
    """
    program = python.resolve()
    folder = program.parents[1] / "lib"
    if not (folder / f"lib{program.name}.so").exists():
        return {}
    return {
        "LIBRARY_PATH": ":".join(filter(None, (environment.get("LIBRARY_PATH"), str(folder))))
    }
