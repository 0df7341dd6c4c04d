"""A source tree in, its wheel out: by whatever backend it names, the same bytes each time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.tool_output.compiler_output import missing_for_build
from slipway.domain.tool_output.pip_output import tail
from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.domain.vendoring.scm_versions import (
    names_a_tag,
    names_its_version,
    told_by_variables,
    version_of_digest,
    versioneer_file,
    versioneer_module,
)
from slipway.domain.vendoring.source_project import SourceProject
from slipway.effects import Effects
from slipway.effects.files import read_if_there, write
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.packages.wheels import rewrite_wheel
from slipway.effects.processes import Command
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.errors.vendored import VendoredBroken, VendoredBuildFailed
from slipway.toolchains import LocalDistribution
from slipway.toolchains.reproducible import REPRODUCIBLE, compiler_variables
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments

_SETUP_CFG_ALONE = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta:__legacy__"
"""


@dataclass(frozen=True, kw_only=True)
class SourceTree:
    """A copy of a package's files, to be built; backends write where they build."""

    folder: Path
    shown: str
    """Its path in the app."""
    digest: str
    project: SourceProject
    version: str | None
    """What is known of it from elsewhere, if it takes its version from git."""


@dataclass(frozen=True, kw_only=True)
class WheelBuilder:
    environments: BuildEnvironments
    backends: Backends
    effects: Effects

    def build(
        self,
        tree: SourceTree,
        distributions: Sequence[LocalDistribution],
        into: Path,
        awaited: frozenset[str] = frozenset(),
    ) -> Path:
        """Build the wheel into a folder of this user's alone.

        Raises NotBuiltYet, VendoredBroken, VendoredBuildFailed, OfflineMissing, HeaderMissing,
        CompilerMissing, or what kept its build requirements from being installed.
        """
        made = into / "made"
        made.mkdir(parents=True)
        _tell_backend(tree.folder)
        variables = _version_variables(tree)
        requires = [*tree.project.requires]
        while True:
            environment = self.environments.open(requires, distributions, tree.shown, awaited)
            report = self._run(tree, environment, variables, [str(made), *requires])
            match report:
                case {"outcome": "built", "wheel": str(wheel)}:
                    return rewrite_wheel(Path(wheel), into)
                case {"outcome": "needs", "requires": list(more)}:
                    requires += map(str, more)
                case {"outcome": "invalid", "reason": str(reason)}:
                    raise VendoredBroken(path=tree.shown, reason=reason)
                case _:
                    raise AssertionError(f"{self.backends.script.name} reports {report!r}")

    def _run(
        self,
        tree: SourceTree,
        environment: Virtualenv,
        variables: Mapping[str, str],
        arguments: Sequence[str],
    ) -> dict[str, object]:
        """Run the backend; give the report."""
        work = self.environments.folder
        report = work / "report.json"
        script = [str(self.backends.script), str(self.backends.tools()), str(report)]
        interpreter = self.environments.interpreter.path
        command = Command(
            argv=[
                *(interpreter, "-I", "-S", *script),
                *(str(environment.python), str(tree.folder), *arguments),
            ],
            cwd=tree.folder,
            env={**self._variables(environment), **variables},
        )
        try:
            output = self.effects.processes.run(command, doing=f"building {tree.shown}")
        except CommandFailed as error:
            raise self._failure(tree, error.output) from error
        read: dict[str, object] = json.loads(report.read_text(encoding="utf-8"))
        if read["outcome"] == "failed":
            raise self._failure(tree, output or str(read["reason"]))
        return read

    def _failure(self, tree: SourceTree, output: str) -> BuildStopped:
        """Say why, without the places where the build was, which are gone with it."""
        for place in (self.environments.folder, self.backends.tools()):
            output = output.replace(f"{place}/", "")
        return missing_for_build(output, tree.shown, is_vendored=True) or VendoredBuildFailed(
            path=tree.shown, backend=tree.project.backend, output=tail(output)
        )

    def _variables(self, environment: Virtualenv) -> dict[str, str]:
        """Show the backend its own environment, and nothing of where it is."""
        given = self.effects.environment
        work = self.environments.folder
        temporary = work / "tmp"
        temporary.mkdir(exist_ok=True)
        return {
            **{name: value for name, value in given.items() if name != "PYTHONPATH"},
            **REPRODUCIBLE,
            **compiler_variables(given, work),
            "PATH": f"{environment.bin}:{given.get('PATH', os.defpath)}",
            "TMPDIR": str(temporary),
        }


def _tell_backend(folder: Path) -> None:
    """Name the backend of a tree with a setup.cfg alone, in the words that pip has for it."""
    if not any((folder / name).exists() for name in ("pyproject.toml", "setup.py")):
        write(folder / "pyproject.toml", _SETUP_CFG_ALONE)


def _version_variables(tree: SourceTree) -> Mapping[str, str]:
    """Tell a tree that takes its version from git which one it has."""
    archival = read_if_there(tree.folder / ".git_archival.txt") or ""
    if tree.project.version_tool is None:
        return {}
    if names_its_version(archival) and not names_a_tag(tree.version):
        return {}
    version = tree.version or _shipped_version(tree) or version_of_digest(tree.digest)
    _tell_versioneer(tree.folder, version)
    return told_by_variables(version)


def _shipped_version(tree: SourceTree) -> str | None:
    text = read_if_there(tree.folder / "PKG-INFO")
    return parse_metadata(text, f"{tree.shown}/PKG-INFO").version if text else None


def _tell_versioneer(folder: Path, version: str) -> None:
    """Write its module as an sdist would have it, unless `git archive` has filled it in."""
    name = versioneer_module(
        read_if_there(folder / "setup.cfg") or "",
        read_if_there(folder / "pyproject.toml") or "",
    )
    if name and "$Format" in (read_if_there(folder / name) or "$Format"):
        write(folder / name, versioneer_file(version))
