"""The values that the steps of a build share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.layout import Layout
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.resolution_request import options_of, options_text
from slipway.effects import Effects
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.python import PythonNotFound
from slipway.toolchains.protocol import LocalDistribution, Toolchain

if TYPE_CHECKING:
    from slipway.toolchains.pip_tools.pip import Pip
    from slipway.toolchains.pythons.managed import ManagedPythons


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The programs that a build uses; its settings decide which."""

    toolchain: Toolchain
    build_frontend: Callable[[], Path]
    """Returns the folder of pypa/build; called only if a wheel is built."""
    pip: Callable[[], Pip]
    """Called only if the app has hooks that may call pip; the toolchains have it themselves."""
    managed_pythons: Callable[[], ManagedPythons]
    """Called only if no Python of the image is used; most builds do not need it."""
    own_distributions: Callable[[], Sequence[LocalDistribution]] = tuple
    """Returns what a build may require and a package of Slipway has; see BuildEnvironments."""


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """Everything that a step needs once the app's Python is selected; no step changes it."""

    layout: Layout
    plan: BuildPlan
    interpreter: Interpreter
    """The app's Python, at its path during the build."""
    is_python_bundled: bool
    """Whether a copy of the Python goes into the image with the app."""
    missing_python: PythonNotFound | None = None
    """Why the Python is neither the app's own nor one that fits what it pins; None if it is."""
    tools: Tools
    effects: Effects

    @property
    def app(self) -> Path:
        return self.layout.app

    @property
    def start_folder(self) -> Path:
        """The folder in which the app's processes start, and to which their lines refer."""
        plan, layout = self.plan, self.layout
        return layout.repository if plan.procfile_is_of_repository else layout.app

    @property
    def toolchain(self) -> Toolchain:
        return self.tools.toolchain

    @property
    def virtualenv(self) -> Virtualenv:
        """The virtual environment that the app will run in."""
        return Virtualenv(self.layout.virtualenv, self.interpreter.version)

    @property
    def index_options(self) -> str:
        """Lines of a requirements file that say which indexes to use, and how."""
        options = options_of(self.plan)
        return options_text(options, self.app, is_offline=self.plan.settings.offline)
