"""Wheels are built while the rest is resolved, and what comes of it is as if one came first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from slipway.domain.lock import Lock, LockedPackage
from slipway.domain.python_version import Interpreter
from slipway.domain.vendored import Form, ShippedPackage
from slipway.effects.environments import Environment
from slipway.effects.files import sha256_of
from slipway.effects.processes import Processes
from slipway.effects.wheels import read_metadata
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import PackageNotFound, ResolveFailed
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import VendoredBuildFailed
from slipway.steps.build_wheels import WheelHouse
from slipway.steps.install import Installer
from slipway.steps.pipeline.gathering import Gathered, Gathering
from slipway.steps.resolve import Resolver
from slipway.toolchains import LocalDistribution, Locked, RequirementFiles
from slipway.toolchains.backends import Backends
from unit.fakes import FakeToolchain, effects_with, said
from unit.samples import make_wheel, plan_of, wheel_file
from unit.trees import ship, source

SIX = LockedPackage(name="six", requirement="six==1.17.0", hashes=("sha256:ab",))
PATIENCE = 20


@dataclass
class Toolchain(FakeToolchain):
    """Fails as often as it is told to, and keeps what the wheels said when it was asked."""

    failing_at_first: list[BuildStopped] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)
    """Name -> METADATA."""

    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        said = {one.name: read_metadata(one.path, one.source) for one in files.here}
        self.heard.append(said)
        if self.failing_at_first:
            self.asked.append(files)
            raise self.failing_at_first.pop(0)
        answer = super().resolve(files, interpreter)
        here = Lock(packages=tuple(one.locked for one in files.here))
        lock = Lock(packages=(*answer.lock.packages, *here.packages))
        return Locked(lock=lock, wheels={one.name: one.path for one in files.here})


@dataclass(frozen=True, kw_only=True)
class SlowHouse(WheelHouse):
    """Has its wheels when something else has happened."""

    is_time: Callable[[], bool]

    def build(self, shipped: Sequence[ShippedPackage]) -> tuple[LocalDistribution, ...]:
        end = time.monotonic() + PATIENCE
        while not self.is_time():
            assert time.monotonic() < end, "nothing goes on beside it"
            time.sleep(0.01)
        return super().build(shipped)


@pytest.fixture
def toolchain() -> Toolchain:
    return Toolchain(lock=Lock(packages=(SIX,)))


@pytest.fixture
def gathering(
    tmp_path: Path, python: Interpreter, backends: Backends, toolchain: Toolchain
) -> Gathering:
    """Build for real, one wheel after another, and resolve with the fake."""
    environment = {"PATH": os.environ["PATH"]}
    effects = effects_with(tmp_path, Processes(now=time.monotonic), environment)
    plan, app = plan_of("six\n"), tmp_path / "app"
    return Gathering(
        house=WheelHouse(
            app=app,
            plan=plan,
            interpreter=python,
            toolchain=toolchain,
            backends=backends,
            effects=effects,
        ),
        resolver=Resolver(
            plan=plan,
            app=app,
            interpreter=python,
            toolchain=toolchain,
            effects=effects,
            here=(),
        ),
        installer=Installer(
            environment=Environment(app / "venv", python.version),
            interpreter=python,
            toolchain=toolchain,
            effects=effects,
            here=(),
        ),
        options="",
        place=None,
        effects=effects,
    )


def stating(gathering: Gathering, name: str, *needs: str, fails: str = "") -> ShippedPackage:
    """Ship a tree whose pyproject.toml says all that its wheel is going to say."""
    files = dict(source(name, NEEDS=[*needs], FAILS=fails))
    files["pyproject.toml"] += f'version = "1.0"\ndependencies = {[*needs]}\n'
    return ship(gathering.house.app, f"vendor/{name}", files)


def _fields(house: WheelHouse) -> dict[str, Any]:
    return {field.name: getattr(house, field.name) for field in fields(WheelHouse)}


def slow(gathering: Gathering, is_time: Callable[[], bool]) -> Gathering:
    return replace(gathering, house=SlowHouse(**_fields(gathering.house), is_time=is_time))


def test_it_is_resolved_before_the_wheel_is_there_and_locked_as_it_is(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    late = slow(gathering, lambda: len(toolchain.asked) == 1)
    got = late.gather([stating(gathering, "acme", "tides>=2")])
    (wheel,) = got.here
    assert wheel.path.is_file()
    assert sha256_of(wheel.path) == wheel.sha256
    assert got.locked.lock.packages == (wheel.locked, SIX)
    assert got.locked.wheels == {"acme": wheel.path}
    ((_, told),) = [*toolchain.heard[0].items()]
    assert "Requires-Dist: tides>=2" in told
    assert len(toolchain.asked) == 1


def test_the_log_is_as_if_one_came_after_the_other(gathering: Gathering) -> None:
    gathering.gather([stating(gathering, "acme")])
    assert said(gathering.effects) == (
        "-----> Packages that the app ships "
        "acme 1.0 from vendor/acme (source tree, built in 0.0 s) "
        "-----> Dependencies from requirements.txt "
        "Resolving: no earlier build has left a lock "
        "Locked 2 packages by hash in 0.0 s"
    )


def test_nothing_can_be_built_with_a_wheel_that_is_not_there(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    gathering.gather([stating(gathering, "acme")])
    (asked,) = toolchain.asked
    (stated,) = asked.here
    assert "/not-made-yet/acme-1.0-py3-none-any.whl" in stated.build_constraint
    assert "not-made-yet" not in stated.constraint


@pytest.mark.parametrize("form", [Form.TREE, Form.WHEEL])
def test_where_nothing_is_known_before_one_comes_after_the_other(
    form: Form, gathering: Gathering, toolchain: Toolchain
) -> None:
    app = gathering.house.app
    if form is Form.TREE:
        found = ship(app, "vendor/acme", source("acme"))
    else:
        make_wheel(app / "vendor", "acme-1.0-py3-none-any.whl")
        package = wheel_file("vendor/acme-1.0-py3-none-any.whl")
        found = ShippedPackage(package=package, digest="ab" * 32)
    got = gathering.gather([found])
    assert [one.path for one in toolchain.asked[0].here] == [one.path for one in got.here]


def test_wheels_and_plain_packages_beside_a_tree_are_known_as_well(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    make_wheel(gathering.house.app / "vendor", "tides-2.0-py3-none-any.whl", ["six"])
    package = wheel_file("vendor/tides-2.0-py3-none-any.whl")
    tides = ShippedPackage(package=package, digest="ab" * 32)
    late = slow(gathering, lambda: len(toolchain.asked) == 1)
    got = late.gather([stating(gathering, "acme"), tides])
    assert [wheel.name for wheel in got.here] == ["acme", "tides"]
    assert "Requires-Dist: six" in toolchain.heard[0]["tides"]
    acme, tides_made = got.here
    assert got.locked.lock.packages == (acme.locked, SIX, tides_made.locked)


def test_a_wheel_that_says_something_else_is_asked_about_again(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    """As one of a backend does that looks at other files than pyproject.toml."""
    files = dict(source("acme", NEEDS=["tides"]))
    files["pyproject.toml"] += 'version = "1.0"\n'
    got = gathering.gather([ship(gathering.house.app, "vendor/acme", files)])
    assert [asked.here[0].stated is None for asked in toolchain.asked] == [False, True]
    assert "Requires-Dist: tides" in toolchain.heard[1]["acme"]
    assert got.locked.lock.packages == (got.here[0].locked, SIX)


@pytest.mark.parametrize("error", [ResolveFailed(output=()), PackageBuildFailed("six", ())])
def test_what_may_fail_for_want_of_the_wheel_is_tried_with_it(
    error: BuildStopped, gathering: Gathering, toolchain: Toolchain
) -> None:
    toolchain.failing_at_first = [error]
    got = gathering.gather([stating(gathering, "acme")])
    assert [asked.here[0].stated is None for asked in toolchain.asked] == [False, True]
    assert got.locked.lock.packages == (got.here[0].locked, SIX)
    text = said(gathering.effects)
    assert (text.count("Dependencies from"), text.count("Resolving:")) == (1, 1)


def test_what_fails_with_the_wheel_as_well_is_tried_once(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    toolchain.error = PackageNotFound(requirement="six")
    with pytest.raises(PackageNotFound):
        gathering.gather([stating(gathering, "acme")])
    assert len(toolchain.asked) == 1


def test_a_build_that_fails_is_told_before_anything_else(
    gathering: Gathering, toolchain: Toolchain
) -> None:
    toolchain.error = PackageNotFound(requirement="six")
    with pytest.raises(VendoredBuildFailed):
        gathering.gather([stating(gathering, "acme", fails="no")])
    assert "Dependencies" not in said(gathering.effects)


def begin(
    gathering: Gathering, toolchain: Toolchain, place: Path, *, is_compiled: bool
) -> Gathered:
    """Let the wheel take until something is installed, or compiled too."""

    def is_time() -> bool:
        return any(place.rglob("*.pyc")) if is_compiled else bool(toolchain.installed)

    late = slow(gathering, is_time)
    return replace(late, place=place).gather([stating(gathering, "acme", "tides")])


@pytest.mark.parametrize("is_compiled", [True, False])
def test_the_rest_is_installed_before_the_wheel_is_there(
    gathering: Gathering, toolchain: Toolchain, tmp_path: Path, *, is_compiled: bool
) -> None:
    with gathering.effects.products.beginning("venv") as place:
        assert place
        got = begin(gathering, toolchain, place, is_compiled=is_compiled)
        assert got.begun
        assert [text.split()[0] for text, _ in toolchain.installed] == ["six==1.17.0"]
        installer = replace(gathering.installer, here=got.here)
        installer.install(got.locked, "", got.begun)
    assert [text.split()[0] for text, _ in toolchain.installed] == ["six==1.17.0", "#"]
    assert "acme @ file:" in toolchain.installed[1][0]
    environment = installer.environment
    assert set(environment.distributions()) == {"six", "acme"}
    assert [*environment.site_packages.glob("__pycache__/six.*.pyc")]
    assert [*environment.site_packages.glob("__pycache__/acme.*.pyc")]
    assert "Installed 2 packages in 0.0 s" in said(gathering.effects)
    assert not [*(tmp_path / "cache").glob("*/*/.new-*")]


def test_what_cannot_be_begun_is_told_when_it_is_done_in_earnest(
    gathering: Gathering, toolchain: Toolchain, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    late = slow(gathering, lambda: len(toolchain.asked) == 1)
    got = replace(late, place=blocked / "venv").gather([stating(gathering, "acme")])
    assert got.begun is None
    assert got.locked.lock.packages == (got.here[0].locked, SIX)


def test_nothing_is_begun_where_an_earlier_environment_has_most_of_it(
    gathering: Gathering, toolchain: Toolchain, tmp_path: Path
) -> None:
    first = gathering.gather([stating(gathering, "acme")])
    replace(gathering.installer, here=first.here).install(first.locked, "")
    gathering.effects.products.keep()
    toolchain.installed.clear()
    assert gathering.installer.begin(first.locked, "", tmp_path / "begun", bool) is None
    assert not toolchain.installed
