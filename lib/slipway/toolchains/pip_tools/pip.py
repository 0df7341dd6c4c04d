"""pip and related tools, from the wheels in vendor/, isolated from other packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from configparser import Error as UnreadableConfiguration
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.index_config.uv_settings import pip_variables
from slipway.domain.python.series import MINORS
from slipway.domain.python.wheel_tags import Target
from slipway.effects import Effects
from slipway.effects.files import write
from slipway.effects.interpreters import supported_platforms
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.processes import Command
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.pip_configuration import settings_for
from slipway.toolchains.protocol import LocalDistribution, constraints
from slipway.toolchains.tool_environment import (
    DNS_OPTIONS,
    GIT_LIMITS,
    REPRODUCIBLE,
    linker_variables,
    temporary_variables,
)

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Pip:
    bundled_tools: BundledTools
    cache: Path
    """The folder for the caches of pip and related tools."""
    effects: Effects
    app: Path
    """Relative paths in pip's settings are relative to this folder."""

    def run(
        self,
        python: str,
        arguments: Sequence[str],
        cwd: Path,
        doing: str,
        variables: Mapping[str, str] = _NONE,
    ) -> None:
        """Run pip in the environment of a Python.

        Raises CommandFailed.
        """
        script = self.effects.build_scripts / "pip_run.py"
        argv = [python, "-I", str(script), str(self.bundled_tools.pip_alone), *arguments]
        env = self._variables(variables)
        env |= linker_variables(env, Path(python))
        command = Command(argv=argv, cwd=cwd, env=env)
        self.effects.processes.run(command, doing=doing)

    def run_script(
        self,
        python: str,
        script: str,
        arguments: Sequence[str],
        cwd: Path,
        doing: str,
        variables: Mapping[str, str] = _NONE,
        *,
        needs_pip_alone: bool = False,
    ) -> None:
        """Run a script of `lib/build_scripts` for a tool that reads pip's settings.

        Its first argument is the folder with all tools apart from pip, or with pip alone.

        Raises CommandFailed.
        """
        # No site-packages and no PYTHON* variables: the image's packages are not imported.
        isolated = [python, "-I", "-S", str(self.effects.build_scripts / script)]
        tools = self.bundled_tools
        folder = tools.pip_alone if needs_pip_alone else tools.everything
        argv = [*isolated, str(folder), *arguments]
        command = Command(argv=argv, cwd=cwd, env=self._variables(variables))
        self.effects.processes.run(command, doing=doing)

    def _variables(self, more: Mapping[str, str]) -> dict[str, str]:
        self.effects.cache.tool_caches.checked(self.cache.name)
        return {
            **DNS_OPTIONS,
            **GIT_LIMITS,
            **self.effects.environment,
            **REPRODUCIBLE,
            "PIP_CACHE_DIR": str(self.cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_NO_COLOR": "1",
            "PIP_USE_FEATURE": _features(self.effects.environment.get("PIP_USE_FEATURE", "")),
            **more,
        }

    def build_variables(
        self, folder: Path, distributions: Sequence[LocalDistribution]
    ) -> dict[str, str]:
        """Return the variables that make builds use these distributions, and uv's indexes.

        They include the user's own constraints; pip-compile has no option for these. The value
        has addresses, not paths, because pip splits it at spaces. `folder` also gets the
        temporary files of builds.
        """
        path = folder / "build-constraints.txt"
        write(path, constraints(distributions))
        given = self.effects.environment.get("PIP_BUILD_CONSTRAINT", "")
        constraint = {"PIP_BUILD_CONSTRAINT": f"{given} {path.as_uri()}".strip()}
        return {**self.index_variables, **constraint, **temporary_variables(folder)}

    @property
    def index_variables(self) -> dict[str, str]:
        """Variables with which pip uses the indexes that uv's own variables name.

        Otherwise, a package could come from another index if pip takes the place of uv.
        """
        environment = self.effects.environment
        try:
            settings = settings_for(self.app, environment)
        except UnreadableConfiguration:
            settings = ()  # pip reports it
        return pip_variables(environment, settings)


def _features(given: str) -> str:
    """Add the feature that installs build requirements without another process.

    Any user of the machine could read the addresses of the indexes, with their passwords, in
    the arguments of that process.
    """
    features = given.split()
    if "venv-isolation" not in features:  # the two do not work together
        features.append("inprocess-build-deps")
    return " ".join(dict.fromkeys(features))


def diagnosed_error(
    error: CommandFailed, python: str, unknown: type[ResolveFailed | InstallFailed]
) -> BuildStopped:
    """Return the error for a failed pip; `python` is the version that it ran with."""
    # Loads many modules, and most builds do not fail.
    from slipway.domain.tool_output.last_lines import last_lines
    from slipway.domain.tool_output.pip_output import diagnose
    from slipway.toolchains.headers_elsewhere import look_elsewhere

    found = look_elsewhere(diagnose(error.output, target_of(python)))
    return found or unknown(output=last_lines(error.output))


def target_of(python: str) -> Target:
    """Return what packages are installed for: a version of Python on this machine."""
    return Target(python=python, platforms=supported_platforms(), supported=MINORS)
