"""uv, instead of pip-compile, virtualenv and pip, but with pip's settings."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.index_config.pip_settings import (
    IndexConfig,
    Setting,
    effective_config,
    from_lines,
)
from slipway.domain.index_config.uv_settings import (
    SET_BY_SLIPWAY,
    option_lines,
    release_arguments,
    uv_variables,
)
from slipway.domain.packaging_text import parse_fields, parse_requirement, parse_specifiers
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lines import expand
from slipway.effects.files import read, write
from slipway.effects.packages.installed import written_into
from slipway.effects.packages.virtualenvs import Virtualenv, keep_only_python
from slipway.effects.processes import Command
from slipway.errors.dependencies import THE_APP, InstallFailed, NoWheelForPython, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.direct_references import build_direct_references, requiring_by_name
from slipway.toolchains.pip_configuration import nested_constraints, settings_for
from slipway.toolchains.pip_tools.pip import Pip, target_of
from slipway.toolchains.protocol import (
    LocalDistribution,
    Locked,
    RequirementFiles,
    constraints,
    locked_with,
)
from slipway.toolchains.tool_environment import (
    DNS_OPTIONS,
    REPRODUCIBLE,
    linker_variables,
    temporary_variables,
)
from slipway.toolchains.uv.program import UvProgram, with_certificates

if TYPE_CHECKING:
    from slipway.domain.locks.written import IndexFile

_BUILD_FOLDER = re.compile(r"[^\s\"']*/builds-v\d+/\.tmp\w+/(lib/python[\d.]+/site-packages/)?")
_COMPILE_OPTIONS = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet")
_FILES_OPTIONS = (
    "--no-deps",
    "--universal",  # lists the files for all platforms
    "--no-header",
    "--no-annotate",
    "--quiet",
)
_INSTALL_OPTIONS = ("--no-deps", "--require-hashes")

_ALWAYS: Mapping[str, str] = {
    # Virtual environments share their files with uv's cache: copies take four times as long.
    # If somebody changes such a file, the next installation detects it.
    "UV_LINK_MODE": "hardlink",
    "UV_NO_PROGRESS": "1",
    "UV_NO_SOURCES": "1",  # pip ignores [tool.uv.sources] of packages that it builds
    "UV_PYTHON_DOWNLOADS": "never",
    "NO_COLOR": "1",
}


@dataclass(frozen=True, kw_only=True)
class Uv:
    program: UvProgram
    pip: Pip
    """Builds wheels of direct references."""
    cache: Path
    """The folder for uv's cache."""
    had_unpacked: bool = False
    """Whether earlier builds have installed packages from the cache."""
    name: str = "uv"

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        files = build_direct_references(files, interpreter, self.pip)
        local = requiring_by_name(files.distributions, files.folder)
        config = self.index_config(files.options)
        own = nested_constraints(config.values("constraint"), self.pip.app)
        # uv fills in variables in addresses, but pip does it everywhere.
        variables = self.pip.effects.environment
        constraint_text = f"{expand(files.constraints, variables)}\n{constraints(local)}{own}"
        write(files.folder / "constraints.txt", constraint_text)
        required = expand(files.requirements, variables)
        write(files.folder / "requirements.in", f"{option_lines(config)}{required}")
        output = files.folder / "locked.txt"
        if files.preferred:
            write(output, files.earlier_lock)
        arguments = [
            *("pip", "compile", *_COMPILE_OPTIONS, *release_arguments(config)),
            *("--python", interpreter.path, "--index-strategy", self._strategy),
            *("--constraints", str(files.folder / "constraints.txt")),
            *("--build-constraints", self._build_constraints(files.folder, config, local)),
            *("--output-file", str(output), str(files.folder / "requirements.in")),
        ]
        try:
            command = self._command(arguments, files.app, config, files.folder)
            self.pip.effects.processes.run(command, doing="resolving dependencies")
        except CommandFailed as error:
            raise _diagnosed_error(error, interpreter.version, ResolveFailed) from error
        text = read(output)
        return locked_with(locks.parse(text, output.name), files.distributions)

    def find_files(
        self, files: RequirementFiles, interpreter: Interpreter
    ) -> Mapping[str, Sequence[IndexFile]]:
        from slipway.toolchains.uv.locked_files import indexes_in, locked_files

        config = self.index_config(files.options)
        source = files.folder / "pinned.in"
        write(source, f"{option_lines(config)}{files.requirements}")
        # A lock of uv says where each file is, and only a requirements file names the index.
        addresses, indexes = files.folder / "pylock.files.toml", files.folder / "indexes.txt"
        for output, options in (
            (addresses, ("--format", "pylock.toml", "--generate-hashes")),
            (indexes, ("--emit-index-annotation",)),
        ):
            arguments = [
                *("pip", "compile", *_FILES_OPTIONS, *options, *release_arguments(config)),
                *("--python", interpreter.path, "--index-strategy", self._strategy),
                *("--build-constraints", self._build_constraints(files.folder, config, ())),
                *("--output-file", str(output), str(source)),
            ]
            try:
                command = self._command(arguments, files.app, config, files.folder)
                doing = "finding the files of the packages"
                self.pip.effects.processes.run(command, doing=doing)
            except CommandFailed as error:
                raise _diagnosed_error(error, interpreter.version, ResolveFailed) from error
        return locked_files(read(addresses), indexes_in(read(indexes)))

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        arguments = ["venv", "--quiet", "--no-project", "--python", interpreter.path]
        arguments.append(str(environment.root))
        command = self._command(arguments, environment.root.parent, self.index_config())
        try:
            self.pip.effects.processes.run(command, doing="creating the virtual environment")
        except CommandFailed as error:
            raise _diagnosed_error(error, interpreter.version, InstallFailed) from error
        keep_only_python(environment)

    def install(
        self,
        environment: Virtualenv,
        lock_file: Path,
        distributions: Sequence[LocalDistribution],
    ) -> None:
        folder = lock_file.parent
        lines = read(lock_file).splitlines(keepends=True)
        config = self.index_config("".join(line for line in lines if line.startswith("-")))
        requirements = folder / "lock-for-uv.txt"
        packages = "".join(line for line in lines if not line.startswith("-"))
        write(requirements, option_lines(config) + packages)
        local = requiring_by_name(distributions, folder)
        arguments = [
            *("pip", "install", *_INSTALL_OPTIONS, "--python", str(environment.python)),
            *("--index-strategy", self._strategy),
            *("--build-constraints", self._build_constraints(folder, config, local)),
            *("-r", str(requirements)),
        ]
        names = locks.parse(packages, requirements.name).names
        install = self._command(arguments, environment.root.parent, config, folder)
        linker = linker_variables(install.env, environment.python)
        install = replace(install, env={**install.env, **linker})
        processes = self.pip.effects.processes
        try:
            processes.run(install, doing="installing packages")
            if self.had_unpacked and written_into(environment, names):
                self.pip.effects.console.info(
                    "Files in uv's cache differ from their records, so uv downloads the "
                    "packages again"
                )
                clean = self._command(["cache", "clean"], environment.root.parent, config)
                processes.run(clean, doing="installing packages")
                again = replace(install, argv=[*install.argv, "--reinstall"])
                processes.run(again, doing="installing packages")
        except CommandFailed as error:
            raise _diagnosed_error(error, environment.version, InstallFailed) from error
        _check_requires_python(environment, names)

    def index_config(self, options: str = "") -> IndexConfig:
        """Combine pip's settings with option lines of requirements files.

        Raises configparser.Error, getopt.GetoptError, ValueError if they cannot be read.
        """
        environment = self.pip.effects.environment
        found = effective_config(self._settings, from_lines(options, environment))
        places = (self._place(links) for links in found.find_links)
        return replace(found, find_links=tuple(place for place in places if place))

    @cached_property
    def _settings(self) -> tuple[Setting, ...]:
        return settings_for(self.pip.app, self.pip.effects.environment)

    def _place(self, links: str) -> str | None:
        """Return the address of a folder or page; None for a missing folder, which pip skips.

        Relative paths are relative to the app, because pip runs there.
        """
        parts = urlsplit(links)
        if parts.scheme and parts.scheme != "file":
            return links
        path = unquote(parts.path) if parts.scheme else links
        if path.startswith("~/"):
            path = self.pip.effects.environment.get("HOME", "/") + path[1:]
        place = Path(os.path.normpath(self.pip.app / path))
        return place.as_uri() if place.exists() else None

    @property
    def _strategy(self) -> str:
        """The user's choice, or else the best version on any index, as with pip."""
        return self.pip.effects.environment.get("UV_INDEX_STRATEGY") or "unsafe-best-match"

    def _build_constraints(
        self, folder: Path, config: IndexConfig, local: Sequence[LocalDistribution]
    ) -> str:
        """Write the constraints for builds, including the user's own, and return their path."""
        given = self.pip.effects.environment.get("UV_BUILD_CONSTRAINT", "").split()
        own = [*config.values("build-constraint"), *given]
        path = folder / "build-constraints.txt"
        write(path, f"{constraints(local)}{nested_constraints(own, self.pip.app)}")
        return str(path)

    def _own_configuration(self, given: Mapping[str, str]) -> dict[str, str]:
        """Make a relative path of uv's configuration relative to the app in every command."""
        file = given.get("UV_CONFIG_FILE")
        return {"UV_CONFIG_FILE": str(self.pip.app / file)} if file else {"UV_NO_CONFIG": "1"}

    def _command(
        self,
        arguments: Sequence[str],
        cwd: Path,
        config: IndexConfig,
        folder: Path | None = None,
    ) -> Command:
        """Return a command that runs uv with pip's settings.

        If it may build packages, `folder` gets the temporary files, and is removed afterwards.
        """
        self.pip.effects.cache.tool_caches.checked(self.cache.name)
        given = self.pip.effects.environment
        # Modules of the app must not shadow those of a build, which pip prevents as well.
        without = {*SET_BY_SLIPWAY, "PYTHONPATH"}
        passed = {name: value for name, value in given.items() if name not in without}
        environment = {
            **DNS_OPTIONS,
            **passed,
            **REPRODUCIBLE,
            **_ALWAYS,
            **self._own_configuration(given),
            **with_certificates(uv_variables(config, given), self.pip.app, given),
            "UV_CACHE_DIR": str(self.cache),
            **(temporary_variables(folder) if folder else {}),
        }
        return Command(argv=[str(self.program.path()), *arguments], cwd=cwd, env=environment)


