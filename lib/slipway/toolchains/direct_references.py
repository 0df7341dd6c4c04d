"""What stands at addresses, built into wheels by pip: a repository has no hash, a wheel has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.python.selection import Interpreter
from slipway.effects.files import sha256_of, write
from slipway.errors.dependencies import ResolveFailed
from slipway.errors.stopped import CommandFailed
from slipway.toolchains import DirectRequirement, LocalDistribution, RequirementFiles
from slipway.toolchains.pip_tools.pip import Pip, meaning
from slipway.toolchains.requiring_by_name import requiring_by_name


@dataclass(frozen=True, kw_only=True)
class DirectWheels:
    """All that lies on this disk for one resolution."""

    distributions: Sequence[LocalDistribution]
    wanted: str
    """Lines for what was built, with the extras that are asked for."""


def offer(files: RequirementFiles, interpreter: Interpreter, pip: Pip) -> DirectWheels:
    """Build what has to be built, and lay it beside what is here.

    Raises ResolveFailed, or what exactly kept it from being built.
    """
    built = [*_built(files, interpreter, pip)]
    return DirectWheels(
        distributions=[
            *files.distributions,
            *_apart_from(files.distributions, (wheel for wheel, _ in built)),
        ],
        wanted="".join(f"{wheel.name}{extras}\n" for wheel, extras in built),
    )


def _built(
    files: RequirementFiles, interpreter: Interpreter, pip: Pip
) -> Iterator[tuple[LocalDistribution, str]]:
    """Give the wheels of what stands elsewhere, with the extras that are wanted."""
    for number, asked in enumerate(files.direct):
        from slipway.effects.packages.wheels import (
            rewrite_wheel,  # few apps ask for such
        )

        made = files.folder / f"made-{number}"
        _build(files, asked, made, interpreter, pip)
        wheels = files.folder / f"wheel-{number}"
        wheels.mkdir()
        for wheel in made.iterdir():  # none if its marker does not hold here
            path = rewrite_wheel(wheel, wheels)
            name, version = path.name.split("-")[:2]
            distribution = LocalDistribution(
                name=canonicalize_name(name),
                version=version,
                path=path,
                sha256=sha256_of(path),
                source=asked.source,
            )
            yield distribution, asked.extras


def _build(
    files: RequirementFiles,
    asked: DirectRequirement,
    made: Path,
    interpreter: Interpreter,
    pip: Pip,
) -> None:
    made.mkdir()
    file = files.folder / "direct.txt"
    write(file, f"{files.options}\n{asked.line}\n")
    arguments = ["wheel", "--no-deps", "--wheel-dir", str(made), "-r", str(file)]
    variables = pip.build_variables(
        files.folder, [*requiring_by_name(files.distributions, files.folder)]
    )
    try:
        pip.run(interpreter.path, arguments, files.app, "building a wheel", variables)
    except CommandFailed as error:
        raise meaning(error, interpreter.version, ResolveFailed) from error


def _apart_from(
    distributions: Sequence[LocalDistribution], built: Iterable[LocalDistribution]
) -> list[LocalDistribution]:
    """Give what was built under a name that is not taken; of wheels that are alike one.

    pip takes two files of one name for a conflict, whatever is in them.
    """
    taken = {distribution.name for distribution in distributions}
    unlike = {(wheel.name, wheel.sha256): wheel for wheel in built if wheel.name not in taken}
    return [*unlike.values()]
