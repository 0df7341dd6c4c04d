"""The lanes that are timed: pip, uv and Slipway, each doing the same for an app.

A lane is a sequence of steps in its own folder, each of which uses the results of the steps
before it. The lanes of a round take turns, so other load on the machine affects them equally.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import cache

from measured import Argv, Measured
from places import Place, Step
from sample_apps import (
    LOCK,
    SampleApp,
    with_comment,
    with_lock,
    with_package_changed,
    with_project,
    with_vendored_changed,
    with_view_edited,
)
from slipway_builds import Slipway, toolchain_name

TOOLCHAINS = ("uv", "pip-tools")
COLD = "cold"
NO_CHANGE = "no change"
COMMENT = "comment line"
CODE = "code change"
ONE_PACKAGE = "one package"
UV_DOWNLOADED = "cold, uv downloaded"
LOCKED = "cold, from uv.lock"
PIP, UV, DJANGO = "plain pip", "bare uv", "Django alone"

Lane = Sequence[Step]


def pip_lane(app: SampleApp, place: Place) -> Lane:
    """Do the minimum of a build by hand with pip, then run the app's own Django command."""
    folder = place.folder / "pip"
    app_folder, environment = folder / "app", place.pip_environment
    wheels = os.pathsep.join(str(wheel) for wheel in (place.slipway / "vendor").glob("*.whl"))
    python = environment / "bin" / "python"

    def install() -> Measured:
        app.write(app_folder)
        shutil.rmtree(environment, ignore_errors=True)
        make: Argv = [place.python, "-m", "virtualenv", "-q", "--no-setuptools", environment]
        made = place.run(
            make, app_folder, PYTHONPATH=wheels, VIRTUALENV_OVERRIDE_APP_DATA=f"{folder}/data"
        )
        pip: Argv = [python, "-m", "pip", "install", "-q", *_requirements(app)]
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
    """Do the same with uv alone, which compiles bytecode only with an option."""
    folder = place.folder / "uv"
    app_folder, environment = folder / "app", folder / "venv"

    def install() -> Measured:
        app.write(app_folder)
        shutil.rmtree(environment, ignore_errors=True)
        cache = f"{folder}/cache"
        make: Argv = [place.uv, "venv", "-q", "--python", place.python, environment]
        made = place.run(make, app_folder, UV_CACHE_DIR=cache)
        python = environment / "bin" / "python"
        pip: Argv = [place.uv, "pip", "install", "-q", "--python", python]
        pip = [*pip, "--compile-bytecode", *_requirements(app)]
        return made + place.run(pip, app_folder, UV_CACHE_DIR=cache)

    return [
        Step(tool=UV, row=COLD, work=install),
        Step(tool=UV, row="warm cache", work=install),
    ]


def slipway_lane(app: SampleApp, place: Place, toolchain: str) -> Lane:
    """Build with one toolchain: with an empty cache, then after different changes."""
    slipway = Slipway(name=toolchain, toolchain=toolchain, place=place)
    steps = [
        slipway.step(COLD, app),
        slipway.step(NO_CHANGE, app),
        slipway.step(COMMENT, with_comment(app)),
        slipway.step(CODE, with_view_edited(app)),
        slipway.step(ONE_PACKAGE, with_package_changed(app)),
    ]
    if app.vendored:
        steps.append(slipway.step("vendored package", with_vendored_changed(app)))
    return [*steps, slipway.step("lost cache", app, slipway.lose_all_but_downloads)]


def bundled_lane(app: SampleApp, place: Place, toolchain: str) -> Lane:
    """Build like a classic platform: with a bundled Python, which pip and uv do not provide."""
    name = f"{toolchain}-bundled"
    slipway = Slipway(name=name, toolchain=toolchain, place=place, bundle_python="auto")
    return [slipway.step("cold, Python bundled", app)]


def uv_downloaded_lane(app: SampleApp, place: Place) -> Lane:
    """Build without uv on PATH, so Slipway downloads it."""
    slipway = Slipway(name="uv-downloaded", toolchain="uv", place=place, has_uv=False)
    return [slipway.step(UV_DOWNLOADED, app)]


def locked_lane(app: SampleApp, place: Place) -> Lane:
    """Install from a lock of uv, with uv alone and with Slipway; locking is not timed."""
    folder = place.folder / "locked"
    app_folder, environment = folder / "app", folder / "venv"
    slipway = Slipway(name="locked", toolchain="uv", place=place)

    @cache
    def locked() -> SampleApp:
        project = with_project(app)
        written = project.write(folder / "to-lock")
        lock: Argv = [place.uv, "lock", "-q", "--python", place.python]
        place.run(lock, written, UV_CACHE_DIR=f"{folder}/cache-of-lock")
        return with_lock(project, (written / LOCK).read_text(encoding="utf-8"))

    def sync() -> Measured:
        locked().write(app_folder)
        command: Argv = [place.uv, "sync", "-q", "--frozen", "--compile-bytecode"]
        return place.run(
            [*command, "--python", place.python],
            app_folder,
            UV_CACHE_DIR=f"{folder}/cache",
            UV_PROJECT_ENVIRONMENT=str(environment),
        )

    return [
        Step(tool=UV, row=LOCKED, work=sync),
        Step(
            tool=toolchain_name(slipway.toolchain),
            row=LOCKED,
            work=lambda: slipway.build(locked()),
        ),
    ]


def _requirements(app: SampleApp) -> list[str]:
    return ["-r", "requirements.txt", *([app.vendored] if app.vendored else [])]
