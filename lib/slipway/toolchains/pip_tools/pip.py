"""pip and the tools around it, from the wheels in vendor/, started isolated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.tool_output.pip_output import diagnose, tail
from slipway.effects import Effects
from slipway.effects.files import write
from slipway.effects.processes import Command
from slipway.errors.dependencies import InstallFailed, ResolveFailed
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.toolchains.pip_tools.bundled_tools import BundledTools
from slipway.toolchains.protocol import LocalDistribution, constraints
from slipway.toolchains.tool_environment import DNS_OPTIONS, REPRODUCIBLE

# No site-packages and no PYTHON* variables: nothing of the image's can get among the tools.
ISOLATED = ("-I", "-S")
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Pip:
    bundled_tools: BundledTools
    scripts: Path
    """The folder of the scripts that run in the app's Python."""
    cache: Path
    """Where pip keeps what it downloads and builds."""
    effects: Effects
    app: Path | None = None
    """Where relative paths in pip's settings start, if an app can have any."""

    def run(
        self,
        python: str,
        arguments: Sequence[str],
        cwd: Path,
        doing: str,
        variables: Mapping[str, str] = _NONE,
    ) -> None:
        """Run pip for a Python; raise CommandFailed with what it said."""
        script = [str(self.scripts / "pip_run.py"), str(self.bundled_tools.pip_alone)]
        command = self._command([python, "-I", *script, *arguments], cwd, variables)
        self.effects.processes.run(command, doing=doing)

    def start(
        self, argv: Sequence[str], cwd: Path, doing: str, variables: Mapping[str, str] = _NONE
    ) -> None:
        """Run a program that reads pip's settings; raise CommandFailed."""
        self.effects.processes.run(self._command(argv, cwd, variables), doing=doing)

    def _command(self, argv: Sequence[str], cwd: Path, variables: Mapping[str, str]) -> Command:
        environment = {
            **DNS_OPTIONS,
            **self.effects.environment,
            **REPRODUCIBLE,
            "PIP_CACHE_DIR": str(self.cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_NO_COLOR": "1",
            **variables,
        }
        return Command(argv=argv, cwd=cwd, env=environment)

    def build_variables(
        self, folder: Path, distributions: Sequence[LocalDistribution]
    ) -> dict[str, str]:
        """Let pip build what it has to with the names that are here, beside the user's own.

        By a variable, because pip-compile has no option for it; its words are addresses,
        because pip splits it at each space.
        """
        path = folder / "build-constraints.txt"
        write(path, constraints(distributions))
        given = self.effects.environment.get("PIP_BUILD_CONSTRAINT", "")
        return {"PIP_BUILD_CONSTRAINT": f"{given} {path.as_uri()}".strip()}


def meaning(
    error: CommandFailed, python: str, unknown: type[ResolveFailed | InstallFailed]
) -> BuildStopped:
    """Say what a failing pip meant; `python` is the version that it ran with."""
    return diagnose(error.output, python) or unknown(output=tail(error.output))
