"""Config variables are read from a folder, one per file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.domain.redaction import Secrets
from slipway.effects.config_vars import read_config_vars
from slipway.errors.app import FileUnreadable


def test_each_file_is_a_variable_without_trailing_newlines(tmp_path: Path) -> None:
    (tmp_path / "A").write_bytes(b"one\ntwo\n\n")
    (tmp_path / "B").write_bytes(b"\xff\0x")
    (tmp_path / "folder").mkdir()
    assert read_config_vars(tmp_path, Secrets()) == {"A": "one\ntwo", "B": "\udcffx"}


def test_a_missing_folder_has_no_config_vars(tmp_path: Path) -> None:
    assert read_config_vars(tmp_path / "gone", Secrets()) == {}


def test_secrets_in_the_values_are_struck_from_then_on(tmp_path: Path) -> None:
    secrets = Secrets()
    (tmp_path / "API_KEY").write_text("h0rsestaple\n", "utf-8")
    read_config_vars(tmp_path, secrets)
    assert secrets.strike("h0rsestaple") == "****"


@pytest.mark.parametrize("name", ["A", "A_LONG_NAME"])
def test_the_largest_variable_is_the_largest_that_a_process_gets(
    name: str, tmp_path: Path
) -> None:
    size = 128 * 1024 - len(name) - 2  # `=` and a null byte
    (tmp_path / name).write_text("v" * size)
    variables = read_config_vars(tmp_path, Secrets())
    subprocess.run(["/bin/true"], env=variables, check=True)
    (tmp_path / name).write_text("v" * (size + 1))
    with pytest.raises(FileUnreadable):
        read_config_vars(tmp_path, Secrets())
