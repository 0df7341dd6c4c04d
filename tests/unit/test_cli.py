"""Whatever happens, the exit status is right, and what is printed is fit for a log."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import ROOT
from slipway import cli
from slipway.domain.installation import Installation
from slipway.effects.console import Console, LogClosed
from slipway.errors.hooks import HookFailed
from slipway.errors.stopped import CommandFailed, WrongUsage

HARMFUL = "a\x1b[2Jb\u202ec https://user:h0rse/staple@h.example/ open sesame street"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], int]:
    """Return a function that runs a script which fails with an error."""
    monkeypatch.setenv("API_KEY", "open sesame street")

    def run(error: BaseException) -> int:
        def fail(*_: object) -> int:
            raise error

        monkeypatch.setattr(cli, "_load", lambda _: fail)
        return cli.main(["compile"], Installation(Path(ROOT)))

    return run


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError(HARMFUL), cli.BUG),
        (OSError(22, HARMFUL), cli.BUG),
        (CommandFailed(command="x", status=3, output=f"one\n{HARMFUL}\n"), cli.BUG),
        (RecursionError(HARMFUL), cli.BUG),
        (WrongUsage(HARMFUL), cli.USAGE),
        (HookFailed(hook="postinstall", reason=f"exited: {HARMFUL}"), cli.FAILED),
        (PermissionError(13, "Permission denied", f"/srv/{HARMFUL}"), cli.FAILED),
        (OSError(28, "[Errno 28] No space left", f"/srv/{HARMFUL}"), cli.FAILED),
    ],
)
def test_no_error_prints_a_secret_or_a_control_character(
    failing: Callable[[BaseException], int],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
) -> None:
    assert failing(error) == status
    printed = capsys.readouterr().err
    words = " ".join(printed.replace(" ! ", "").split())
    assert "\\x1b[2Jb\\u202ec https://****@h.example/ ****" in words
    assert printed.replace("\n", "").isprintable()
    assert ("Traceback" in printed) == (status == cli.BUG)
    assert not [part for part in ("h0rse", "staple", "sesame") if part in printed]


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (ValueError(HARMFUL), "internal-error", "ValueError: a bug in Slipway"),
        (LogClosed(), "log-closed", "The program that reads the log has ended"),
        (SystemExit(143), "cancelled", "The build was stopped by a signal"),
        (KeyboardInterrupt(), "cancelled", "The build was stopped by a signal"),
        (HookFailed(hook="postinstall", reason=HARMFUL), "hook-failed", "The hook postinstall"),
        (PermissionError(13, "x", f"/srv/{HARMFUL}"), "file-forbidden", "Access to a file"),
    ],
)
def test_each_failure_is_in_the_report_of_the_build(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: BaseException,
    reason: str,
    detail: str,
) -> None:
    def fail(_: object, __: object, console: Console, ___: object) -> int:
        console.report.keep_in(tmp_path / "report.json")
        raise error

    monkeypatch.setattr(cli, "_load", lambda _: fail)
    monkeypatch.setattr(cli, "_drop_output", lambda: None)
    with suppress(SystemExit, KeyboardInterrupt):
        cli.main(["compile"], Installation(Path(ROOT)))
    found = json.loads((tmp_path / "report.json").read_text())
    assert (found["success"], found["failure_reason"]) == (False, reason)
    assert found["failure_detail"].startswith(detail)
