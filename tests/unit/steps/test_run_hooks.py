"""Hooks run as on every classic platform, and a failure has a reason."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from slipway.effects import Effects
from slipway.effects.processes import Processes
from slipway.errors.app import (
    FileIsLfsPointer,
    FileUndecodable,
    FileUnreadable,
    LinkDead,
    LinkWrittenAsText,
)
from slipway.errors.hooks import HookFailed, HookInterpreterMissing
from slipway.errors.stopped import BuildStopped
from slipway.steps.run_hooks import run_hook
from unit.fakes import effects_with, logged

HOOK = "bin/post_compile"
VARIABLES = {"PATH": os.defpath, "NAME": "value"}


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path, Processes(now=time.monotonic))


def run(app: Path, text: str | bytes, effects: Effects, mode: int = 0o755) -> str:
    (app / "bin").mkdir(exist_ok=True)
    content = text.encode() if isinstance(text, str) else text
    (app / HOOK).write_bytes(content)
    (app / HOOK).chmod(mode)
    run_hook(HOOK, app, VARIABLES, effects)
    return logged(effects)


@pytest.mark.parametrize("mode", [0o755, 0o644], ids=["executable", "not-executable"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param('#!/bin/sh\necho "$NAME" $#', id="sh"),
        pytest.param('#!/usr/bin/env bash\nlist=("$NAME"); echo "${list[0]}" $#', id="env"),
        pytest.param('#!/bin/sh -eu\necho "$NAME" $#', id="option"),
        pytest.param('list=("$NAME"); echo "${list[0]}" $#', id="no-first-line"),
    ],
)
def test_a_hook_runs_whatever_its_first_line_and_mode(
    text: str, mode: int, tmp_path: Path, effects: Effects
) -> None:
    assert run(tmp_path, text, effects, mode) == f"-----> Running {HOOK} value 0"


def test_a_hook_runs_in_the_folder_of_the_app(tmp_path: Path, effects: Effects) -> None:
    assert run(tmp_path, "pwd", effects).endswith(str(tmp_path))


def test_the_mode_of_the_file_is_not_changed(tmp_path: Path, effects: Effects) -> None:
    run(tmp_path, "true", effects, 0o644)
    assert (tmp_path / HOOK).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("#!/bin/sh\nexit 3", "exited with status 3", id="status"),
        pytest.param("exit 3", "exited with status 3", id="status-without-first-line"),
        pytest.param("#!/bin/sh\nkill -9 $$", "was killed by signal 9", id="signal"),
        pytest.param(
            "#!/usr\ntrue", "could not be started: /usr: Permission denied", id="folder"
        ),
        pytest.param("#!/bin/sh 'a\nexit 3", "exited with status 2", id="odd-first-line"),
    ],
)
def test_a_failed_hook_has_a_reason(
    text: str, reason: str, tmp_path: Path, effects: Effects
) -> None:
    with pytest.raises(HookFailed) as failed:
        run(tmp_path, text, effects)
    assert (failed.value.hook, failed.value.reason) == (HOOK, reason)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('#!/bin/sh\r\nset -e\r\necho "$NAME" $#\r\n', id="windows"),
        pytest.param('set -e\r\necho "$NAME" $#\n', id="mixed"),
        pytest.param('\ufeff#!/bin/bash\nlist=("$NAME"); echo "${list[0]}" $#', id="bom"),
        pytest.param(
            "#!/usr/bin/env python3\r\nimport os, sys\r\nif True:\r\n"
            '    print(os.environ["NAME"], len(sys.argv) - 1)\r\n',
            id="python",
        ),
    ],
)
def test_a_hook_that_windows_has_written_runs(
    text: str, tmp_path: Path, effects: Effects
) -> None:
    assert run(tmp_path, text, effects).endswith(" value 0")
    assert (tmp_path / HOOK).read_bytes() == text.encode()
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["post_compile"]


def test_the_log_says_how_to_correct_line_ends(tmp_path: Path, effects: Effects) -> None:
    log = run(tmp_path, "#!/bin/sh\r\n:\r\n", effects)
    assert f"{HOOK} has Windows line ends (CRLF), which sh cannot read" in log
    assert f"`{HOOK} text eol=lf`" in log
    assert f"`git add --renormalize {HOOK}`" in log


def test_a_hook_with_windows_line_ends_still_finds_the_files_next_to_it(
    tmp_path: Path, effects: Effects
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "words.sh").write_text("word=found\n")
    text = '#!/bin/bash\r\n. "$(dirname "${BASH_SOURCE[0]}")/words.sh"\r\necho $word\r\n'
    assert run(tmp_path, text, effects).endswith("found")


def test_an_empty_hook_is_reported(tmp_path: Path, effects: Effects) -> None:
    assert run(tmp_path, "\n", effects).endswith(f"{HOOK} is empty, so it does nothing")


def test_a_folder_with_the_name_of_a_hook_is_not_run(tmp_path: Path, effects: Effects) -> None:
    (tmp_path / HOOK).mkdir(parents=True)
    run_hook(HOOK, tmp_path, VARIABLES, effects)
    assert logged(effects) == ""


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("#!/gone/zsh\n:", "/gone/zsh"),
        ("#!/usr/bin/env gone-zsh\n:", "gone-zsh"),
        ("#!/usr/bin/env -S gone-zsh -e\n:", "gone-zsh"),
        ("\ufeff#!/gone/zsh\r\n:", "/gone/zsh"),
    ],
)
def test_a_missing_interpreter_is_named(
    text: str, program: str, tmp_path: Path, effects: Effects
) -> None:
    with pytest.raises(HookInterpreterMissing) as failed:
        run(tmp_path, text, effects)
    assert failed.value.program == program
    assert failed.value.first_line == text.lstrip("\ufeff").splitlines()[0]


def test_another_command_that_is_missing_is_a_failure(tmp_path: Path, effects: Effects) -> None:
    with pytest.raises(HookFailed) as failed:
        run(tmp_path, "#!/usr/bin/env sh\ngone-command\n", effects)
    assert failed.value.reason == "exited with status 127"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", FileIsLfsPointer),
        (b"../deploy.sh", LinkWrittenAsText),
        ("\ufeff:\n".encode("utf-16-le"), FileUndecodable),
        (b"#!/bin/s\0h\n", HookFailed),
    ],
)
def test_a_file_that_is_not_a_script_stops_the_build(
    content: bytes, error: type[BuildStopped], tmp_path: Path, effects: Effects
) -> None:
    (tmp_path / "deploy.sh").write_text(":\n")
    with pytest.raises(error):
        run(tmp_path, content, effects)


def test_a_dead_link_and_a_fifo_stop_the_build(tmp_path: Path, effects: Effects) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / HOOK).symlink_to("../scripts/gone")
    with pytest.raises(LinkDead):
        run_hook(HOOK, tmp_path, VARIABLES, effects)
    (tmp_path / HOOK).unlink()
    os.mkfifo(tmp_path / HOOK)
    with pytest.raises(FileUnreadable):
        run_hook(HOOK, tmp_path, VARIABLES, effects)


REFUSED = "echo 'ERROR: Could not find an activated virtualenv (required).'; exit "


def test_a_pip_that_refuses_explains_the_failure(tmp_path: Path, effects: Effects) -> None:
    with pytest.raises(HookFailed) as failed:
        run(tmp_path, f"[ $PIP_REQUIRE_VIRTUALENV = 1 ] && {REFUSED}3", effects)
    assert failed.value.is_pip_refused


def test_a_pip_that_refuses_is_reported_if_the_hook_goes_on(
    tmp_path: Path, effects: Effects
) -> None:
    assert "the pip of another Python than the app's was called" in run(
        tmp_path, f"{REFUSED}0", effects
    )
