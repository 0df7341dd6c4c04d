"""uv, which does what pip-compile, virtualenv and pip do, with pip's settings."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

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
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements import lock as locks
from slipway.effects.files import read, remove, write
from slipway.effects.packages.installed import written_into
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.errors.dependencies import InstallFailed, NoWheelForPython, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.direct_references import build_direct_references, requiring_by_name
from slipway.toolchains.pip_configuration import nested_constraints, settings_for
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.protocol import (
    LocalDistribution,
    Locked,
    RequirementFiles,
    constraints,
    locked_with,
)
from slipway.toolchains.tool_environment import DNS_OPTIONS, REPRODUCIBLE
from slipway.toolchains.uv.program import UvProgram, with_certificates

_BUILD_FOLDER = re.compile(r"[^\s\"']*/builds-v\d+/\.tmp\w+/(lib/python[\d.]+/site-packages/)?")
_COMPILE_OPTIONS = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet")
_INSTALL_OPTIONS = ("--no-deps", "--require-hashes")

_ALWAYS: Mapping[str, str] = {
    # Files in uv's cache and in environments are one: copies take four times as long. A file
    # that somebody has written to is noticed when it is installed again.
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
    """Where uv keeps what it downloads and builds."""
    had_unpacked: bool = False
    """Whether earlier builds have installed files of the cache."""
    name: str = "uv"

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        files = build_direct_references(files, interpreter, self.pip)
        local = requiring_by_name(files.distributions, files.folder)
        config = self.index_config(files.options)
        own = nested_constraints(config.values("constraint"), self.pip.app)
        constraint_text = f"{files.constraints}\n{constraints(local)}{own}"
        write(files.folder / "constraints.txt", constraint_text)
        write(files.folder / "requirements.in", f"{option_lines(config)}{files.requirements}")
        output = files.folder / "locked.txt"
        arguments = [
            *("pip", "compile", *_COMPILE_OPTIONS, *release_arguments(config)),
            *("--python", interpreter.path, "--index-strategy", self._strategy),
            *("--constraints", str(files.folder / "constraints.txt")),
            *("--build-constraints", self._for_builds(files.folder, config, local)),
            *("--output-file", str(output), str(files.folder / "requirements.in")),
        ]
        try:
            command = self._command(arguments, files.app, config)
            self.pip.effects.processes.run(command, doing="resolving")
        except CommandFailed as error:
            raise _meaning(error, interpreter.version, ResolveFailed) from error
        text = read(output)
        return locked_with(locks.parse(text, output.name), files.distributions)

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        arguments = ["venv", "--quiet", "--no-project", "--python", interpreter.path]
        arguments.append(str(environment.root))
        command = self._command(arguments, environment.root.parent, self.index_config())
        self.pip.effects.processes.run(command, doing="making the environment")
        remove(environment.root / "lib64")  # virtualenv makes none

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
            *("--build-constraints", self._for_builds(folder, config, local)),
            *("-r", str(requirements)),
        ]
        names = locks.parse(packages, requirements.name).names
        install = self._command(arguments, environment.root.parent, config)
        processes = self.pip.effects.processes
        try:
            processes.run(install, doing="installing")
            if self.had_unpacked and written_into(environment, names):
                self.pip.effects.console.info(
                    "A build has written into what uv had unpacked: it is downloaded again"
                )
                clean = self._command(["cache", "clean"], environment.root.parent, config)
                processes.run(clean, doing="installing")
                again = replace(install, argv=[*install.argv, "--reinstall"])
                processes.run(again, doing="installing")
        except CommandFailed as error:
            raise _meaning(error, environment.version, InstallFailed) from error
        _check_requires_python(environment, names)

    def index_config(self, options: str = "") -> IndexConfig:
        """Read pip's settings, and lines of requirements files that add to them.

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
        """Give the address of a folder or page; None for a missing folder, which pip skips.

        Relative paths start where pip is started.
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
        """Take the best version of all indexes, as pip does."""
        return self.pip.effects.environment.get("UV_INDEX_STRATEGY") or "unsafe-best-match"

    def _for_builds(
        self, folder: Path, config: IndexConfig, local: Sequence[LocalDistribution]
    ) -> str:
        """Write the constraints for builds, with the user's own."""
        given = self.pip.effects.environment.get("UV_BUILD_CONSTRAINT", "").split()
        own = [*config.values("build-constraint"), *given]
        path = folder / "build-constraints.txt"
        write(path, f"{constraints(local)}{nested_constraints(own, self.pip.app)}")
        return str(path)

    def _command(self, arguments: Sequence[str], cwd: Path, config: IndexConfig) -> Command:
        """Give a command that runs uv with what pip's settings say."""
        given = self.pip.effects.environment
        passed = {name: value for name, value in given.items() if name not in SET_BY_SLIPWAY}
        environment = {
            **DNS_OPTIONS,
            **passed,
            **REPRODUCIBLE,
            **_ALWAYS,
            **({} if given.get("UV_CONFIG_FILE") else {"UV_NO_CONFIG": "1"}),
            **with_certificates(uv_variables(config, given), self.pip.app, given),
            "UV_CACHE_DIR": str(self.cache),
        }
        return Command(argv=[str(self.program.path()), *arguments], cwd=cwd, env=environment)


def _check_requires_python(environment: Virtualenv, names: Collection[str]) -> None:
    """Refuse packages that are for other Pythons: uv ignores upper bounds of Requires-Python.

    https://docs.astral.sh/uv/reference/internals/resolver/#requires-python
    """
    from packaging.metadata import parse_email  # loads many modules

    for text in environment.metadata(names):
        metadata, _ = parse_email(text)
        requires, version = metadata.get("requires_python", ""), metadata.get("version")
        try:
            fits = SpecifierSet(requires).contains(environment.version, prereleases=True)
        except InvalidSpecifier:
            continue  # pip ignores it
        if not fits:
            raise NoWheelForPython(
                requirement=f"{metadata.get('name')}=={version}",
                python=environment.version,
                needs=(f"{version} needs Python {requires}",),
            )


def has_unpacked(cache: Path) -> bool:
    """Tell whether uv has installed anything from its cache."""
    return any(cache.glob("archive-*"))


def _meaning(
    error: CommandFailed, python: str, unknown: type[ResolveFailed | InstallFailed]
) -> BuildStopped:
    """Find the error, without the folders of builds, which do not exist any more."""
    from slipway.domain.tool_output.pip_output import tail
    from slipway.domain.tool_output.uv_output import diagnose_uv

    output = _BUILD_FOLDER.sub("", error.output)
    return diagnose_uv(output, python) or unknown(output=tail(output))
