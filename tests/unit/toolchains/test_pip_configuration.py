"""pip's configuration files are read in the same order as by pip."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.toolchains import pip_configuration
from slipway.toolchains.pip_configuration import configuration_files
from unit.samples import write_files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a file in each place, the global one included."""
    monkeypatch.setattr(pip_configuration, "_GLOBAL_FILE", str(tmp_path / "etc/pip.conf"))
    names = ("xdg/pip/pip.conf", "etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf")
    return write_files(tmp_path, {name: name for name in (*names, "named.conf")})


def found(home: Path, **variables: str) -> list[str]:
    environment = {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "xdg"), **variables}
    return [text for _, text in configuration_files(home, environment)]


def test_the_file_with_priority_comes_last(home: Path) -> None:
    usual = ["xdg/pip/pip.conf", "etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"]
    assert found(home) == usual
    assert found(home, PIP_CONFIG_FILE="named.conf") == [*usual, "named.conf"]


def test_another_configuration_folder_is_read(home: Path) -> None:
    write_files(home, {"else/pip/pip.conf": "else"})
    assert found(home, XDG_CONFIG_HOME=str(home / "else"))[-1] == "else"


def test_pip_config_file_may_exclude_all_files(home: Path) -> None:
    assert found(home, PIP_CONFIG_FILE="/dev/null") == []


def test_missing_files_have_no_settings(tmp_path: Path) -> None:
    assert found(tmp_path, PIP_CONFIG_FILE="gone.conf") == found(tmp_path)
