"""The newest Python of the image that fits is taken, and no more of them asked than need be."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.python.selection import (
    ANY_PYTHON,
    Interpreter,
    ManagedPython,
    parse_version,
)
from slipway.effects import Effects
from slipway.effects.processes import Command
from slipway.errors.python import ManagedPythonWithoutUv, PythonNotFound
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.steps.select_python import choose_python, describe, select_python
from slipway.toolchains.pythons.managed import ManagedPythons
from unit.fakes import FakeProcesses, effects_with, no_time
from unit.samples import PLAN, PYTHON, write_files


def image(root: Path, *names: str, **said: str) -> Effects:
    """Make programs `3.12.4/bin/python3` and so on; each says the version of its folder."""
    for name in names:
        program = root / name
        program.parent.mkdir(parents=True)
        program.write_bytes(b"\x7fELF")
        program.chmod(0o755)

    def answer(command: Command) -> str:
        path = command.argv[0]
        found = re.search(r"(\d+\.\d+\.\d+)(-\w+)?/bin", path)
        if not path.startswith(str(root)) or found is None:
            raise CommandFailed(command=path, status=1, output="not of this test")
        if found[2] == "-broken":
            return "Segmentation fault"
        kind = "pypy" if found[2] == "-pypy" else "cpython"
        described = {
            "version": found[1],
            "path": path,
            "prefix": "/",
            "stdlib": "/",
            "platform": "x",
        }
        return json.dumps({"implementation": kind, **described})

    path = ":".join(str((root / name).parent) for name in names)
    processes = FakeProcesses(now=no_time, answer=answer)
    return effects_with(root, processes, {"PATH": path})


def asked(root: Path, effects: Effects) -> list[str]:
    assert isinstance(effects.processes, FakeProcesses)
    places = (Path(command.argv[0]) for command in effects.processes.started)
    return [str(place.relative_to(root)) for place in places if place.is_relative_to(root)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("3.12", "3.12.11"), ("3.12.4", "3.12.4"), (">=3.11", "3.13.1"), ("~=3.12.5", "3.12.11")],
)
def test_the_newest_that_fits_is_taken(wanted: str, expected: str, tmp_path: Path) -> None:
    effects = image(tmp_path, "3.12.4/bin/python3", "3.12.11/bin/python3", "3.13.1/bin/python3")
    assert choose_python(parse_version(wanted, ""), effects).version == expected


def test_those_that_cannot_fit_are_not_started(tmp_path: Path) -> None:
    effects = image(
        tmp_path, "3.11.2/bin/python3.11", "3.12.4/bin/python3.12", "3.13.1/bin/python3.13"
    )
    choose_python(parse_version("3.12", ""), effects)
    assert asked(tmp_path, effects) == ["3.12.4/bin/python3.12"]


def test_the_likeliest_are_started_first(tmp_path: Path) -> None:
    effects = image(tmp_path, "3.12.4/bin/python3.12", "3.13.1/bin/python3.13")
    assert choose_python(parse_version(">=3.12", ""), effects).version == "3.13.1"
    assert asked(tmp_path, effects) == ["3.13.1/bin/python3.13"]


def test_a_python_that_does_not_start_is_passed_over(tmp_path: Path) -> None:
    effects = image(
        tmp_path,
        "3.13.1-broken/bin/python3.13",
        "3.13.0-pypy/bin/python3",
        "3.12.4/bin/python3",
    )
    assert choose_python(ANY_PYTHON, effects).version == "3.12.4"


def test_an_image_without_one_that_fits_says_what_it_has(tmp_path: Path) -> None:
    effects = image(tmp_path, "3.9.2/bin/python3.9", "3.12.4/bin/python3.12")
    with pytest.raises(PythonNotFound) as missing:
        choose_python(parse_version("3.13", ".python-version"), effects)
    assert [version for version, _ in missing.value.image_pythons] == ["3.12.4", "3.9.2"]
    assert missing.value.origin == ".python-version"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the Python that runs Slipway one that is not the image's."""
    path = tmp_path / "3.13.5" / "bin" / "python3.13"
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def with_own(root: Path, own: Path, *names: str) -> Effects:
    effects = image(root, *names, str(own.relative_to(root)))
    path = (
        effects.environment["PATH"].replace(f":{own.parent}", "").replace(str(own.parent), "")
    )
    return replace(effects, environment={"PATH": path})


def test_slipways_own_is_taken_where_none_of_the_image_fits(tmp_path: Path, own: Path) -> None:
    effects = with_own(tmp_path, own, "3.12.4/bin/python3.12")
    taken = choose_python(parse_version("3.13", ".python-version"), effects)
    assert taken.path == str(own)
    assert describe(parse_version("3.13", ".python-version"), taken) == (
        f".python-version asks for 3.13. Slipway's own, as the image has none that fits: {own}"
    )
    assert choose_python(parse_version(">=3.12", ""), effects).version == "3.12.4"


def test_what_is_made_with_slipways_own_serves_wherever_that_lies(
    tmp_path: Path, own: Path
) -> None:
    taken = choose_python(parse_version("3.13", ""), with_own(tmp_path, own))
    elsewhere = replace(taken, path="/elsewhere/bin/python3.13", prefix="/elsewhere")
    assert elsewhere.identity == taken.identity
    assert elsewhere.identity != replace(taken, version="3.13.6").identity


