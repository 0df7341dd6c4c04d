"""pip-compile, pip and virtualenv, from the wheels in vendor/, run by the app's own Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from slipway.domain.index_config.pip_settings import effective_config
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lock import Lock
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
from slipway.toolchains.tool_environment import temporary_variables

if TYPE_CHECKING:
    from slipway.domain.locks.written import IndexFile

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
        lock = self._compile(files, interpreter, "resolving dependencies")
        return locked_with(lock, files.distributions)

    def find_files(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Mapping[str, Sequence[IndexFile]]:
        from slipway.domain.locks.written import IndexFile

        place = files.folder / "files.json"
        doing = "finding the files of the packages"
        self._compile(files, interpreter, doing, {"SLIPWAY_FILES": str(place)})
        found: dict[str, list[IndexFile]] = {}
        for given, address, digest, page in json.loads(read(place)):
            name = canonicalize_name(given)
            index, slash, last = (page or "").rstrip("/").rpartition("/")
            # The page of a folder or of links has another name.
            is_index = slash and canonicalize_name(unquote(last)) == name
            file = IndexFile(
                address=address,
                sha256=digest.removeprefix("sha256:"),
                index=index if is_index else "",
            )
            found.setdefault(name, []).append(file)
        return found

    def _compile(
        self,
        files: RequirementFiles,
        interpreter: Interpreter,
        doing: str,
        variables: Mapping[str, str] = _NONE,
    ) -> Lock:
        """Run pip-compile.

        Raises ResolveFailed, or a more precise error.
        """
        local = requiring_by_name(files.distributions, files.folder)
        constraint_text = f"{files.constraints}\n{constraints(local)}{self._own_constraints()}"
        write(files.folder / "constraints.txt", constraint_text)
        write(files.folder / "requirements.in", f"{files.options}\n{files.requirements}")
        output = files.folder / "locked.txt"
        if files.preferred:
            write(output, files.earlier_lock)
        arguments = [
            *(str(self.pip.bundled_tools.pip_alone), *_COMPILE_OPTIONS),
            *("--cache-dir", str(self.pip.cache / "pip-tools")),
            *("--constraint", str(files.folder / "constraints.txt")),
            *("--output-file", str(output)),
            str(files.folder / "requirements.in"),
        ]
        variables = {**variables, **self.pip.build_variables(files.folder, local)}
        try:
            self.pip.run_script(
                interpreter.path,
                "pip_compile.py",
                arguments,
                files.app,
                doing,
                variables,
            )
        except CommandFailed as error:
            raise diagnosed_error(error, interpreter.version, ResolveFailed) from error
        return locks.parse(read(output), output.name)

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
        temporary = temporary_variables(lock_file.parent)
        variables = {**self.pip.index_variables, **temporary}
        try:
            self.pip.run(python, arguments, app, "installing packages", variables)
        except CommandFailed as error:
            raise diagnosed_error(error, environment.version, InstallFailed) from error
