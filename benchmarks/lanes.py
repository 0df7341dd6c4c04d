"""What is timed: pip, uv and Slipway, each doing the same for an app.

A lane is a row of steps that need each other's leavings, in a folder of its own. The lanes of
a round are walked abreast, so that whatever else the machine does hits them alike.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measured import Command, Failed, Measured
from sample_apps import (
    SampleApp,
    with_comment,
    with_package_changed,
    with_vendored_changed,
)

TOOLCHAINS = ("uv", "pip-tools")
COLD = "cold"
NO_CHANGE = "no change"
COMMENT = "comment line"
ONE_PACKAGE = "one package"
FETCHED = "cold and uv fetched"
PIP, UV, DJANGO = "plain pip", "bare uv", "Django alone"

_DOWNLOADS = ("downloads", "tool-cache")
"""What a lost cache still has: folders of the cache by these names."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the lanes of one round lie, and what they run with."""

    folder: Path
    slipway: Path
    """A copy of Slipway, as a platform fetches it."""
    python: str
    uv: Path
    env: Mapping[str, str]
    measure: Callable[[Command], Measured]

    @property
    def pip_environment(self) -> Path:
        return self.folder / "pip" / "venv"

    def run(self, argv: Sequence[str | Path], cwd: Path, **more: str) -> Measured:
        return self.measure(Command(argv=argv, cwd=cwd, env={**self.env, **more}))


@dataclass(frozen=True, kw_only=True)
class Step:
    tool: str
    row: str
    work: Callable[[], Measured]

    @property
    def title(self) -> str:
        return f"{self.tool}: {self.row}"


Lane = Sequence[Step]


def toolchain_name(toolchain: str) -> str:
    """Give what the table calls Slipway with a toolchain."""
    return f"Slipway with {toolchain}"


def pip_lane(app: SampleApp, place: Place) -> Lane:
    """Do by hand with pip what a build at least must, then the app's own Django command."""
    folder = place.folder / "pip"
    app_folder, environment = folder / "app", place.pip_environment
    wheels = os.pathsep.join(str(wheel) for wheel in (place.slipway / "vendor").glob("*.whl"))
    python = environment / "bin" / "python"

    def install() -> Measured:
        app.write(app_folder)
        shutil.rmtree(environment, ignore_errors=True)
        make = [place.python, "-m", "virtualenv", "-q", environment]
        made = place.run(
            make, app_folder, PYTHONPATH=wheels, VIRTUALENV_OVERRIDE_APP_DATA=f"{folder}/data"
        )
        pip = [python, "-m", "pip", "install", "-q", *_requirements(app)]
        return made + place.run(pip, app_folder, PIP_CACHE_DIR=f"{folder}/cache")

    def collectstatic() -> Measured:
        return place.run([python, "manage.py", "collectstatic", "--noinput"], app_folder)

    steps = [
        Step(tool=PIP, row=COLD, work=install),
        Step(tool=PIP, row="warm downloads", work=install),
    ]
    if "manage.py" in app.files:
        steps.append(Step(tool=DJANGO, row="collectstatic", work=collectstatic))
    return steps


def uv_lane(app: SampleApp, place: Place) -> Lane:
    """Do the same with uv alone, which compiles bytecode only when told to."""
    folder = place.folder / "uv"
    app_folder, environment = folder / "app", folder / "venv"

    def install() -> Measured:
        app.write(app_folder)
        shutil.rmtree(environment, ignore_errors=True)
        cache = f"{folder}/cache"
        make = [place.uv, "venv", "-q", "--python", place.python, environment]
        made = place.run(make, app_folder, UV_CACHE_DIR=cache)
        into = ["--python", environment / "bin" / "python"]
        pip = [place.uv, "pip", "install", "-q", "--compile-bytecode", *into]
        return made + place.run([*pip, *_requirements(app)], app_folder, UV_CACHE_DIR=cache)

    return [
        Step(tool=UV, row=COLD, work=install),
        Step(tool=UV, row="warm cache", work=install),
    ]


