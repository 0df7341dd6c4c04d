"""The newest Python of the image that fits is selected, and few candidates are started."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.python.choice import PythonChoice
from slipway.domain.python.selection import (
    ANY_PYTHON,
    Interpreter,
    ManagedPython,
    PythonRequest,
    parse_version,
)
from slipway.domain.settings import TABLE
from slipway.effects import Effects
from slipway.effects.processes import Command
from slipway.errors.python import ImageHasMusl, ManagedPythonWithoutUv, PythonNotFound
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.steps.select_python import describe, select_from_image, select_python
from slipway.toolchains.pythons.archives import PythonArchives
from slipway.toolchains.pythons.managed import ManagedPythons
from unit.fakes import FakeProcesses, effects_with, logged, no_time
from unit.samples import PLAN, PYTHON, write_files

APP = Path("/app")


def image(root: Path, *names: str) -> Effects:
    """Write programs such as `3.12.4/bin/python3`; each reports the version of its folder."""
    for name in names:
        program = root / name
        program.parent.mkdir(parents=True)
        program.write_bytes(b"\x7fELF")
        program.chmod(0o755)

    def answer(command: Command) -> str:
        path = command.argv[0]
        found = re.search(r"(\d+\.\d+\.\d+(?:rc\d)?\+?)(-\w+)?/bin", path)
        if not path.startswith(str(root)) or found is None:
            raise CommandFailed(command=path, status=1, output="not part of this test")
        if found[2] == "-broken":
            return "Segmentation fault"
        kind = "pypy" if found[2] == "-pypy" else "cpython"
        variant = "free-threaded" if found[2] == "-t" else ""
        described = {
            "version": found[1],
            "path": path,
            "prefix": "/",
            "stdlib": "/",
            "platform": "linux musl" if found[2] == "-musl" else "x",
        }
        facts = {"implementation": kind, "variant": variant, "files": []}
        return json.dumps({**facts, **described})

    path = ":".join(str((root / name).parent) for name in names)
    processes = FakeProcesses(now=no_time, answer=answer)
    return effects_with(root, processes, {"PATH": path})


def chosen(request: PythonRequest) -> PythonChoice:
    """Return the choice of a request that decides alone."""
    return PythonChoice(request=request, requested=request)


def started(root: Path, effects: Effects) -> list[str]:
    assert isinstance(effects.processes, FakeProcesses)
    places = (Path(command.argv[0]) for command in effects.processes.started)
    return [str(place.relative_to(root)) for place in places if place.is_relative_to(root)]


@pytest.mark.parametrize(
    ("requested", "expected"),
    [("3.12", "3.12.11"), ("3.12.4", "3.12.4"), (">=3.11", "3.13.1"), ("~=3.12.5", "3.12.11")],
)
def test_the_newest_that_fits_is_selected(
    requested: str, expected: str, tmp_path: Path
) -> None:
    effects = image(tmp_path, "3.12.4/bin/python3", "3.12.11/bin/python3", "3.13.1/bin/python3")
    assert select_from_image(parse_version(requested, ""), APP, effects).version == expected


def test_pythons_that_cannot_fit_are_not_started(tmp_path: Path) -> None:
    effects = image(
        tmp_path, "3.11.2/bin/python3.11", "3.12.4/bin/python3.12", "3.13.1/bin/python3.13"
    )
    select_from_image(parse_version("3.12", ""), APP, effects)
    assert started(tmp_path, effects) == ["3.12.4/bin/python3.12"]


def test_pythons_that_are_likely_to_fit_are_started_first(tmp_path: Path) -> None:
    effects = image(tmp_path, "3.12.4/bin/python3.12", "3.13.1/bin/python3.13")
    assert select_from_image(parse_version(">=3.12", ""), APP, effects).version == "3.13.1"
    assert started(tmp_path, effects) == ["3.13.1/bin/python3.13"]


def test_a_python_that_does_not_start_is_ignored(tmp_path: Path) -> None:
    effects = image(
        tmp_path,
        "3.13.1-broken/bin/python3.13",
        "3.13.0-pypy/bin/python3",
        "3.12.4/bin/python3",
    )
    assert select_from_image(ANY_PYTHON, APP, effects).version == "3.12.4"


def test_the_error_lists_the_pythons_of_the_image(tmp_path: Path) -> None:
    effects = image(tmp_path, "3.9.2/bin/python3.9", "3.12.4/bin/python3.12")
    with pytest.raises(PythonNotFound) as missing:
        select_from_image(parse_version("3.13", ".python-version"), APP, effects)
    assert [version for version, _ in missing.value.image_pythons] == ["3.12.4", "3.9.2"]
    assert missing.value.origin == ".python-version"


def test_other_kinds_of_python_are_never_selected_and_named_in_the_error(
    tmp_path: Path,
) -> None:
    effects = image(
        tmp_path,
        "3.13.1-t/bin/python3.13",
        "3.13.2-t/bin/python3.13t",
        "3.11.13-pypy/bin/pypy3.11",
        "3.14.0rc1/bin/python3.14",
        "3.14.1+/bin/python3",
        "3.12.4/bin/python3.12",
    )
    assert select(plan(">=3.10"), effects).version == "3.12.4"
    assert "pypy3.11" not in " ".join(started(tmp_path, effects)), "its name says what it is"
    with pytest.raises(PythonNotFound) as missing:
        select(plan("3.13", "image"), effects)
    assert [version for version, _ in missing.value.image_pythons] == ["3.12.4"]
    assert [(version, kind) for version, _, kind in missing.value.unusable] == [
        ("3.13.1", "free-threaded"),
        ("3.13.2", "free-threaded"),
        ("3.11.13", "PyPy"),
        ("3.14.0rc1", "not a final release"),
        ("3.14.1+", "not a final release"),
    ]


def test_an_image_with_musl_is_not_supported(tmp_path: Path) -> None:
    effects = image(tmp_path, "3.12.4-musl/bin/python3.12")
    with pytest.raises(ImageHasMusl) as found:
        select(plan("3.12"), effects)
    assert found.value.image_pythons == ()
    assert [kind for _, _, kind in found.value.unusable] == ["for musl"]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that a Python outside the image runs Slipway."""
    path = tmp_path / "3.13.5" / "bin" / "python3.13"
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def with_own(root: Path, own: Path, *names: str) -> Effects:
    effects = image(root, *names, str(own.relative_to(root)))
    path = (
        effects.environment["PATH"].replace(f":{own.parent}", "").replace(str(own.parent), "")
    )
    return replace(effects, environment={"PATH": path})


