"""The story of a build, from an app's folder to how it is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.domain import build_record
from slipway.domain.build_plan import BuildPlan
from slipway.domain.build_record import BuildRecord, vendored_records
from slipway.domain.layout import Layout
from slipway.domain.requirements import lock
from slipway.domain.requirements.lock import Lock
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import Vendoring
from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.effects.background import beside
from slipway.effects.cache.eviction import Room, shared
from slipway.effects.files import AppFolder, write
from slipway.effects.packages.virtualenvs import Virtualenv, put_in_env
from slipway.steps.collectstatic import collectstatic, why_not_staged
from slipway.steps.inspect_vendored import inspect_vendored
from slipway.steps.install import Origin
from slipway.steps.launch_processes import release, why_no_web
from slipway.steps.pipeline.planned import PlannedBuild, Tools
from slipway.steps.plan import plan
from slipway.steps.run_hooks import run_hook
from slipway.steps.shared_libraries import needed_libraries

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

    bundles_python: bool
    """Where the app does not say."""
    hook_variables: Mapping[str, str]
    """What hooks find in their environment besides the rest."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """What every build needs, whichever door it comes through."""

    layout: Layout
    tools: Callable[[Settings], Tools]
    """Gives those that an app's settings ask for."""
    effects: Effects
    collectstatic: Path
    """The script that builds static files in the app's Python."""
    door: Door

    def run(self) -> Built:
        """Build; no other build tidies the cache up meanwhile, and this one does at its end."""
        with shared(self.effects.cache) as room:
            decided = self._plan()
            try:
                built = self._carry_out(decided, room)
            finally:
                self.effects.products.keep()
            room.bound(decided.settings.cache_limit)
        return built

    def _plan(self) -> BuildPlan:
        self._hook(_PRE_COMPILE, self.effects.environment)
        decided = plan(AppFolder(self.layout.app), self.effects.environment)
        for notice in decided.notices:
            self.effects.console.warning(notice)
        return decided

    def _carry_out(self, decided: BuildPlan, room: Room) -> Built:
        """Take step after step; the product of each is what the next one needs."""
        shipped = inspect_vendored(self.layout.app, decided.vendoring, self.effects)
        planned = PlannedBuild(
            layout=self.layout,
            plan=decided,
            tools=self.tools(decided.settings),
            effects=self.effects,
            bundles_python=self.door.bundles_python,
        )
        interpreter = planned.python()
        distributions = planned.wheels(interpreter, shipped)
        locked = planned.lock(interpreter, distributions)
        environment, origin = planned.environment(interpreter, distributions, locked)
        if self._has(_POSTINSTALL):
            self.effects.products.keep()  # before a hook changes what is installed
        with beside(lambda: self._look_around(environment, origin, room)) as looking:
            variables = self._stage(decided, environment)
            launch = self._launch(decided, environment)
            libraries = looking.result()
        vendored = vendored_records(shipped, locked.lock)
        record = BuildRecord(
            python=environment.version,
            python_bundled=self.layout.python.is_dir(),
            toolchain=origin.toolchain,
            packages=environment.distributions(),
            vendored=vendored,
            shared_libraries=libraries,
            processes=launch.processes,
            processes_are_default=launch.is_default,
        )
        write(self.layout.record / build_record.FILE, build_record.render(record))
        write(self.layout.record / "lock.txt", lock.render(locked.lock))
        self._hook(_POST_COMPILE, variables)
        return Built(
            launch=launch, record=record, lock=locked.lock, vendoring=decided.vendoring
        )

    def _hook(self, hook: str, variables: Mapping[str, str]) -> None:
        if self._has(hook):
            told = {**variables, **self.door.hook_variables}
            run_hook(self.layout.app, hook, told, self.effects)

    def _has(self, hook: str) -> bool:
        return (self.layout.app / hook).is_file()

    def _stage(self, decided: BuildPlan, environment: Virtualenv) -> dict[str, str]:
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
        collectstatic(
            app=self.layout.app,
            project=project,
            environment=environment,
            script=self.collectstatic,
            variables=variables,
            effects=self.effects,
            is_wanted=decided.settings.collectstatic,
        )
        return variables

    def _launch(self, decided: BuildPlan, environment: Virtualenv) -> Launch:
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

    def _look_around(
        self, environment: Virtualenv, origin: Origin, room: Room
    ) -> tuple[str, ...]:
        """Do what nothing waits for; give the libraries that the system is to have."""
        self.effects.products.keep()
        room.measure()
        python = self.layout.python
        return needed_libraries(python, environment.root, origin.key, self.effects)