def slipway_lane(app: SampleApp, place: Place, toolchain: str) -> Lane:
    """Build with one toolchain: with an empty cache, then again and again."""
    slipway = Slipway(name=toolchain, toolchain=toolchain, place=place)
    steps = [
        slipway.step(COLD, app),
        slipway.step(NO_CHANGE, app),
        slipway.step(COMMENT, with_comment(app)),
        slipway.step(ONE_PACKAGE, with_package_changed(app)),
    ]
    if app.vendored:
        steps.append(slipway.step("vendored package", with_vendored_changed(app)))
    return [*steps, slipway.step("lost cache", app, slipway.lose_all_but_downloads)]


def carried_lane(app: SampleApp, place: Place, toolchain: str) -> Lane:
    """Build as classic platforms do by default: with the Python, which pip and uv leave out."""
    name = f"{toolchain}-carried"
    slipway = Slipway(name=name, toolchain=toolchain, place=place, carry_python="auto")
    return [slipway.step("cold and Python carried", app)]


def fetched_lane(app: SampleApp, place: Place) -> Lane:
    """Build where no uv is on PATH, so that Slipway fetches one."""
    slipway = Slipway(name="fetched", toolchain="uv", place=place, has_uv=False)
    return [slipway.step(FETCHED, app)]


@dataclass(frozen=True, kw_only=True)
class Slipway:
    """Builds of one app on one cache."""

    name: str
    toolchain: str
    place: Place
    carry_python: str = "false"
    has_uv: bool = True
    built: list[Path] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.place.folder / f"slipway-{self.name}"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def step(
        self, row: str, app: SampleApp, before: Callable[[], None] | None = None
    ) -> Step:
        def work() -> Measured:
            if before:
                before()
            return self.build(app)

        return Step(tool=toolchain_name(self.toolchain), row=row, work=work)

    def build(self, app: SampleApp) -> Measured:
        """Build a fresh copy, where none was before, as platforms do."""
        build, took = self.build_and_keep(app)
        shutil.rmtree(build)
        return took

    def build_and_keep(self, app: SampleApp) -> tuple[Path, Measured]:
        """Build a copy for somebody to look at."""
        build = app.write(self.folder / f"build-{len(self.built)}")
        self.built.append(build)
        config = self.folder / "env"
        config.mkdir(exist_ok=True)
        (config / "SLIPWAY_TOOLCHAIN").write_text(self.toolchain)
        (config / "SLIPWAY_CARRY_PYTHON").write_text(self.carry_python)
        path = self.place.env["PATH"]
        with_uv = f"{self.place.uv.parent}:{path}" if self.has_uv else path
        door = [self.place.slipway / "bin" / "compile", build, self.cache, config]
        took = self.place.run(door, Path("/"), PATH=with_uv)
        self._check(build, app)
        return build, took

    def lose_all_but_downloads(self) -> None:
        kept = []
        for folder in self.cache.glob("slipway-*/*"):
            if folder.name in _DOWNLOADS:
                kept.append(folder)
            elif folder.is_dir():
                shutil.rmtree(folder)
        if not kept:
            raise Failed(f"{self.cache} has no folder of downloads")

    def _check(self, build: Path, app: SampleApp) -> None:
        """See that it was built as it was asked for: only then its time means something."""
        record = json.loads((build / ".slipway" / "build.json").read_text(encoding="utf-8"))
        if record["toolchain"] != self.toolchain != "auto":
            raise Failed(f"built with {record['toolchain']} in place of {self.toolchain}")
        installed = record["packages"]
        for line in app.requirements.splitlines():
            name, _, version = line.partition("==")
            if version and installed.get(name.partition("[")[0].lower()) != version:
                raise Failed(f"{line} is not what is installed in {build}")


def _requirements(app: SampleApp) -> list[str]:
    return ["-r", "requirements.txt", *([app.vendored] if app.vendored else [])]
