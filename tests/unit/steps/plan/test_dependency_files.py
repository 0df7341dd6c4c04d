"""One file with dependencies counts: the one that settings name, or the first in the order."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.settings import parse
from slipway.domain.toml_text import parse_toml
from slipway.effects.files import AppFolder
from slipway.errors.app import NotPython
from slipway.errors.dependencies import NoDependencyFile, ProjectTableMissing
from slipway.errors.locks import (
    LockAlone,
    LockAndRequirementsSet,
    LockNotChosen,
    LockSettingWrong,
)
from slipway.steps.detect import detect
from slipway.steps.plan.dependency_files import dependency_files
from unit.samples import write_files

IN_ORDER = (
    "pylock.toml",
    "pylock.web.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "requirements.txt",
    "requirements.in",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "setup.cfg",
)
FILES = {
    **dict.fromkeys(IN_ORDER, ""),
    "pyproject.toml": "[project]\nname = 'a'\nversion = '1'\n",
    "Pipfile": "[packages]\n",
    "setup.cfg": "[metadata]\n",
}
POETRY = "[tool.poetry.dependencies]\npython = '^3.12'\nsix = '*'\n"


def chosen(root: Path, files: dict[str, str], **environment: str) -> tuple[str, ...]:
    document = parse_toml(files.get("pyproject.toml", ""), "pyproject.toml")
    return dependency_files(
        AppFolder(write_files(root, files)), document, parse({}, environment)
    )


@pytest.mark.parametrize("name", IN_ORDER)
def test_the_first_file_counts(name: str, tmp_path: Path) -> None:
    """Each file counts with all that follow it, and those that locks were made from."""
    names = [*IN_ORDER[IN_ORDER.index(name) :], "pyproject.toml", "Pipfile"]
    if name in ("Pipfile", "setup.py", "setup.cfg"):
        names.remove("pyproject.toml")
    if name in ("setup.py", "setup.cfg"):
        names.remove("Pipfile")
    assert chosen(tmp_path, {one: FILES[one] for one in names}) == (name,)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["pylock.prod.toml"], "pylock.prod.toml"),
        (["pylock.web.toml"], "pylock.web.toml"),
        (["pylock.web.toml", "pylock.production.toml"], "pylock.production.toml"),
        (["pylock.web.toml", "pylock.dev.toml"], "pylock.web.toml"),
        (["pylock.dev.toml"], "requirements.txt"),
        (["pylock.web.toml", "pylock.jobs.toml"], "requirements.txt"),
        (["pylock.prod.toml", "pylock.live.toml"], "requirements.txt"),
    ],
)
def test_a_lock_with_a_name_counts_if_it_is_the_only_one_for_production(
    names: list[str], expected: str, tmp_path: Path
) -> None:
    files = dict.fromkeys((*names, "requirements.txt"), "")
    assert chosen(tmp_path, files) == (expected,)


def test_a_lock_for_development_counts_if_there_is_nothing_else(tmp_path: Path) -> None:
    assert chosen(tmp_path, {"pylock.dev.toml": "", "manage.py": ""}) == ("pylock.dev.toml",)


def test_several_locks_and_nothing_else_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(LockNotChosen) as error:
        chosen(tmp_path, {"pylock.web.toml": "", "pylock.jobs.toml": ""})
    assert error.value.files == ("pylock.jobs.toml", "pylock.web.toml")


@pytest.mark.parametrize(
    ("lock", "made_from"),
    [
        ("uv.lock", "pyproject.toml"),
        ("poetry.lock", "pyproject.toml"),
        ("pdm.lock", "pyproject.toml"),
        ("Pipfile.lock", "Pipfile"),
    ],
)
def test_a_lock_without_the_file_that_it_was_made_from_does_not_count(
    lock: str, made_from: str, tmp_path: Path
) -> None:
    assert chosen(tmp_path, {lock: "", "requirements.txt": ""}) == ("requirements.txt",)
    (tmp_path / "requirements.txt").unlink()
    with pytest.raises(LockAlone) as error:
        chosen(tmp_path, {lock: ""})
    assert (error.value.file, error.value.made_from) == (lock, made_from)
    with pytest.raises(LockAlone):
        chosen(tmp_path, {lock: "", "requirements.txt": ""}, SLIPWAY_LOCK=lock)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("SLIPWAY_LOCK", "poetry.lock", "poetry.lock"),
        ("SLIPWAY_LOCK", "pylock.web.toml", "pylock.web.toml"),
        ("SLIPWAY_REQUIREMENTS", "requirements.txt", "requirements.txt"),
        ("SLIPWAY_REQUIREMENTS", "pyproject.toml", "pyproject.toml"),
        ("SLIPWAY_REQUIREMENTS", "Pipfile", "Pipfile"),
        ("SLIPWAY_REQUIREMENTS", "poetry.lock", "poetry.lock"),
    ],
)
def test_a_setting_chooses_any_file(
    variable: str, value: str, expected: str, tmp_path: Path
) -> None:
    assert chosen(tmp_path, FILES, **{variable: value}) == (expected,)


@pytest.mark.parametrize(
    ("value", "is_missing"), [("pdm.lock", True), ("requirements.txt", False), ("sub", True)]
)
def test_a_setting_that_names_no_lock_is_an_error(
    value: str, tmp_path: Path, *, is_missing: bool
) -> None:
    files = {"requirements.txt": "", "uv.lock": "", "pyproject.toml": "", "sub/a": ""}
    with pytest.raises(LockSettingWrong) as error:
        chosen(tmp_path, files, SLIPWAY_LOCK=value)
    assert (error.value.file, error.value.is_missing) == (value, is_missing)
    assert error.value.known == ("uv.lock",)


def test_a_lock_and_requirements_cannot_both_be_named(tmp_path: Path) -> None:
    with pytest.raises(LockAndRequirementsSet) as error:
        chosen(tmp_path, FILES, SLIPWAY_LOCK="uv.lock", SLIPWAY_REQUIREMENTS="a.txt")
    assert error.value.lock_origin == "The variable SLIPWAY_LOCK"
    assert error.value.requirements_origin == "The variable SLIPWAY_REQUIREMENTS"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"pyproject.toml": "[tool.ruff]\n", "setup.py": ""}, "setup.py"),
        ({"pyproject.toml": POETRY, "setup.cfg": "[metadata]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.ruff]\n", "requirements.in": ""}, "requirements.in"),
        ({"Pipfile": "[dev-packages]\n", "setup.py": ""}, "setup.py"),
        ({"pyproject.toml": "[dependency-groups]\na = []\n", "setup.py": ""}, "setup.py"),
    ],
)
def test_a_file_that_lists_no_dependencies_is_not_the_source(
    files: dict[str, str], source: str, tmp_path: Path
) -> None:
    assert chosen(tmp_path, files) == (source,)


def test_groups_alone_count_if_a_setting_chooses_some(tmp_path: Path) -> None:
    text = "[dependency-groups]\ndev = ['a']\nweb = ['b']\nprod = ['c']\n"
    with pytest.raises(ProjectTableMissing) as error:
        chosen(tmp_path, {"pyproject.toml": text})
    assert error.value.groups == ("prod", "web", "dev")
    files = chosen(tmp_path, {"pyproject.toml": text}, SLIPWAY_GROUPS="web")
    assert files == ("pyproject.toml",)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"manage.py": "", "environment.yaml": ""}, ["environment.yaml"]),
        ({"setup.cfg": "[flake8]\n", "pixi.lock": "", "pixi.toml": ""}, ["pixi.lock"]),
        ({"requirements.lock": ""}, ["requirements.lock"]),
    ],
)
def test_without_a_source_the_error_names_the_files_of_other_tools(
    files: dict[str, str], names: list[str], tmp_path: Path
) -> None:
    with pytest.raises(NoDependencyFile) as error:
        chosen(tmp_path, files)
    assert [source.name for source in error.value.unread] == names


def test_a_pyproject_without_dependencies_names_the_files_of_other_tools(
    tmp_path: Path,
) -> None:
    with pytest.raises(ProjectTableMissing) as error:
        chosen(tmp_path, {"pyproject.toml": "[tool.pixi]\na = 1\n"})
    assert [source.name for source in error.value.unread] == ["[tool.pixi] in pyproject.toml"]


def test_without_a_source_the_error_names_requirements_files(tmp_path: Path) -> None:
    files = {"manage.py": "", "requirements/base.txt": "", "requirements-prod.txt": ""}
    with pytest.raises(NoDependencyFile) as error:
        chosen(tmp_path, files)
    assert error.value.others == ("requirements-prod.txt", "requirements/base.txt")


def test_detect_names_the_files_of_other_tools(tmp_path: Path) -> None:
    write_files(tmp_path, {"environment.yml": "", "requirements/base.txt": ""})
    with pytest.raises(NotPython) as error:
        detect(str(tmp_path))
    assert [source.name for source in error.value.unread] == ["environment.yml"]
    assert error.value.others == ("requirements/base.txt",)
