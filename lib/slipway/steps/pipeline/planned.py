"""What a plan comes to: a Python, wheels, a lock and an environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.layout import Layout
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.resolution_request import options_of, options_text
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.effects import Effects
from slipway.effects.files import remove
from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    add_paths,
    attach_to_bundled_python,
    attach_to_image_python,
)
from slipway.steps.build_wheels import WheelHouse
from slipway.steps.install import Installer, Origin
from slipway.steps.lock_requirements import Resolver
from slipway.steps.select_python import bundle_python, describe, select_python
from slipway.toolchains import LocalDistribution, Locked, Toolchain
from slipway.toolchains.pythons.relocatable import site_folder
from slipway.toolchains.wheel_building.backends import Backends

if TYPE_CHECKING:
    from slipway.toolchains.pythons.managed import ManagedPythons


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
    bundles_python: bool
    """Where the app does not say."""

    def python(self) -> Interpreter:
        console = self.effects.console
        interpreter = select_python(self.plan, self.tools.pythons, self.effects)
        console.header(f"Python {interpreter.version}")
        console.info(describe(self.plan.python, interpreter, self.plan.settings.python_source))
        if self._is_bundled(interpreter):
            console.info("It goes along with the app: the image that runs it may have none")
            bundle_python(interpreter, self.layout.python, self.effects)
        else:
            remove(self.layout.python)
            console.info("It stays where it is: the app runs in the image it is built in")
        return interpreter

    def _is_bundled(self, interpreter: Interpreter) -> bool:
        if not interpreter.stays_in_image:
            return True
        asked = self.plan.settings.bundle_python
        return self.bundles_python if asked is None else asked

    def wheels(
        self, interpreter: Interpreter, shipped: Sequence[InspectedPackage]
    ) -> tuple[LocalDistribution, ...]:
        """Make a wheel of each package that the app ships."""
        if shipped:
            self.effects.console.header("Packages that the app ships")
        house = WheelHouse(
            app=self.layout.app,
            plan=self.plan,
            interpreter=interpreter,
            toolchain=self.tools.toolchain,
            backends=self.tools.backends,
            effects=self.effects,
        )
        return house.build(shipped)

    def lock(
        self, interpreter: Interpreter, distributions: Sequence[LocalDistribution]
    ) -> Locked:
        """Lock what the app asks for, with the wheels of what it ships."""
        dependencies, console = self.plan.dependencies, self.effects.console
        console.header(f"Dependencies from {dependencies.source}")
        locked = Resolver(
            plan=self.plan,
            app=self.layout.app,
            interpreter=interpreter,
            toolchain=self.tools.toolchain,
            effects=self.effects,
            distributions=distributions,
        ).resolve()
        for name in self.plan.added_requirements:
            if name not in dependencies.names:
                console.info(
                    f"{name} {locked.lock.version_of(name)} is added: the default web process "
                    f"needs it, and {dependencies.source} does not name it"
                )
        return locked

    def environment(
        self,
        interpreter: Interpreter,
        distributions: Sequence[LocalDistribution],
        locked: Locked,
    ) -> tuple[Virtualenv, Origin]:
        """Make it equal to the lock, and let it find its Python."""
        environment = Virtualenv(self.layout.environment, interpreter.version)
        is_offline = self.plan.settings.offline
        options = options_text(options_of(self.plan), self.layout.app, is_offline=is_offline)
        origin = Installer(
            environment=environment,
            interpreter=interpreter,
            toolchain=self.tools.toolchain,
            effects=self.effects,
            distributions=distributions,
        ).install(locked, options)
        plain = self.plan.vendoring.folders_of_plain
        add_paths(environment, (self.layout.app / folder for folder in plain))
        if self._is_bundled(interpreter):
            tree = self.layout.python
            attach_to_bundled_python(environment, tree, site_folder(tree))
            self.effects.products.complete(tree)
        else:
            attach_to_image_python(environment, Path(interpreter.path))
        self.effects.products.complete(environment.root)
        return environment, origin