def test_slipways_own_is_selected_if_the_image_has_none_that_fits(
    tmp_path: Path, own: Path
) -> None:
    effects = with_own(tmp_path, own, "3.12.4/bin/python3.12")
    selected = select_from_image(parse_version("3.13", ".python-version"), APP, effects)
    assert selected.path == str(own)
    assert describe(chosen(parse_version("3.13", ".python-version")), selected, "auto") == (
        ".python-version requests 3.13. Using the Python that runs Slipway, because the image "
        f"has none that fits: {own}"
    )
    assert select_from_image(parse_version(">=3.12", ""), APP, effects).version == "3.12.4"


def test_the_identity_of_slipways_own_does_not_depend_on_its_path(
    tmp_path: Path, own: Path
) -> None:
    selected = select_from_image(parse_version("3.13", ""), APP, with_own(tmp_path, own))
    elsewhere = replace(selected, path="/elsewhere/bin/python3.13", prefix="/elsewhere")
    assert elsewhere.identity == selected.identity
    assert elsewhere.identity != replace(selected, version="3.13.6").identity


def test_the_log_explains_the_selection() -> None:
    assert describe(chosen(parse_version("3.13", ".python-version")), PYTHON, "auto") == (
        ".python-version requests 3.13. Using the Python of the image: /usr/bin/python3.13"
    )
    logged = describe(chosen(ANY_PYTHON), replace(PYTHON, path="/python"), "auto")
    assert "No file requests a version" in logged
    assert "write 3.13 to .python-version" in logged


MANAGED = ManagedPython(**{**vars(PYTHON), "build": "20261110-0123456789ab"})


class NoUv:
    def path(self) -> Path:
        raise UvUnavailable(reason="there is no uv", version="1.0")


def plan(requested: str, source: str = "auto", *, is_offline: bool = False) -> BuildPlan:
    settings = replace(PLAN.settings, python_source=source, offline=is_offline)
    return replace(PLAN, python=parse_version(requested, ".python-version"), settings=settings)


def cache_managed(effects: Effects, version: str, build: str = "1-a") -> None:
    """Write a managed Python to the cache."""
    name = f"cpython-{version}-linux-x86_64-gnu+{build}"
    folder = effects.cache.folder / "pythons" / name
    program = f"bin/python{version.rpartition('.')[0]}"
    write_files(folder, {program: "", "lib/x": ""})


def with_cached(root: Path, *names: str, cached: str = "3.12.4") -> Effects:
    """Return an image with a managed Python in the cache, and no uv to download another."""
    effects = image(root, *names)
    cache_managed(effects, cached)
    assert isinstance(effects.processes, FakeProcesses)
    image_answer = effects.processes.answer

    def answer(command: Command) -> str:
        if "/cpython-" not in command.argv[0]:
            return image_answer(command)
        logged = {"path": command.argv[0], "version": cached, "prefix": "/", "stdlib": "/"}
        facts = {"implementation": "cpython", "variant": "", "platform": "x", "files": []}
        return json.dumps({**facts, **logged})

    return replace(effects, processes=FakeProcesses(now=no_time, answer=answer))


