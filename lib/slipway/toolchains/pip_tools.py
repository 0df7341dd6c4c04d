"""pip-compile, pip and virtualenv, from the wheels in vendor/, run by the app's own Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain import lock as locks
from slipway.domain.diagnosis import diagnose, inconsistencies, tail
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.effects import Effects
from slipway.effects.environments import Environment
from slipway.effects.files import sha256_of, write
from slipway.effects.processes import Command
from slipway.effects.wheel_writer import normalise
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains import (
    DirectRequirement,
    LocalDistribution,
    Locked,
    RequirementFiles,
    build_constraints,
)
from slipway.toolchains.needed_by_name import needed_by_name
from slipway.toolchains.reproducible import SAME_EACH_TIME
from slipway.toolchains.toolbox import Toolbox

# No site-packages and no PYTHON* variables: nothing of the image's can get among the tools.
_ISOLATED = ("-I", "-S")
_NONE: Mapping[str, str] = {}

_COMPILE_OPTIONS = (
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-config",
    "--no-header",
    "--no-annotate",
    "--no-emit-options",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
)


@dataclass(frozen=True, kw_only=True)
class PipTools:
    toolbox: Toolbox
    scripts: Path
    """The folder of the scripts that run in the app's Python."""
    cache: Path
    """Where pip keeps what it downloads and builds."""
    effects: Effects
    name: str = "pip-tools"

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        built = [*self._built_from_addresses(files, interpreter)]
        here = [*files.here, *_apart_from(files.here, (wheel for wheel, _ in built))]
        seen = [*needed_by_name(here, files.folder)]
        wanted = "".join(f"{wheel.name}{extras}\n" for wheel, extras in built)
        constraints = f"{files.constraints}\n{build_constraints(seen)}"
        write(files.folder / "constraints.txt", constraints)
        write(
            files.folder / "requirements.in", f"{files.options}\n{files.requirements}\n{wanted}"
        )
        lock = locks.parse(self._compile(files, seen, interpreter), "locked.txt")
        by_name = {distribution.name: distribution for distribution in here}
        return Locked(
            lock=_pin_distributions(lock, by_name),
            wheels={name: by_name[name].path for name in lock.names if name in by_name},
        )

    def _compile(
        self,
        files: RequirementFiles,
        seen: Sequence[LocalDistribution],
        interpreter: Interpreter,
    ) -> str:
        output = files.folder / "locked.txt"
        argv = compile_arguments(files.folder, output, self.cache)
        script = [str(self.scripts / "pip_compile.py"), str(self.toolbox.everything)]
        command = [interpreter.path, *_ISOLATED, *script, *argv]
        variables = self._build_variables(files.folder, seen)
        try:
            self._run(command, files.app, "resolving", variables)
        except CommandFailed as error:
            raise _meaning(error, interpreter.version, ResolveFailed) from error
        return output.read_text(encoding="utf-8")

    def _build_variables(
        self, folder: Path, seen: Sequence[LocalDistribution]
    ) -> dict[str, str]:
        """Let pip build what it has to with the names that are here, beside the user's own.

        By a variable, because pip-compile has no option for it; its words are addresses,
        because pip splits it at each space.
        """
        path = folder / "build-constraints.txt"
        write(path, build_constraints(seen))
        given = self.effects.environment.get("PIP_BUILD_CONSTRAINT", "")
        return {"PIP_BUILD_CONSTRAINT": f"{given} {path.as_uri()}".strip()}

    def _built_from_addresses(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Iterator[tuple[LocalDistribution, str]]:
        """Give the wheels of what stands elsewhere, with the extras that are wanted."""
        for number, asked in enumerate(files.direct):
            for path in self._build_wheel(files, asked, number, interpreter):
                name, version = path.name.split("-")[:2]
                wheel = LocalDistribution(
                    name=canonicalize_name(name),
                    version=version,
                    path=path,
                    sha256=sha256_of(path),
                    source=asked.source,
                )
                yield wheel, asked.extras

    def _build_wheel(
        self,
        files: RequirementFiles,
        asked: DirectRequirement,
        number: int,
        interpreter: Interpreter,
    ) -> list[Path]:
        """Build what stands at one address; nothing if its marker does not hold here."""
        made, wheels = files.folder / f"made-{number}", files.folder / f"wheel-{number}"
        made.mkdir()
        wheels.mkdir()
        file = files.folder / "direct.txt"
        write(file, f"{files.options}\n{asked.line}\n")
        arguments = ["wheel", "--no-deps", "--wheel-dir", str(made), "-r", str(file)]
        seen = [*needed_by_name(files.here, files.folder)]
        variables = self._build_variables(files.folder, seen)
        try:
            self._pip(interpreter.path, arguments, files.app, "building a wheel", variables)
        except CommandFailed as error:
            raise _meaning(error, interpreter.version, ResolveFailed) from error
        return [normalise(wheel, wheels) for wheel in made.iterdir()]

    def create(self, environment: Environment, interpreter: Interpreter) -> None:
        arguments = ["virtualenv", "--quiet", "--no-seed", "--app-data", str(self.cache)]
        script = [str(self.scripts / "tool.py"), str(self.toolbox.everything), *arguments]
        argv = [interpreter.path, *_ISOLATED, *script, str(environment.root)]
        self._run(argv, environment.root.parent, "making the environment")

    def install(
        self, environment: Environment, lock_file: Path, here: Sequence[LocalDistribution]
    ) -> None:
        constraints = lock_file.with_name("build-constraints.txt")
        write(constraints, build_constraints([*needed_by_name(here, lock_file.parent)]))
        arguments = install_arguments(lock_file, constraints)
        try:
            self._pip(str(environment.python), arguments, environment.root.parent, "installing")
        except CommandFailed as error:
            raise _meaning(error, environment.version, InstallFailed) from error

    def check(self, environment: Environment) -> None:
        try:
            self._pip(str(environment.python), ["check"], environment.root.parent, "checking")
        except CommandFailed as error:
            raise inconsistencies(error.output) from error

    def _pip(
        self,
        python: str,
        arguments: Sequence[str],
        cwd: Path,
        doing: str,
        variables: Mapping[str, str] = _NONE,
    ) -> None:
        script = [str(self.scripts / "pip_run.py"), str(self.toolbox.pip_alone)]
        self._run([python, "-I", *script, *arguments], cwd, doing, variables)

    def _run(
        self, argv: Sequence[str], cwd: Path, doing: str, variables: Mapping[str, str] = _NONE
    ) -> None:
        environment = {
            **self.effects.environment,
            **SAME_EACH_TIME,
            "PIP_CACHE_DIR": str(self.cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_NO_COLOR": "1",
            **variables,
        }
        command = Command(argv=argv, cwd=cwd, env=environment)
        self.effects.processes.run(command, doing=doing)


def _meaning(
    error: CommandFailed, python: str, unknown: type[ResolveFailed | InstallFailed]
) -> BuildStopped:
    return diagnose(error.output, python) or unknown(output=tail(error.output))


def compile_arguments(folder: Path, output: Path, cache: Path) -> list[str]:
    """Give pip-compile's command line, without the program."""
    return [
        *_COMPILE_OPTIONS,
        *("--cache-dir", str(cache / "pip-tools")),
        *("--constraint", str(folder / "constraints.txt")),
        *("--output-file", str(output)),
        str(folder / "requirements.in"),
    ]


def install_arguments(lock_file: Path, build_constraints: Path) -> list[str]:
    """Give pip's command line to install a lock and nothing else."""
    strict = ["--require-hashes", "--no-deps", "--no-compile", "--no-warn-script-location"]
    return [
        "install",
        *strict,
        "--build-constraint",
        str(build_constraints),
        "-r",
        str(lock_file),
    ]


def _apart_from(
    here: Sequence[LocalDistribution], built: Iterable[LocalDistribution]
) -> list[LocalDistribution]:
    """Give what was built under a name that is not taken; of wheels that are alike one.

    pip takes two files of one name for a conflict, whatever is in them.
    """
    taken = {distribution.name for distribution in here}
    unlike = {(wheel.name, wheel.sha256): wheel for wheel in built if wheel.name not in taken}
    return [*unlike.values()]


def _pin_distributions(lock: Lock, here: Mapping[str, LocalDistribution]) -> Lock:
    """Pin what lies on this disk by its version and hash, and say what it was."""
    return Lock(
        packages=tuple(
            here[package.name].locked if package.name in here else package for package in lock
        )
    )
