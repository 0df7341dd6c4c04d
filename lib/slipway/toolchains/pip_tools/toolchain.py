"""pip-compile, pip and virtualenv, from the wheels in vendor/, run by the app's own Python."""

from __future__ import annotations

from collections.abc import Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.index_config.pip_settings import effective_config
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.effects import Effects
from slipway.effects.files import write
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.direct_references import build_direct_references, requiring_by_name
from slipway.toolchains.pip_configuration import nested_constraints, settings_for
from slipway.toolchains.pip_tools.bundled_tools import BundledTools
from slipway.toolchains.pip_tools.pip import ISOLATED, Pip, meaning
from slipway.toolchains.protocol import (
    LocalDistribution,
    Locked,
    RequirementFiles,
    constraints,
    locked_with,
)

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
    bundled_tools: BundledTools
    scripts: Path
    """The folder of the scripts that run in the app's Python."""
    cache: Path
    """Where pip keeps what it downloads and builds."""
    effects: Effects
    app: Path | None = None
    """Where relative paths in pip's settings start, if an app can have any."""
    name: str = "pip-tools"

    @property
    def pip(self) -> Pip:
        return Pip(
            bundled_tools=self.bundled_tools,
            scripts=self.scripts,
            cache=self.cache,
            effects=self.effects,
            app=self.app,
        )

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        files = build_direct_references(files, interpreter, self.pip)
        local = requiring_by_name(files.distributions, files.folder)
        constraint_text = f"{files.constraints}\n{constraints(local)}{self._users_own()}"
        write(files.folder / "constraints.txt", constraint_text)
        write(files.folder / "requirements.in", f"{files.options}\n{files.requirements}")
        output = files.folder / "locked.txt"
        tools = (self.bundled_tools.everything, self.bundled_tools.pip_alone)
        argv = [
            *(interpreter.path, *ISOLATED),
            *(str(self.scripts / "pip_compile.py"), *map(str, tools)),
            *compile_arguments(files.folder, output, self.cache),
        ]
        variables = self.pip.build_variables(files.folder, local)
        try:
            self.pip.start(argv, files.app, "resolving", variables)
        except CommandFailed as error:
            raise meaning(error, interpreter.version, ResolveFailed) from error
        lock = locks.parse(output.read_text(encoding="utf-8"), output.name)
        return locked_with(lock, files.distributions)

    def _users_own(self) -> str:
        """Name the constraints of pip's settings, which pip-compile does not heed."""
        app = self.app
        try:
            settings = settings_for(app, self.effects.environment) if app else ()
        except UnreadableConfiguration:
            settings = ()  # pip says so itself
        config = effective_config(settings, ())
        return nested_constraints(config.values("constraint"), app or Path("/"))

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        arguments = ["virtualenv", "--quiet", "--no-seed", "--app-data", str(self.cache)]
        script = [str(self.scripts / "tool.py"), str(self.bundled_tools.everything), *arguments]
        argv = [interpreter.path, *ISOLATED, *script, str(environment.root)]
        self.pip.start(argv, environment.root.parent, "making the environment")

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        for_builds = lock_file.with_name("build-constraints.txt")
        write(for_builds, constraints(requiring_by_name(distributions, lock_file.parent)))
        arguments = install_arguments(lock_file, for_builds)
        folder = self.app or environment.root.parent
        try:
            self.pip.run(str(environment.python), arguments, folder, "installing")
        except CommandFailed as error:
            raise meaning(error, environment.version, InstallFailed) from error


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
