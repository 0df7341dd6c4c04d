"""A folder is a Python app if it contains one of the known files."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.app_files import PYTHON_APP_FILES
from slipway.errors.app import AppFolderMissing, NotPython
from slipway.steps.detect import detect, is_python_app


@pytest.mark.parametrize("name", [*PYTHON_APP_FILES, "pylock.web.toml"])
def test_one_known_file_is_enough(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert is_python_app(str(tmp_path))
    detect(str(tmp_path))


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
