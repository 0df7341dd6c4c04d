"""The script bin/release runs, or the error says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from slipway_release.hook import run
from slipway_release.log import ReleaseFailed


def app_with(folder: Path, script: bytes, mode: int = 0o755) -> Path:
    file = folder / "bin" / "release"
    file.parent.mkdir()
    file.write_bytes(script)
    file.chmod(mode)
    return folder


def test_the_script_runs_in_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "harbour.settings")
    run(app_with(tmp_path, b'#!/bin/sh\necho "$DJANGO_SETTINGS_MODULE in $PWD"\n'))
    assert capfd.readouterr().out == (
        f"Running bin/release\nharbour.settings in {tmp_path.resolve()}\n"
    )


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFailed, match="the app has no file bin/release"):
        run(tmp_path)


@pytest.mark.parametrize(
    ("script", "mode", "words"),
    [
        (b"#!/bin/sh\n", 0o644, "git update-index --chmod=\\+x bin/release"),
        (b"#!/bin/sh\nexit 3\n", 0o755, "bin/release failed with exit status 3"),
        (b"#!/bin/sh\nkill -9 $$\n", 0o755, "bin/release was ended by SIGKILL"),
        (b"echo\n", 0o755, "Write as its first line the program that runs it: #!/bin/sh"),
        (b"#!/bin/sh\r\n", 0o755, "sed -i 's/.r\\$//' bin/release"),
        (b"#!/nowhere/sh\n", 0o755, "must name a program that the image has"),
    ],
    ids=["not executable", "fails", "killed", "no program", "carriage return", "no such one"],
)
def test_a_script_that_fails(tmp_path: Path, script: bytes, mode: int, words: str) -> None:
    app = app_with(tmp_path, script, mode)
    with pytest.raises(ReleaseFailed, match=words):
        run(app)
