"""Ask pip where direct references lead: to a commit of a repository, or to an archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.domain.python.selection import Interpreter
from slipway.domain.toml_text import parse_toml
from slipway.effects.files import read, write
from slipway.errors.dependencies import ResolveFailed
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.pip_tools.pip import Pip, diagnosed_error
from slipway.toolchains.protocol import DirectReference, RequirementFiles
from slipway.toolchains.tool_environment import temporary_variables

_TABLES = ("vcs", "archive")


def lock_direct(
    reference: DirectReference, files: RequirementFiles, interpreter: Interpreter, pip: Pip
) -> Mapping[str, Any]:
    """Return the table of a pylock.toml (PEP 751) that locks a direct reference.

    It has `vcs` with the commit, or `archive` with the hash. Empty if a marker of the reference
    excludes this Python.

    https://pip.pypa.io/en/stable/cli/pip_lock/

    Raises ResolveFailed, or a more precise error.
    """
    requirement_file, output = files.folder / "direct.txt", files.folder / "pylock.direct.toml"
    write(requirement_file, f"{files.options}\n{reference.line}\n")
    arguments = ["lock", "--no-deps", "--quiet", "--output", str(output)]
    arguments += ["-r", str(requirement_file)]
    try:
        doing = "locking requirements with addresses"
        variables = {**pip.index_variables, **temporary_variables(files.folder)}
        pip.run(interpreter.path, arguments, files.app, doing, variables)
    except CommandFailed as error:
        raise diagnosed_error(error, interpreter.version, ResolveFailed) from error
    for package in parse_toml(read(output), output.name).get("packages", ()):
        tables = {kind: dict(package[kind]) for kind in _TABLES if kind in package}
        if tables:
            return {"name": package["name"], **tables}
    return {}
