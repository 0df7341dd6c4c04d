"""What a plan comes to: a Python, wheels, a lock and an environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.layout import Layout
from slipway.domain.python_version import Interpreter
from slipway.domain.question import options_of, options_text
from slipway.domain.vendored import ShippedPackage
from slipway.effects import Effects
from slipway.effects.environments import (
    Environment,
    add_paths,
    attach_to_carried,
    attach_to_image,
)
from slipway.effects.files import remove
from slipway.steps.build_wheels import WheelHouse
from slipway.steps.install import Installer, Origin
from slipway.steps.pipeline.gathering import Gathered, Gathering
from slipway.steps.resolve import Resolver
from slipway.steps.runtime import carry_python, describe, take_python
from slipway.toolchains import LocalDistribution, Toolchain
from slipway.toolchains.backends import Backends
from slipway.toolchains.carried_python import site_folder

if TYPE_CHECKING:
    from slipway.toolchains.managed_pythons import ManagedPythons


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Who makes what a plan asks for."""

    toolchain: Toolchain
    backends: Backends
    pythons: Callable[[], ManagedPythons]
    """Gives those that were fetched, where the image has none that fits."""


@dataclass(frozen=True, kw_only=True)
class PlannedBuild:
    """One plan, carried out step by step; each step says in the log what it does."""

    layout: Layout
    plan: BuildPlan
    tools: Tools
    effects: Effects
    carries_python: bool
    """Where the app does not say."""

    def python(self) -> Interpreter:
        console = self.effects.console
        interpreter = take_python(self.plan, self.tools.pythons, self.effects)
        console.header(f"Python {interpreter.version}")
        console.info(describe(self.plan.python, interpreter, self.plan.settings.python_source))
        if self._carries(interpreter):
            console.info("It goes along with the app: the image that runs it may have none")
            carry_python(interpreter, self.layout.python, self.effects)
        else:
            remove(self.layout.python)
            console.info("It stays where it is: the app runs in the image it is built in")
        return interpreter

    def _carries(self, interpreter: Interpreter) -> bool:
        if not interpreter.stays_in_image:
            return True
        asked = self.plan.settings.carry_python
        return self.carries_python if asked is None else asked

    def packages(
        self, interpreter: Interpreter, shipped: Sequence[ShippedPackage], place: Path | None
    ) -> Gathered:
        """Build what is shipped, and lock all; `place` is where an environment can be begun."""
        dependencies, console = self.plan.dependencies, self.effects.console
        gathered = Gathering(
            house=WheelHouse(
                app=self.layout.app,
                plan=self.plan,
                interpreter=interpreter,
                toolchain=self.tools.toolchain,
                backends=self.tools.backends,
                effects=self.effects,
            ),
            resolver=Resolver(
                plan=self.plan,
                app=self.layout.app,
                interpreter=interpreter,
                toolchain=self.tools.toolchain,
                effects=self.effects,
                here=(),
            ),
            installer=self._installer(interpreter, ()),
            options=self._options,
            place=place,
            effects=self.effects,
        ).gather(shipped)
        for name in self.plan.added_requirements:
            if name not in dependencies.names:
                version = gathered.locked.lock.version_of(name)
                console.info(
                    f"{name} {version} is added: the default web process needs it, and "
                    f"{dependencies.source} does not name it"
                )
        return gathered

    @property
    def _options(self) -> str:
        is_offline = self.plan.settings.offline
        return options_text(options_of(self.plan), self.layout.app, is_offline=is_offline)

    def _installer(
        self, interpreter: Interpreter, here: Sequence[LocalDistribution]
    ) -> Installer:
        return Installer(
            environment=Environment(self.layout.environment, interpreter.version),
            interpreter=interpreter,
            toolchain=self.tools.toolchain,
            effects=self.effects,
            here=here,
        )

    def environment(
        self, interpreter: Interpreter, gathered: Gathered
    ) -> tuple[Environment, Origin]:
        """Make it equal to the lock, and let it find its Python."""
        installer = self._installer(interpreter, gathered.here)
        environment = installer.environment
        origin = installer.install(gathered.locked, self._options, gathered.begun)
        plain = self.plan.vendoring.folders_of_plain
        add_paths(environment, (self.layout.app / folder for folder in plain))
        if self._carries(interpreter):
            tree = self.layout.python
            attach_to_carried(environment, tree, site_folder(tree))
            self.effects.products.complete(tree)
        else:
            attach_to_image(environment, Path(interpreter.path))
        self.effects.products.complete(environment.root)
        return environment, origin
