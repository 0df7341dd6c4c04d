"""A folder is a Python app if it contains one of the known files."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.app_files import PYTHON_APP_FILES, PYTHON_APP_FILES_BELOW
from slipway.errors.app import AppFolderMissing, NotPython
from slipway.steps.detect import detect, is_python_app, require_root
from unit.samples import write_files


@pytest.mark.parametrize("name", [*PYTHON_APP_FILES, "pylock.web.toml"])
def test_one_known_file_is_enough(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert is_python_app(str(tmp_path))
    detect(str(tmp_path))


@pytest.mark.parametrize("name", [*PYTHON_APP_FILES_BELOW, "pylock.web.toml"])
def test_an_app_right_below_is_enough_if_it_may_be_named_later(
    name: str, tmp_path: Path
) -> None:
    write_files(tmp_path, {"package.json": "{}", f"backend/{name}": ""})
    detect(str(tmp_path), may_be_below=True)
    for strict in (detect, require_root):
        with pytest.raises(NotPython) as refused:
            strict(str(tmp_path))
        assert refused.value.subfolders[0][0] == "backend"


@pytest.mark.parametrize(
    "name",
    [
        "build.py",
        "scripts/requirements.txt",
        "docs/requirements.txt",
        "node_modules/requirements.txt",
        ".github/requirements.txt",
        "bindings/setup.py",
        "services/shop/requirements.txt",
        "frontend/.python-version",
    ],
)
def test_python_files_of_an_app_in_another_language_are_not_enough(
    name: str, tmp_path: Path
) -> None:
    write_files(tmp_path, {"package.json": "{}", name: ""})
    with pytest.raises(NotPython):
        detect(str(tmp_path), may_be_below=True)


def test_a_repository_needs_no_root_if_it_is_an_app_itself(tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": "", "backend/requirements.txt": ""})
    require_root(str(tmp_path))
    (tmp_path / "requirements.txt").unlink()
    with pytest.raises(NotPython) as refused:
        require_root(str(tmp_path))
    assert [folder for folder, _ in refused.value.subfolders] == ["backend"]


def test_the_error_lists_the_files_and_likely_misspellings(tmp_path: Path) -> None:
    for name in ("package.json", "requirments.txt"):
        (tmp_path / name).touch()
    with pytest.raises(NotPython) as refused:
        detect(str(tmp_path))
    assert not is_python_app(str(tmp_path))
    assert refused.value.found == ("package.json", "requirments.txt")
    assert refused.value.misspelled == (("requirments.txt", "requirements.txt"),)


def test_a_missing_folder_is_not_an_app(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    assert not is_python_app(gone)
    with pytest.raises(AppFolderMissing) as missing:
        detect(gone)
    assert missing.value.path == gone