def _check_requires_python(environment: Virtualenv, names: Collection[str]) -> None:
    """Raise NoWheelForPython for a package that is for older Pythons: uv ignores upper bounds.

    https://docs.astral.sh/uv/reference/internals/resolver/#requires-python
    """
    for text in environment.metadata(names):
        metadata = parse_fields(text)
        requires, version = metadata.get("requires_python", ""), metadata.get("version")
        name = metadata.get("name", "")
        try:
            fits = parse_specifiers(requires).contains(environment.version, prereleases=True)
        except InvalidSpecifier:
            continue  # pip ignores it
        if not fits:
            requirement, required_by = _requirer(environment, name)
            raise NoWheelForPython(
                requirement=requirement or f"{name}=={version}",
                python=environment.version,
                needs=(f"{version} needs Python {requires}",),
                required_by=required_by,
                requires=(requires,),
            )


def _requirer(environment: Virtualenv, name: str) -> tuple[str, str]:
    """Return what an installed package requires of another one, and which package that is.

    The first is empty if none does, or only with an extra.
    """
    for text in environment.metadata():
        metadata = parse_fields(text)
        for line in metadata.get("requires_dist", ()):
            try:
                required = parse_requirement(line)
            except InvalidRequirement:
                continue  # uv reads more than the standard allows
            is_same = canonicalize_name(required.name) == canonicalize_name(name)
            if is_same and "extra" not in str(required.marker or ""):
                requirer = f"{metadata.get('name')} {metadata.get('version')}"
                return f"{required.name}{required.specifier}", requirer
    return "", THE_APP


def has_unpacked(cache: Path) -> bool:
    """Return whether uv has installed anything from its cache."""
    return any(cache.glob("archive-*"))


def _diagnosed_error(
    error: CommandFailed, python: str, unknown: type[ResolveFailed | InstallFailed]
) -> BuildStopped:
    """Return the error, without the paths of build folders, which no longer exist."""
    from slipway.domain.tool_output.last_lines import last_lines
    from slipway.domain.tool_output.uv_output import diagnose_uv
    from slipway.toolchains.headers_elsewhere import look_elsewhere

    output = _BUILD_FOLDER.sub("", error.output)
    found = look_elsewhere(diagnose_uv(output, target_of(python)))
    return found or unknown(output=last_lines(output))
