"""pip's own files are found where pip finds them, in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.toolchains import pip_configuration
from slipway.toolchains.pip_configuration import configuration_files
from unit.samples import write_files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a file in each place, that of the machine too."""
    monkeypatch.setattr(pip_configuration, "_OF_THE_MACHINE", str(tmp_path / "etc/pip.conf"))
    names = ("xdg/pip/pip.conf", "etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf")
    return write_files(tmp_path, {name: name for name in (*names, "named.conf")})


def found(home: Path, **variables: str) -> list[str]:
    environment = {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "xdg"), **variables}
    return [text for _, text in configuration_files(home, environment)]


def test_the_strongest_comes_last(home: Path) -> None:
    usual = ["xdg/pip/pip.conf", "etc/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf"]
    assert found(home) == usual
    assert found(home, PIP_CONFIG_FILE="named.conf") == [*usual, "named.conf"]


def test_another_folder_for_configuration_is_looked_into(home: Path) -> None:
    write_files(home, {"else/pip/pip.conf": "else"})
    assert found(home, XDG_CONFIG_HOME=str(home / "else"))[-1] == "else"


def test_pip_can_be_told_to_read_none(home: Path) -> None:
    assert found(home, PIP_CONFIG_FILE="/dev/null") == []


def test_what_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, PIP_CONFIG_FILE="gone.conf") == found(tmp_path)
