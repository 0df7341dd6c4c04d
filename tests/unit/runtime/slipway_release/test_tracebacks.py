"""A traceback shows the app's code, and no credentials."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from slipway_release import hook, tracebacks


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
