"""An error names another Python only if the app can have it, and the facts are known."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.python.fitting import PackageFile
from slipway.domain.python.pinned import IndexQuestion
from slipway.effects.files import AppFolder
from slipway.errors.building import PackageBuildFailed, PackageTooOld
from slipway.errors.dependencies import NoWheelForPython
from slipway.errors.python import (
    FittingPython,
    ManagedPythonNotFetched,
    PythonNotFound,
    UnfitForPython,
)
from slipway.errors.vendored import WheelNotForThisPython
from slipway.steps import find_other_python as step
from slipway.steps.plan import plan
from slipway.toolchains.index_pages import Answers
from unit.fakes import FakeToolchain, context_with, effects_with
from unit.samples import PYTHON, make_wheel, write_files

PLATFORM = f"manylinux2014_{os.uname().machine}"
SHOP = {"requirements.txt": "anchor==1.0\nboat\n", ".python-version": "3.13\n"}


def wheels(name: str, version: str, *minors: int) -> tuple[PackageFile, ...]:
    tags = [f"cp3{minor}-cp3{minor}-{PLATFORM}" for minor in minors]
    return tuple(PackageFile(f"{name}-{version}-{tag}.whl") for tag in tags)


@dataclass(kw_only=True)
class Pages:
    """The pages of an index, and what it was asked for."""

    files: Mapping[str, Sequence[PackageFile]] = field(default_factory=dict)
    """By name and version, such as `anchor==1.0`."""
    asked: list[str] = field(default_factory=list)

    def answer(self, questions: Sequence[IndexQuestion], *_: object) -> Answers:
        self.asked += [f"{one.name}=={one.version}" for one in questions]
        known = {
            one: tuple(self.files.get(f"{one.name}=={one.version}", ())) for one in questions
        }
        return Answers(files={one: files for one, files in known.items() if files})


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    pages = Pages(
        files={
            "anchor==1.0": wheels("anchor", "1.0", 10, 11, 13),
            "tackle==2.0": (
                *wheels("tackle", "2.0", 10, 11, 12),
                PackageFile("tackle-2.0.zip"),
            ),
        }
    )
    monkeypatch.setattr(step, "ask_indexes", pages.answer)
    return pages


@dataclass(frozen=True, kw_only=True)
class Found:
    fitting: FittingPython | None

    @property
    def minor(self) -> str:
        return self.fitting.minor if self.fitting else ""


def find(
    app: Path,
    error: UnfitForPython,
    files: Mapping[str, str] = SHOP,
    on_image: Sequence[str] = ("3.13.1", "3.12.1"),
    locked: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    missing: PythonNotFound | None = None,
) -> Found:
    given = {"PATH": "/usr/bin", "HOME": "/", **(environment or {})}
    effects = effects_with(app, environment=given)
    decided = plan(AppFolder(write_files(app, {**files})), effects.environment)
    python = replace(PYTHON, version="3.13.1")
    context = context_with(app, effects, FakeToolchain(), decided, python)
    context = replace(context, missing_python=missing)
    step.find_other_python(error, context, locked or {}, {}, on_image)
    return Found(fitting=error.fitting)


def failed(version: str = "2.0") -> PackageBuildFailed:
    return PackageBuildFailed(package="tackle", version=version, required_by="boat 1.0")


def test_the_index_is_asked_once_for_each_pin_and_the_failed_package(
    tmp_path: Path, pages: Pages
) -> None:
    found = find(tmp_path, failed())
    assert found.fitting == FittingPython(
        minor="3.11",  # anchor has no wheel for 3.12
        package="tackle 2.0",
        known_by="files",
        is_newest=False,
        changes=(".python-version",),
    )
    assert sorted(pages.asked) == ["anchor==1.0", "tackle==2.0"]


def test_a_pin_that_failed_is_not_asked_for_twice(tmp_path: Path, pages: Pages) -> None:
    files = {**SHOP, "requirements.txt": "tackle==2.0\n"}
    assert find(tmp_path, failed(""), files).minor == "3.12"
    assert pages.asked == ["tackle==2.0"]


def test_the_version_of_the_lock_is_used_if_the_tool_reports_none(
    tmp_path: Path, pages: Pages
) -> None:
    assert find(tmp_path, failed(""), locked={"tackle": "2.0"}).minor == "3.11"
    assert find(tmp_path, failed("")).fitting is None
    assert "tackle==" not in pages.asked


@pytest.mark.parametrize("requirement", ["tackle", "tackle==2.0"])
def test_no_index_is_asked_for_a_vendored_name(
    requirement: str, tmp_path: Path, pages: Pages
) -> None:
    tag = f"cp311-cp311-{PLATFORM}"
    make_wheel(tmp_path / "vendor", f"tackle-2.0-{tag}.whl")
    files = {**SHOP, "requirements.txt": f"{requirement}\nanchor==1.0\n"}
    unfit = WheelNotForThisPython(
        paths=(f"vendor/tackle-2.0-{tag}.whl",), python="3.13.1", tags=()
    )
    for error in (unfit, failed(), failed("3.0")):
        assert find(tmp_path, error, files).minor == "3.11"
        assert {*pages.asked} == {"anchor==1.0"}


def test_without_an_index_nothing_is_advised(tmp_path: Path, pages: Pages) -> None:
    pages.files = {}
    assert find(tmp_path, failed()).fitting is None


def test_a_python_that_the_build_could_not_use_is_marked(tmp_path: Path, pages: Pages) -> None:
    missing = ManagedPythonNotFetched("3.11", None, (), reason=("refused",))
    found = find(tmp_path, failed(), on_image=("3.13.1",), missing=missing)
    assert found.fitting is not None
    assert (found.minor, found.fitting.missing) == ("3.11", missing)
    found = find(tmp_path, failed(), on_image=("3.13.1", "3.11.2"), missing=missing)
    assert found.fitting is not None
    assert (found.minor, found.fitting.missing) == ("3.11", None)
    assert pages.asked


def test_no_index_is_asked_offline(tmp_path: Path, pages: Pages) -> None:
    files = {**SHOP, "pyproject.toml": "[tool.slipway]\noffline = true\n"}
    assert find(tmp_path, failed(), files, ("3.13.1", "3.11.1")).fitting is None
    old = PackageTooOld(package="a", python="3.13.1", uses="x", last_python="3.12")
    assert find(tmp_path, old, files, ("3.13.1", "3.11.1")).minor == "3.11"
    assert pages.asked == []


@pytest.mark.parametrize(
    ("environment", "on_image", "minor"),
    [
        ({}, ("3.13.1",), "3.11"),
        ({"SLIPWAY_PYTHON_SOURCE": "image"}, ("3.13.1",), ""),
        ({"SLIPWAY_PYTHON_SOURCE": "image"}, ("3.13.1", "3.10.1"), "3.10"),
        ({"SLIPWAY_PYTHON_SOURCE": "managed"}, ("3.13.1", "3.10.1"), "3.11"),
        ({"UV_PYTHON_DOWNLOADS": "never"}, ("3.13.1", "3.10.1"), "3.10"),
    ],
)
def test_a_python_must_be_on_the_image_or_be_downloaded(
    environment: Mapping[str, str],
    on_image: Sequence[str],
    minor: str,
    tmp_path: Path,
    pages: Pages,
) -> None:
    found = find(tmp_path, failed(), on_image=on_image, environment=environment)
    assert found.minor == minor
    assert pages.asked or not minor


def test_the_index_is_not_asked_for_what_the_tool_reports(tmp_path: Path, pages: Pages) -> None:
    error = NoWheelForPython("tackle>=2", "3.13.1", (), pythons=("3.12", "3.11"))
    assert find(tmp_path, error).minor == "3.11"
    assert pages.asked == ["anchor==1.0"]
