"""What an app asks for becomes a lock, and the index is asked only for what has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.lock import Lock, LockedPackage
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.steps.plan import plan
from slipway.steps.resolve import Resolver
from slipway.toolchains import Locked
from unit.fakes import FakeToolchain, effects_with, said
from unit.samples import PYTHON, write_files

A, B, C = ("sha256:" + digit * 64 for digit in "abc")


def package(name: str, version: str, *hashes: str) -> LockedPackage:
    return LockedPackage(name=name, requirement=f"{name}=={version}", hashes=hashes or (A,))


SIX = Lock(packages=(package("six", "1.17.0", A, B),))


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def resolve(app: Path, toolchain: FakeToolchain, effects: Effects, **files: str) -> Locked:
    named = {name.replace("_txt", ".txt").replace("_py", ".py"): files[name] for name in files}
    decided = plan(AppFolder(write_files(app, named)), effects.environment)
    return Resolver(
        plan=decided, app=app, interpreter=PYTHON, toolchain=toolchain, effects=effects
    ).resolve()


def test_what_the_toolchain_answers_is_the_lock(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.lock == SIX
    (asked,) = toolchain.asked
    assert asked.requirements == "six\n"
    assert "Locked 1 package by hash" in said(effects)


def test_an_unchanged_app_does_not_ask_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    again = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six  # same\n")
    assert len(toolchain.asked) == 1
    assert again.lock == SIX
    assert again.wheels is not None
    assert (again.wheels / "six-1.17.0-py3-none-any.whl").read_text() == "a wheel"
    assert "Nothing that decides the lock has changed: 1 package, as before" in said(effects)


def test_a_changed_app_asks_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six>=1\n")
    assert [asked.requirements for asked in toolchain.asked] == ["six\n", "six>=1\n"]


def test_gunicorn_is_asked_for_where_slipway_starts_it(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(SIX)
    files = {"requirements_txt": "six\n", "wsgi_py": "application = 1"}
    resolve(tmp_path / "app", toolchain, effects, **files)
    assert toolchain.asked[0].requirements == "six\ngunicorn\n"


def test_an_app_that_asks_for_nothing_asks_nobody(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="# nothing\n")
    assert (locked, toolchain.asked) == (Locked(lock=Lock(packages=()), wheels=None), [])


def test_a_file_with_all_hashes_is_taken_as_it_is(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    assert locked.lock.packages == (package("six", "1.17.0", C),)
    assert toolchain.asked == []
    assert "it is the lock, taken as it is" in said(effects)


def test_gunicorn_is_added_to_a_lock_of_the_apps_own(tmp_path: Path, effects: Effects) -> None:
    answer = Lock(packages=(package("gunicorn", "23.0"), package("six", "1.17.0", A)))
    toolchain = FakeToolchain(answer)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(
        tmp_path / "app", toolchain, effects, requirements_txt=text, wsgi_py="application = 1"
    )
    assert toolchain.asked[0].requirements == "gunicorn\n"
    assert toolchain.asked[0].constraints == "six==1.17.0\n"
    assert locked.lock.packages == (package("gunicorn", "23.0"), package("six", "1.17.0", C))


def test_only_hashes_that_the_app_gave_are_locked(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    for given in (C, A):
        text = f"six==1.17.0 --hash={given}\nidna\n"
        locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
        assert locked.lock.packages == (package("six", "1.17.0", given),)


@pytest.mark.parametrize(
    ("who", "what", "expected"),
    [
        pytest.param(THE_APP, "idna==2.4", "more.txt:2", id="nested-file"),
        pytest.param(THE_APP, "zope.interface==6", "requirements.txt:2", id="name-with-dot"),
        pytest.param(
            THE_APP, "Zope_Interface[x]==6", "requirements.txt:2", id="other-spelling"
        ),
        pytest.param(THE_APP, "attrs<20", "limits.txt:1", id="constraint"),
        pytest.param(THE_APP, "unheard-of", THE_APP, id="unknown"),
        pytest.param("requests 2.32.3", "idna>=2.5", "requests 2.32.3", id="another-package"),
    ],
)
def test_a_conflict_names_the_file_and_line(
    who: str, what: str, expected: str, tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(error=ResolutionConflict(wants=((who, what),)))
    write_files(tmp_path / "app", {"more.txt": "\nidna==2.4\n", "limits.txt": "attrs<20\n"})
    text = "-r more.txt\nZope.Interface==6\n-c limits.txt\n"
    with pytest.raises(ResolutionConflict) as conflict:
        resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    assert conflict.value.wants == ((expected, what),)


def test_without_a_cache_a_build_goes_on_and_says_so(tmp_path: Path, effects: Effects) -> None:
    (tmp_path / "cache").write_text("in the way")
    locked = resolve(tmp_path / "app", FakeToolchain(SIX), effects, requirements_txt="six\n")
    assert (locked.lock, locked.wheels) == (SIX, None)
    assert "The lock could not be kept in the cache: Not a directory" in said(effects)


def test_another_python_is_another_question(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n"})
    decided = plan(AppFolder(app), effects.environment)
    for version in ("3.12.1", "3.13.1"):
        Resolver(
            plan=decided,
            app=app,
            interpreter=replace(PYTHON, version=version),
            toolchain=toolchain,
            effects=effects,
        ).resolve()
    assert toolchain.pythons == ["3.12.1", "3.13.1"]


def test_without_a_cache_built_wheels_last_as_long_as_the_build(
    tmp_path: Path, effects: Effects
) -> None:
    """The shelf of locks cannot be made; the folder around it can."""
    write_files(effects.cache.folder, {"lock": "in the way"})
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.wheels is not None
    assert [path.name for path in locked.wheels.iterdir()] == ["six-1.17.0-py3-none-any.whl"]
