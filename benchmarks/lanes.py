"""What is timed: pip, uv and Slipway, each doing the same for an app.

A lane is a row of steps that need each other's leavings, in a folder of its own. The lanes of
a round are walked abreast, so that whatever else the machine does hits them alike.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from measured import Argv, Measured
from places import Place, Step
from sample_apps import (
    SampleApp,
    with_comment,
    with_package_changed,
    with_vendored_changed,
    with_view_edited,
)
from slipway_builds import Slipway

TOOLCHAINS = ("uv", "pip-tools")
COLD = "cold"
NO_CHANGE = "no change"
COMMENT = "comment line"
CODE = "code change"
ONE_PACKAGE = "one package"
FETCHED = "cold, uv downloaded"
PIP, UV, DJANGO = "plain pip", "bare uv", "Django alone"

Lane = Sequence[Step]


def pip_lane(app: SampleApp, place: Place) -> Lane:
    """Do by hand with pip what a build at least must, then the app's own Django command."""
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
    """Do the same with uv alone, which compiles bytecode only when told to."""
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
    """Build with one toolchain: with an empty cache, then again and again."""
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
    """Build as classic platforms do by default: with the Python, which pip and uv leave out."""
    name = f"{toolchain}-bundled"
    slipway = Slipway(name=name, toolchain=toolchain, place=place, bundle_python="auto")
    return [slipway.step("cold, Python bundled", app)]


def fetched_lane(app: SampleApp, place: Place) -> Lane:
    """Build where no uv is on PATH, so that Slipway fetches one."""
    slipway = Slipway(name="fetched", toolchain="uv", place=place, has_uv=False)
    return [slipway.step(FETCHED, app)]


def _requirements(app: SampleApp) -> list[str]:
    return ["-r", "requirements.txt", *([app.vendored] if app.vendored else [])]
