"""pip-compile, pip and virtualenv, from the wheels in vendor/, run by the app's own Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain import lock as locks
from slipway.domain.diagnosis import diagnose, inconsistencies, tail
from slipway.domain.lock import Lock, LockedPackage
from slipway.domain.python_version import Interpreter
from slipway.effects import Effects
from slipway.effects.environments import Environment
from slipway.effects.files import sha256_of, write
from slipway.effects.processes import Command
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains import DirectRequirement, RequirementFiles, Resolution
from slipway.toolchains.toolbox import Toolbox

# No site-packages and no PYTHON* variables: nothing of the image's can get among the tools.
_ISOLATED = ("-I", "-S")

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
class BuiltWheel:
    """A wheel made from what stands at one address."""

    path: Path
    asked: DirectRequirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.path.name.split("-")[0])

    @property
    def requirement(self) -> str:
        return f"{self.name}{self.asked.extras} @ {self.path.as_uri()}"

    @property
    def locked(self) -> LockedPackage:
        return LockedPackage(
            name=self.name,
            requirement=f"{self.name}=={self.path.name.split('-')[1]}",
            hashes=(f"sha256:{sha256_of(self.path)}",),
            source=self.asked.source,
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

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Resolution:
        wheels = files.folder / "wheels"
        wheels.mkdir(exist_ok=True)
        built = [
            BuiltWheel(path=path, asked=asked)
            for asked in files.direct
            for path in self._build_wheel(files, asked, wheels, interpreter)
        ]
        direct = "".join(f"{wheel.requirement}\n" for wheel in built)
        write(files.folder / "constraints.txt", files.constraints)
        write(
            files.folder / "requirements.in",
            f"{files.options}\n{files.requirements}\n{direct}",
        )
        lock = locks.parse(self._compile(files, interpreter), "locked.txt")
        by_name = {wheel.name: wheel for wheel in built}
        return Resolution(lock=_pin_built_wheels(lock, by_name), wheels=wheels)

    def _compile(self, files: RequirementFiles, interpreter: Interpreter) -> str:
        output = files.folder / "locked.txt"
        argv = compile_arguments(files.folder, output, self.cache)
        script = [str(self.scripts / "pip_compile.py"), str(self.toolbox.everything)]
        try:
            self._run([interpreter.path, *_ISOLATED, *script, *argv], files.app, "resolving")
        except CommandFailed as error:
            raise _meaning(error, interpreter.version, ResolveFailed) from error
        return output.read_text(encoding="utf-8")

    def _build_wheel(
        self,
        files: RequirementFiles,
        asked: DirectRequirement,
        wheels: Path,
        interpreter: Interpreter,
    ) -> set[Path]:
        """Build what stands at one address; nothing if its marker does not hold here."""
        before = set(wheels.iterdir())
        file = files.folder / "direct.txt"
        write(file, f"{files.options}\n{asked.line}\n")
        arguments = ["wheel", "--no-deps", "--wheel-dir", str(wheels), "-r", str(file)]
        try:
            self._pip(interpreter.path, arguments, files.app, "building a wheel")
        except CommandFailed as error:
            raise _meaning(error, interpreter.version, ResolveFailed) from error
        return set(wheels.iterdir()) - before

    def create(self, environment: Environment, interpreter: Interpreter) -> None:
        arguments = ["virtualenv", "--quiet", "--no-seed", "--app-data", str(self.cache)]
        script = [str(self.scripts / "tool.py"), str(self.toolbox.everything), *arguments]
        argv = [interpreter.path, *_ISOLATED, *script, str(environment.root)]
        self._run(argv, environment.root.parent, "making the environment")

    def install(self, environment: Environment, lock_file: Path, wheels: Path | None) -> None:
        arguments = install_arguments(lock_file, wheels)
        try:
            self._pip(str(environment.python), arguments, environment.root.parent, "installing")
        except CommandFailed as error:
            raise _meaning(error, environment.version, InstallFailed) from error

    def check(self, environment: Environment) -> None:
        try:
            self._pip(str(environment.python), ["check"], environment.root.parent, "checking")
        except CommandFailed as error:
            raise inconsistencies(error.output) from error

    def _pip(self, python: str, arguments: Sequence[str], cwd: Path, doing: str) -> None:
        script = [str(self.scripts / "pip_run.py"), str(self.toolbox.pip_alone)]
        self._run([python, "-I", *script, *arguments], cwd, doing)

    def _run(self, argv: Sequence[str], cwd: Path, doing: str) -> None:
        environment = {
            **self.effects.environment,
            "PIP_CACHE_DIR": str(self.cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_NO_COLOR": "1",
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


def install_arguments(lock_file: Path, wheels: Path | None) -> list[str]:
    """Give pip's command line to install a lock and nothing else."""
    find = ["--find-links", str(wheels)] if wheels else []
    strict = ["--require-hashes", "--no-deps", "--no-compile", "--no-warn-script-location"]
    return ["install", *strict, *find, "-r", str(lock_file)]


def _pin_built_wheels(lock: Lock, built: Mapping[str, BuiltWheel]) -> Lock:
    """Pin each wheel that was built here by its version and hash, and say what it was."""
    return Lock(
        packages=tuple(
            built[package.name].locked if package.name in built else package for package in lock
        )
    )
