"""Each change to a sample app changes only what its row is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

from sample_apps import (
    CHANGED,
    NAMES,
    SampleApp,
    django_app,
    with_comment,
    with_lock,
    with_package_changed,
    with_project,
    with_vendored_changed,
)


@pytest.fixture(params=NAMES)
def app(request: pytest.FixtureRequest) -> SampleApp:
    return django_app(request.param, "3.11")


def test_every_requirement_is_one_exact_version(app: SampleApp) -> None:
    lines = app.requirements.splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+(\[[a-z]+\])?==[\w.]+", line) for line in lines)


def test_the_number_of_requirements_is_known() -> None:
    counts = [len(django_app(name, "3").requirements.splitlines()) for name in NAMES]
    assert counts == [5, 18, 21]


def test_only_one_package_changes(app: SampleApp) -> None:
    before, after = app.requirements.splitlines(), with_package_changed(app).requirements
    ((name, version),) = CHANGED.items()
    assert [line for line in after.splitlines() if line not in before] == [f"{name}=={version}"]


def test_a_comment_changes_no_requirement(app: SampleApp) -> None:
    comment, *rest = with_comment(app).requirements.splitlines()
    assert comment.startswith("#")
    assert rest == app.requirements.splitlines()


def test_one_byte_of_the_private_package_changes(app: SampleApp) -> None:
    changed = with_vendored_changed(app).files
    ((name, text),) = [item for item in app.files.items() if changed[item[0]] != item[1]]
    assert name.startswith("vendor/")
    assert sum(one != other for one, other in zip(text, changed[name], strict=True)) == 1


def test_a_lock_replaces_the_list_of_requirements(app: SampleApp, tmp_path: Path) -> None:
    written = with_lock(with_project(app), "version = 1\n").write(tmp_path / "app")
    assert (written / "uv.lock").read_text() == "version = 1\n"
    assert not (written / "requirements.txt").exists()
    declared = tomli.loads((written / "pyproject.toml").read_text())["project"]["dependencies"]
    assert declared == [*app.requirements.split(), "harbour-ledger"]


def test_files_of_an_earlier_app_are_removed(app: SampleApp, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "built").write_text("before")
    written = app.write(tmp_path / "app")
    assert not (written / "built").exists()
    assert (written / ".python-version").read_text() == "3.11\n"
    assert (written / "requirements.txt").read_text() == app.requirements
