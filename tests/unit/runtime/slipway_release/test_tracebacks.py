"""A traceback shows the app's code, and no credentials."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from slipway_release import hook, tracebacks
from slipway_release.tracebacks import missing_variable


def test_calls_in_the_release_step_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        cause = ValueError("postgres://harbour:berth-by-night@db/harbour")
        raise KeyError("name") from cause

    monkeypatch.setattr(subprocess, "Popen", fail)
    script = tmp_path / "bin" / "release"
    script.parent.mkdir()
    script.touch(0o755)
    with pytest.raises(KeyError) as caught:
        hook.run(tmp_path)
    capsys.readouterr()
    tracebacks.show(caught.value)
    shown = capsys.readouterr().out
    assert "in fail" in shown
    assert "hook.py" not in shown
    assert "ValueError: postgres://****@db/harbour" in shown
    assert shown.endswith("KeyError: 'name'\n")


def read_variable() -> object:
    return os.environ["TIDE_OF_THE_HARBOUR"]


def read_mapping() -> object:
    return dict[str, str]()["TIDE_OF_THE_HARBOUR"]


def raise_unset() -> object:
    raise KeyError("TIDE_OF_THE_HARBOUR")


def delete_variable() -> object:
    del os.environ["TIDE_OF_THE_HARBOUR"]
    return None


def test_only_a_variable_that_is_certainly_missing_is_named() -> None:
    named = {}
    for read in (read_variable, read_mapping, raise_unset, delete_variable):
        with pytest.raises(KeyError) as caught:
            read()
        named[read] = missing_variable(caught.value)
    assert named[read_variable] == "TIDE_OF_THE_HARBOUR"
    assert named[read_mapping] == named[raise_unset] == named[delete_variable] == ""
    assert missing_variable(KeyError("TIDE_OF_THE_HARBOUR")) == ""