def select(requested: BuildPlan, effects: Effects) -> Interpreter:
    return select_python(
        requested,
        lambda: ManagedPythons(uv=NoUv(), effects=effects, app=APP),
        APP,
        effects,
    )


def test_a_managed_python_is_selected_if_the_image_has_none_that_fits(tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11", "3.12.1/bin/python3.12")
    requested = plan("3.12.4")
    selected = select(requested, effects)
    assert isinstance(selected, ManagedPython)
    assert (selected.version, selected.build) == ("3.12.4", "1-a")
    assert describe(chosen(requested.python), selected, "auto") == (
        ".python-version requests 3.12.4. Using a Python downloaded by uv, because the image "
        f"has none that fits: {selected.path}"
    )
    assert not isinstance(select(plan("3.12"), effects), ManagedPython)


def test_a_managed_python_is_selected_if_the_app_requests_one(tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.12.9/bin/python3.12")
    requested = plan("3.12", "managed")
    selected = select(requested, effects)
    assert selected.version == "3.12.4"
    logged = describe(chosen(requested.python), selected, "managed")
    assert 'Using a Python downloaded by uv, because python_source is "managed": /' in logged


def test_slipways_own_is_preferred_to_a_managed_python(tmp_path: Path, own: Path) -> None:
    effects = with_own(tmp_path, own, "3.12.4/bin/python3.12")
    cache_managed(effects, "3.13.9")
    assert select(plan("3.13"), effects).path == str(own)


def test_an_app_can_allow_only_pythons_of_the_image(tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11")
    with pytest.raises(PythonNotFound) as missing:
        select(plan("3.12", "image"), effects)
    assert missing.value.setting == "python_source"
    assert missing.value.setting_origin == TABLE


@pytest.mark.parametrize("source", ["auto", "managed"])
def test_offline_only_a_cached_managed_python_is_selected(source: str, tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11")
    assert select(plan("3.12", source, is_offline=True), effects).version == "3.12.4"
    with pytest.raises(PythonNotFound) as missing:
        select(plan("3.13", source, is_offline=True), effects)
    assert type(missing.value) is PythonNotFound
    assert missing.value.setting == "offline"
    assert [version for version, _ in missing.value.image_pythons] == ["3.11.2"]


def test_offline_a_python_of_slipways_package_is_selected(tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11")
    name = "44c53dbf2-cpython-3.13.18-20261110-x86_64-unknown-linux-gnu.tar.gz"
    write_files(tmp_path / "offline" / "pythons", {name: ""})
    archives = PythonArchives(tmp_path / "offline")

    def managed() -> ManagedPythons:
        return ManagedPythons(uv=NoUv(), effects=effects, app=APP, archives=archives)

    with pytest.raises(ManagedPythonWithoutUv):  # so it would be installed
        select_python(plan("3.13", is_offline=True), managed, APP, effects)
    assert "Installing Python 3.13 from Slipway's own package" in logged(effects)
    with pytest.raises(PythonNotFound) as missing:
        select_python(plan("3.13.1", is_offline=True), managed, APP, effects)
    assert missing.value.setting == "offline"


@pytest.mark.parametrize("source", ["auto", "managed"])
def test_the_variable_that_forbids_downloads_is_named(source: str, tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11")
    variables = {**effects.environment, "UV_PYTHON_DOWNLOADS": "never"}
    never = replace(effects, environment=variables)
    assert select(plan("3.12", source), never).version == "3.12.4"
    with pytest.raises(PythonNotFound) as missing:
        select(plan("3.13", source), never)
    assert type(missing.value) is PythonNotFound
    assert missing.value.setting == "UV_PYTHON_DOWNLOADS"


def test_without_uv_the_error_lists_the_pythons_of_the_image(tmp_path: Path) -> None:
    effects = with_cached(tmp_path, "3.11.2/bin/python3.11")
    with pytest.raises(ManagedPythonWithoutUv) as missing:
        select(plan("3.13", "managed"), effects)
    assert [version for version, _ in missing.value.image_pythons] == ["3.11.2"]
    assert missing.value.origin == ".python-version"
    assert missing.value.setting == "python_source"
    with pytest.raises(ManagedPythonWithoutUv) as missing:
        select(plan("3.13"), effects)
    assert not missing.value.setting


def test_the_identity_of_a_managed_python_does_not_depend_on_its_path() -> None:
    assert replace(MANAGED, path="/elsewhere").identity == MANAGED.identity
    assert replace(MANAGED, build="20270101-ab").identity != MANAGED.identity


def test_only_a_python_of_the_image_stays_in_the_image() -> None:
    assert PYTHON.stays_in_image
    assert not MANAGED.stays_in_image
