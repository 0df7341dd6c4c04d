"""The story of a build, from an app's folder to how it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain import build_record, lock
from slipway.domain.build_plan import BuildPlan
from slipway.domain.build_record import BuildRecord, vendored_records
from slipway.domain.launch import Launch
from slipway.domain.layout import Layout
from slipway.domain.lock import Lock
from slipway.domain.python_version import Interpreter
from slipway.domain.question import options_of, options_text
from slipway.domain.vendored import ShippedPackage, Vendoring
from slipway.effects import Effects
from slipway.effects.elf import shared_libraries
from slipway.effects.environments import (
    Environment,
    add_paths,
    attach_to_carried,
    attach_to_image,
    put_in_env,
)
from slipway.effects.files import AppFolder, remove, write
from slipway.steps.build_wheels import WheelHouse
from slipway.steps.collect_static import StaticFiles, why_not_staged
from slipway.steps.inspect_vendored import inspect_vendored
from slipway.steps.install import Installer
from slipway.steps.plan import plan
from slipway.steps.release import release, why_no_web
from slipway.steps.resolve import Resolver
from slipway.steps.run_hooks import run_hook
from slipway.steps.runtime import SlipwaysOwn, carry_python, choose_python, describe
from slipway.toolchains import LocalDistribution, Locked, Toolchain
from slipway.toolchains.carried_python import site_folder
from slipway.toolchains.wheel_builder import Backends

_PRE_COMPILE, _POSTINSTALL, _POST_COMPILE = "bin/pre_compile", "postinstall", "bin/post_compile"


@dataclass(frozen=True, kw_only=True)
class Built:
    """What there is to tell of an app that is built."""

    launch: Launch
    record: BuildRecord
    lock: Lock
    vendoring: Vendoring


@dataclass(frozen=True, kw_only=True)
class Door:
    """What a build does as its platform needs it."""

    carries_python: bool
    """Where the app does not say."""
    hook_variables: Mapping[str, str]
    """What hooks find in their environment besides the rest."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """What every build needs, whichever door it comes through."""

    layout: Layout
    toolchain: Toolchain
    effects: Effects
    backends: Backends
    collectstatic: Path
    """The script that builds static files in the app's Python."""
    door: Door

    def run(self) -> Built:
        """Build; the product of each step is what the next one needs."""
        app = AppFolder(self.layout.app)
        self._hook(_PRE_COMPILE, self.effects.environment)
        decided = plan(app, self.effects.environment)
        for notice in decided.notices:
            self.effects.console.warning(notice)
        shipped = inspect_vendored(self.layout.app, decided.vendoring, self.effects)
        interpreter = self._python(decided)
        here = self._wheels(decided, interpreter, shipped)
        locked = self._lock(decided, interpreter, here)
        environment = self._environment(decided, interpreter, locked, here)
        variables = self._stage(decided, environment)
        launch = self._launch(decided, environment)
        record = self._record(locked, environment, launch, shipped)
        self._hook(_POST_COMPILE, variables)
        return Built(
            launch=launch, record=record, lock=locked.lock, vendoring=decided.vendoring
        )

    def _hook(self, hook: str, variables: Mapping[str, str]) -> None:
        if (self.layout.app / hook).is_file():
            told = {**variables, **self.door.hook_variables}
            run_hook(self.layout.app, hook, told, self.effects)

    def _carries(self, decided: BuildPlan, interpreter: Interpreter) -> bool:
        if isinstance(interpreter, SlipwaysOwn):
            return True  # it stays behind with the cache
        asked = decided.settings.carry_python
        return self.door.carries_python if asked is None else asked

    def _python(self, decided: BuildPlan) -> Interpreter:
        console = self.effects.console
        interpreter = choose_python(decided.python, self.effects)
        console.header(f"Python {interpreter.version}")
        console.info(describe(decided.python, interpreter))
        if self._carries(decided, interpreter):
            console.info("It goes along with the app: the image that runs it may have none")
            carry_python(interpreter, self.layout.python, self.effects)
        else:
            remove(self.layout.python)
            console.info("It stays where it is: the app runs in the image it is built in")
        return interpreter

    def _wheels(
        self, decided: BuildPlan, interpreter: Interpreter, shipped: Sequence[ShippedPackage]
    ) -> tuple[LocalDistribution, ...]:
        if shipped:
            self.effects.console.header("Packages that the app ships")
        return WheelHouse(
            app=self.layout.app,
            plan=decided,
            interpreter=interpreter,
            toolchain=self.toolchain,
            backends=self.backends,
            effects=self.effects,
        ).build(shipped)

    def _lock(
        self, decided: BuildPlan, interpreter: Interpreter, here: Sequence[LocalDistribution]
    ) -> Locked:
        dependencies, console = decided.dependencies, self.effects.console
        console.header(f"Dependencies from {dependencies.source}")
        locked = Resolver(
            plan=decided,
            app=self.layout.app,
            interpreter=interpreter,
            toolchain=self.toolchain,
            effects=self.effects,
            here=here,
        ).resolve()
        for name in decided.added_requirements:
            if name not in dependencies.names:
                version = locked.lock.version_of(name)
                console.info(
                    f"{name} {version} is added: the default web process needs it, and "
                    f"{dependencies.source} does not name it"
                )
        return locked

    def _environment(
        self,
        decided: BuildPlan,
        interpreter: Interpreter,
        locked: Locked,
        here: Sequence[LocalDistribution],
    ) -> Environment:
        environment = Environment(self.layout.environment, interpreter.version)
        is_offline = decided.settings.offline
        options = options_text(options_of(decided), self.layout.app, is_offline=is_offline)
        Installer(
            environment=environment,
            interpreter=interpreter,
            toolchain=self.toolchain,
            effects=self.effects,
            here=here,
        ).install(locked, options)
        plain = decided.vendoring.folders_of_plain
        add_paths(environment, (self.layout.app / folder for folder in plain))
        if self._carries(decided, interpreter):
            tree = self.layout.python
            attach_to_carried(
                environment, tree, site_folder(tree, interpreter.minor, self.effects)
            )
        else:
            attach_to_image(environment, Path(interpreter.path))
        return environment

    def _stage(self, decided: BuildPlan, environment: Environment) -> dict[str, str]:
        """Run what runs inside the environment; give the variables that it ran with."""
        variables = put_in_env(self.effects.environment, environment)
        self._hook(_POSTINSTALL, variables)
        version = environment.distributions().get("django")
        project = decided.django
        if version is None and project is None:
            return variables
        self.effects.console.header(f"Django {version or ''}".rstrip())
        missing = why_not_staged(project, version)
        if project is None or missing:
            self.effects.console.warning(missing)
            return variables
        if project.settings:
            variables["DJANGO_SETTINGS_MODULE"] = project.settings
        static_files = StaticFiles(
            app=self.layout.app,
            project=project,
            environment=environment,
            script=self.collectstatic,
            effects=self.effects,
        )
        static_files.collect(variables, is_wanted=decided.settings.collectstatic)
        return variables

    def _launch(self, decided: BuildPlan, environment: Environment) -> Launch:
        console = self.effects.console
        launch = release(decided, environment.distributions())
        origin = "Slipway's default" if launch.is_default else "Procfile"
        console.header(f"Processes ({origin})")
        for name, command in launch.processes.items():
            console.output(f"{name:9} {command}")
        reason = why_no_web(decided, launch)
        if reason:
            console.warning(reason)
        return launch

    def _record(
        self,
        locked: Locked,
        environment: Environment,
        launch: Launch,
        shipped: Sequence[ShippedPackage],
    ) -> BuildRecord:
        record = BuildRecord(
            python=environment.version,
            python_carried=self.layout.python.is_dir(),
            toolchain=self.toolchain.name,
            packages=environment.distributions(),
            vendored=vendored_records(shipped, locked.lock),
            shared_libraries=shared_libraries(self.layout.python, environment.root),
            processes=launch.processes,
            processes_are_default=launch.is_default,
        )
        write(self.layout.record / "lock.txt", lock.render(locked.lock))
        write(self.layout.record / build_record.FILE, build_record.render(record))
        return record
