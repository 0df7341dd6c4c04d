"""Runs a platform's script or a `bin/slipway` command; catches errors, sets the exit status."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from slipway.domain.installation import Installation
from slipway.domain.redaction import Secrets
from slipway.effects.build_report import (
    CANCELLED,
    INTERNAL_ERROR,
    LOG_CLOSED,
    BuildReport,
    reason_of,
)
from slipway.effects.console import Console, LogClosed
from slipway.effects.orphans import Orphans
from slipway.effects.reading import NotReadable
from slipway.errors.app import DISK_FULL, DiskFull, FileForbidden, NotPython
from slipway.errors.stopped import BuildStopped, CommandFailed, WrongUsage

FAILED = 1
"""The exit status of a known failure: the user can do something about it."""
USAGE = 2
BUG = 70
"""The exit status of an unknown failure, which is our bug: EX_SOFTWARE in sysexits.h."""

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_REPORT = (
    "Internal error: this is a bug in Slipway, not in the app",
    "",
    "Please report it, and include the lines above.",
)

IS_ON_CLOUD_FOUNDRY = "VCAP_APPLICATION"
"""A variable that only Cloud Foundry sets. It asks each of its buildpacks in turn, so a refusal
needs no words there: https://docs.cloudfoundry.org/buildpacks/detection.html"""

Script = Callable[[Sequence[str], Mapping[str, str], Console, Installation], int]


def main(argv: Sequence[str], installation: Installation) -> int:
    """Run a script or a command with its arguments, and return the exit status.

    lib/slipway/__main__.py turns signals into exceptions that pass through here.
    """
    orphans = Orphans()
    environment = dict(os.environ)
    secrets = Secrets(environment)
    report = BuildReport(now=time.monotonic, secrets=secrets)
    console = Console(
        out=sys.stdout or _nowhere(),
        err=sys.stderr or _nowhere(),
        now=time.monotonic,
        variables=environment,
        secrets=secrets,
        report=report,
    )
    status = FAILED
    try:
        status = _run(argv, environment, console, installation)
    except LogClosed:
        report.failed(LOG_CLOSED, "The program that reads the log has ended")
        _drop_output()
        return 128 + signal.SIGPIPE
    except (KeyboardInterrupt, SystemExit):
        report.failed(CANCELLED, "The build was stopped by a signal")
        raise
    finally:
        orphans.end(patience=0)  # a signal may come while a process is being started
        report.end(success=status == 0)
    return status


def _run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    name, arguments = (argv[0], argv[1:]) if argv and argv[0] in _SCRIPTS else ("", argv)
    try:
        script = _load(name)
        return script(arguments, environment, console, installation)
    except WrongUsage as error:
        console.complaint(f"usage: {error}")
        return USAGE
    except BuildStopped as error:
        # A step should have turned a CommandFailed into a more precise error.
        is_bug = isinstance(error, CommandFailed)
        return _report_bug(console) if is_bug else _explain(error, console)
    except OSError as error:
        known = _known(error)
        return _explain(known, console) if known else _report_bug(console)
    except LogClosed:
        raise
    except Exception:  # a bug, whatever it is
        return _report_bug(console)


def _nowhere() -> TextIO:
    """Return a stream for a standard stream that was closed when Slipway was started."""
    return open(os.devnull, "w", encoding="utf-8")


def _drop_output() -> None:
    """Keep Python from complaining at its end about output that nobody reads.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


def _known(error: OSError) -> BuildStopped | None:
    """Return the error for a full disk or an unusable file; None for other causes."""
    if isinstance(error, NotReadable):
        from slipway.effects.files import unreadable

        return unreadable(error, str(error.filename))
    # Search the text, because copying a tree joins many errors into one without an errno.
    if any(f"[Errno {number}]" in str(error) for number in DISK_FULL):
        return DiskFull(path=error.filename2 or error.filename)
    if error.errno in _FORBIDDEN and error.filename:
        from slipway.effects.access import denial_of  # only this error needs it

        path, reason = str(error.filename), error.strerror or str(error)
        denial = None if error.errno == errno.EROFS else denial_of(path)
        return FileForbidden(path=path, reason=reason, denial=denial)
    return None


def _explain(error: BuildStopped, console: Console) -> int:
    from slipway.messages import explain, render  # only failures need the messages

    # Before the text is wrapped, because a secret may have blanks.
    secrets = console.secrets
    message = explain(error).cleaned(secrets.clean_sentence, secrets.strike)
    console.report.failed(reason_of(type(error)), message.title)
    console.error(render(message, console.error_width))
    return FAILED


def _report_bug(console: Console) -> int:
    error = sys.exc_info()[0] or Exception
    console.report.failed(INTERNAL_ERROR, f"{error.__name__}: a bug in Slipway")
    console.complaint(traceback.format_exc())
    console.error(_REPORT)
    return BUG


def _load(name: str) -> Script:  # noqa: PLR0911  # a return for each script
    """Import only the modules that a script needs: platforms wait for each start."""
    match name:
        case "detect":
            return _detect
        case "build":
            from slipway.platforms.cloud_native.build import build_app

            return build_app
        case "compile":
            from slipway.platforms.classic.compile import compile_app

            return compile_app
        case "test-compile":
            from slipway.platforms.classic.compile import compile_for_tests

            return compile_for_tests
        case "test":
            from slipway.platforms.classic.run_tests import run_tests

            return run_tests
        case "report":
            from slipway.platforms.classic.report import report_build

            return report_build
        case "supply":
            from slipway.platforms.cloud_foundry.supply import supply_app

            return supply_app
        case "finalize":
            from slipway.platforms.cloud_foundry.finalize import finalize_app

            return finalize_app
        case "release":
            from slipway.platforms.release import release_app

            return release_app
        case _:
            from slipway.commands.command_line import run

            return run


def _detect(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Run detect for the calling platform; a Cloud Native one names a file for a build plan."""
    from slipway.steps.detect import detect

    positional = arguments[1] if len(arguments) == 2 else ""
    plan = environment.get("CNB_BUILD_PLAN_PATH") or positional
    if plan:
        from slipway.platforms.cloud_native.detect import NOT_OURS, detect_app, names_app

        try:
            folder = environment.get("CNB_PLATFORM_DIR") or "".join(arguments[:1])
            is_named = names_app(environment, folder)
            detect_app(os.getcwd(), plan, installation.build_plan, is_named=is_named)
        except NotPython as error:
            _explain(error, console)
            return NOT_OURS
        return 0
    if len(arguments) != 1:
        raise WrongUsage("bin/detect BUILD")
    try:
        detect(arguments[0], may_be_below=True)
    except NotPython:
        if IS_ON_CLOUD_FOUNDRY in environment:
            return FAILED
        raise
    console.answer("Python")
    return 0


_SCRIPTS = (
    *("detect", "compile", "release", "report", "test-compile", "test"),
    *("build", "supply", "finalize"),
)
