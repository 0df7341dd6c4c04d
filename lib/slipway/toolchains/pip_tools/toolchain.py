"""pip-compile, pip and virtualenv, from the wheels in vendor/, run by the app's own Python."""

from __future__ import annotations

from collections.abc import Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.index_config.pip_settings import effective_config
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.effects.files import read, write
from slipway.effects.packages.virtualenvs import Virtualenv, keep_only_python
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.direct_references import build_direct_references, requiring_by_name
from slipway.toolchains.pip_configuration import nested_constraints, settings_for
from slipway.toolchains.pip_tools.pip import Pip, diagnosed_error
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
_INSTALL_OPTIONS = (
    "--require-hashes",
    "--no-deps",
    # uv may have failed in the middle of a package, which pip would take for installed.
    "--ignore-installed",
    "--no-compile",
    "--no-warn-script-location",
)


@dataclass(frozen=True, kw_only=True)
class PipTools:
    pip: Pip
    name: str = "pip-tools"

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        files = build_direct_references(files, interpreter, self.pip)
        local = requiring_by_name(files.distributions, files.folder)
        constraint_text = f"{files.constraints}\n{constraints(local)}{self._own_constraints()}"
        write(files.folder / "constraints.txt", constraint_text)
        write(files.folder / "requirements.in", f"{files.options}\n{files.requirements}")
        output = files.folder / "locked.txt"
        arguments = [
            *(str(self.pip.bundled_tools.pip_alone), *_COMPILE_OPTIONS),
            *("--cache-dir", str(self.pip.cache / "pip-tools")),
            *("--constraint", str(files.folder / "constraints.txt")),
            *("--output-file", str(output)),
            str(files.folder / "requirements.in"),
        ]
        variables = self.pip.build_variables(files.folder, local)
        try:
            self.pip.run_script(
                interpreter.path,
                "pip_compile.py",
                arguments,
                files.app,
                "resolving dependencies",
                variables,
            )
        except CommandFailed as error:
            raise diagnosed_error(error, interpreter.version, ResolveFailed) from error
        lock = locks.parse(read(output), output.name)
        return locked_with(lock, files.distributions)

    def _own_constraints(self) -> str:
        """Return the constraints in pip's settings, which pip-compile ignores."""
        try:
            settings = settings_for(self.pip.app, self.pip.effects.environment)
        except UnreadableConfiguration:
            settings = ()  # pip reports the error
        config = effective_config(settings, ())
        return nested_constraints(config.values("constraint"), self.pip.app)

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        options = ["--quiet", "--no-seed", "--app-data", str(self.pip.cache)]
        arguments = ["virtualenv", *options, str(environment.root)]
        folder = environment.root.parent
        self.pip.run_script(
            interpreter.path, "tool.py", arguments, folder, "creating the virtual environment"
        )
        keep_only_python(environment)

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        for_builds = lock_file.with_name("build-constraints.txt")
        write(for_builds, constraints(requiring_by_name(distributions, lock_file.parent)))
        arguments = [
            *("install", *_INSTALL_OPTIONS),
            *("--build-constraint", str(for_builds), "-r", str(lock_file)),
        ]
        python, app = str(environment.python), self.pip.app
        try:
            self.pip.run(python, arguments, app, "installing packages")
        except CommandFailed as error:
            raise diagnosed_error(error, environment.version, InstallFailed) from error