def test_why_it_is_this_one_is_said() -> None:
    assert describe(parse_version("3.13", ".python-version"), PYTHON) == (
        ".python-version asks for 3.13. From the image: /usr/bin/python3.13"
    )
    said = describe(ANY_PYTHON, replace(PYTHON, path="/python"))
    assert "No file asks for a version" in said
    assert "write 3.13 into .python-version" in said


MANAGED = ManagedPython(**vars(PYTHON), build="20261110-0123456789ab")


class NoUv:
    def path(self) -> Path:
        raise UvUnavailable(reason="there is none", version="1.0")


def plan(wanted: str, source: str = "auto", *, is_offline: bool = False) -> BuildPlan:
    settings = replace(PLAN.settings, python_source=source, offline=is_offline)
    return replace(PLAN, python=parse_version(wanted, ".python-version"), settings=settings)


def keep(effects: Effects, version: str, build: str = "1-a") -> None:
    """Let the cache have a managed Python."""
    name = f"cpython-{version}-linux-x86_64-gnu+{build}"
    folder = effects.cache.folder / "pythons" / name
    program = f"bin/python{version.rpartition('.')[0]}"
    write_files(folder, {program: "", "lib/x": ""})


def with_kept(root: Path, *names: str, kept: str = "3.12.4") -> Effects:
    """Make an image whose cache has a managed Python, and no uv to fetch another."""
    effects = image(root, *names)
    keep(effects, kept)
    assert isinstance(effects.processes, FakeProcesses)
    of_the_image = effects.processes.answer

    def answer(command: Command) -> str:
        if "pythons" not in command.argv[0]:
            return of_the_image(command)
        said = {"path": command.argv[0], "version": kept, "prefix": "/", "stdlib": "/"}
        return json.dumps({"implementation": "cpython", "platform": "x", **said})

    return replace(effects, processes=FakeProcesses(now=no_time, answer=answer))


def take(wanted: BuildPlan, effects: Effects) -> Interpreter:
    return select_python(wanted, lambda: ManagedPythons(uv=NoUv(), effects=effects), effects)


def test_a_managed_one_is_taken_where_the_image_has_none_that_fits(tmp_path: Path) -> None:
    effects = with_kept(tmp_path, "3.11.2/bin/python3.11", "3.12.1/bin/python3.12")
    wanted = plan("3.12.4")
    taken = take(wanted, effects)
    assert isinstance(taken, ManagedPython)
    assert (taken.version, taken.build) == ("3.12.4", "1-a")
    assert describe(wanted.python, taken) == (
        ".python-version asks for 3.12.4. Fetched by uv, as the image has none that fits: "
        f"{taken.path}"
    )
    assert not isinstance(take(plan("3.12"), effects), ManagedPython)


def test_a_managed_one_is_always_taken_where_the_app_says_so(tmp_path: Path) -> None:
    effects = with_kept(tmp_path, "3.12.9/bin/python3.12")
    wanted = plan("3.12", "managed")
    taken = take(wanted, effects)
    assert taken.version == "3.12.4"
    said = describe(wanted.python, taken, "managed")
    assert 'Fetched by uv, as python_source is "managed": /' in said


def test_slipways_own_is_taken_before_one_is_fetched(tmp_path: Path, own: Path) -> None:
    effects = with_own(tmp_path, own, "3.12.4/bin/python3.12")
    keep(effects, "3.13.9")
    assert take(plan("3.13"), effects).path == str(own)


def test_an_app_that_wants_the_images_gets_no_other(tmp_path: Path) -> None:
    effects = with_kept(tmp_path, "3.11.2/bin/python3.11")
    with pytest.raises(PythonNotFound) as missing:
        take(plan("3.12", "image"), effects)
    assert missing.value.setting == "python_source"


@pytest.mark.parametrize("source", ["auto", "managed"])
def test_offline_one_that_the_cache_has_serves_and_none_is_fetched(
    source: str, tmp_path: Path
) -> None:
    effects = with_kept(tmp_path, "3.11.2/bin/python3.11")
    assert take(plan("3.12", source, is_offline=True), effects).version == "3.12.4"
    with pytest.raises(PythonNotFound) as missing:
        take(plan("3.13", source, is_offline=True), effects)
    assert type(missing.value) is PythonNotFound
    assert missing.value.setting == "offline"
    assert [version for version, _ in missing.value.image_pythons] == ["3.11.2"]


def test_without_uv_the_user_hears_what_the_image_has(tmp_path: Path) -> None:
    effects = with_kept(tmp_path, "3.11.2/bin/python3.11")
    with pytest.raises(ManagedPythonWithoutUv) as missing:
        take(plan("3.13", "managed"), effects)
    assert [version for version, _ in missing.value.image_pythons] == ["3.11.2"]
    assert missing.value.origin == ".python-version"
    assert missing.value.setting == "python_source"
    with pytest.raises(ManagedPythonWithoutUv) as missing:
        take(plan("3.13"), effects)
    assert not missing.value.setting


def test_what_is_made_with_a_managed_one_serves_wherever_the_cache_lies() -> None:
    assert replace(MANAGED, path="/elsewhere").identity == MANAGED.identity
    assert replace(MANAGED, build="20270101-ab").identity != MANAGED.identity


def test_only_the_images_own_stays_in_it() -> None:
    assert PYTHON.stays_in_image
    assert not MANAGED.stays_in_image
