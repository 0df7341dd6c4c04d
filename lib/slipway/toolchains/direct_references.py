"""Build direct references into wheels, and replace those that a local wheel satisfies.

A repository has no hash, but a wheel has one, so only a wheel can be locked.
https://packaging.python.org/en/latest/specifications/version-specifiers/#direct-references
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.python.selection import Interpreter
from slipway.domain.vendoring.core_metadata import require_by_name
from slipway.effects.files import sha256_of, write
from slipway.errors.dependencies import ResolveFailed
from slipway.errors.fetching import FileNotOnServer, NotAnArchive, OfAnAddress
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.pip_tools.pip import Pip, diagnosed_error
from slipway.toolchains.protocol import (
    DirectReference,
    LocalDistribution,
    RequirementFiles,
)


def build_direct_references(
    files: RequirementFiles, interpreter: Interpreter, pip: Pip
) -> RequirementFiles:
    """Build each direct reference into a wheel, and require that wheel by its name.

    A local distribution of the same name has priority over the wheel.

    Raises ResolveFailed, or a more precise error.
    """
    if not files.direct:
        return files
    named = requiring_by_name(files.distributions, files.folder)
    variables = pip.build_variables(files.folder, named)
    taken = {distribution.name for distribution in files.distributions}
    requirements = files.requirements
    built: dict[tuple[str, str], LocalDistribution] = {}
    for number, reference in enumerate(files.direct):
        work = files.folder / f"direct-{number}"
        try:
            distribution = build_reference(
                reference, files.options, work, interpreter, pip, variables
            )
        except CommandFailed as error:
            raise named_error(
                diagnosed_error(error, interpreter.version, ResolveFailed), reference
            ) from error
        if distribution is None:
            continue
        requirements += f"{distribution.name}{reference.extras}\n"
        if distribution.name not in taken:
            # To pip, two files of one name are a conflict, even if they are equal.
            built[distribution.name, distribution.sha256] = distribution
    distributions = [*files.distributions, *built.values()]
    return replace(files, requirements=requirements, distributions=distributions, direct=())


def build_reference(
    reference: DirectReference,
    options: str,
    folder: Path,
    interpreter: Interpreter,
    pip: Pip,
    variables: Mapping[str, str],
) -> LocalDistribution | None:
    """Build a direct reference into a wheel in a new folder; None if its marker is false.

    `options` say which indexes have the build requirements.

    Raises CommandFailed, WheelInvalid.
    """
    # Imported here, because few apps have direct references.
    from slipway.effects.packages.wheels import rewrite_wheel

    requirement_file, output = folder / "direct.txt", folder / "built"
    write(requirement_file, f"{options}\n{reference.line}\n")
    arguments = ["wheel", "--no-deps", "--wheel-dir", str(output)]
    arguments += ["-r", str(requirement_file)]
    own_ssh = _with_own_ssh_command(reference.line, pip.effects.environment)
    pip.run(interpreter.path, arguments, pip.app, "building a wheel", {**variables, **own_ssh})
    for wheel in output.glob("*.whl"):
        return wheel_from(rewrite_wheel(wheel, folder / "wheel"), reference.source)
    return None


def _with_own_ssh_command(line: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return variables with which git uses the SSH command of the user.

    If pip may not ask for input, it replaces that command:
    https://github.com/pypa/pip/blob/26.3/src/pip/_internal/vcs/git.py
    """
    if "git+ssh:" not in line or not environment.get("GIT_SSH_COMMAND"):
        return {}
    return {"PIP_NO_INPUT": "", "GIT_TERMINAL_PROMPT": "0"}


def wheel_from(path: Path, source: str) -> LocalDistribution:
    """Describe a wheel, which came from `source`, by its file."""
    name, version = path.name.split("-")[:2]
    return LocalDistribution(
        name=canonicalize_name(name),
        version=version,
        path=path,
        sha256=sha256_of(path),
        source=source,
    )


def named_error(error: BuildStopped, reference: DirectReference) -> BuildStopped:
    """Name the requirement in an error about its address."""
    if isinstance(error, (FileNotOnServer, NotAnArchive)):
        # The build of the reference may have downloaded another file.
        file = error.address.rstrip("/").rpartition("/")[2]
        if file not in reference.line:
            return error
    if isinstance(error, OfAnAddress):
        error.address, error.required_by = reference.source, reference.required_by
    return error


def requiring_by_name(
    distributions: Sequence[LocalDistribution], folder: Path
) -> list[LocalDistribution]:
    """Return distributions for a resolver or a build, which require each other only by name.

    Private packages often require each other by the addresses of their repositories, and pip
    would use these. Such wheels are replaced with copies in `folder`, but the lock and the
    virtual environment get the original wheels.
    """
    names = frozenset(distribution.name for distribution in distributions)
    named = []
    for number, distribution in enumerate(distributions):
        if any("@" in requirement for requirement in distribution.requires):
            # Imported here, because few packages do this.
            from slipway.effects.packages.wheels import read_metadata, rewrite_wheel

            metadata = read_metadata(distribution.path, distribution.source)
            by_name = require_by_name(metadata, names)
            copy = rewrite_wheel(distribution.path, folder / f"by-name-{number}", by_name)
            named.append(replace(distribution, path=copy))
        else:
            named.append(distribution)
    return named
