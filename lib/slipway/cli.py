"""Runs a platform's script or a `bin/slipway` command; catches errors, sets the exit status."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.app import DiskFull, FileForbidden, NotPython
from slipway.errors.stopped import BuildStopped, CommandFailed, WrongUsage

FAILED = 1
"""The exit status of a known failure: the user can do something about it."""
USAGE = 2
BUG = 70
"""The exit status of an unknown failure, which is our bug: EX_SOFTWARE in sysexits.h."""

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_REPORT = (
    "Internal error: this is a bug in Slipway, not in the app",
    "",
    "Please report it, and include the lines above.",
)

Script = Callable[[Sequence[str], Mapping[str, str], Console, Installation], int]


def main(argv: Sequence[str], installation: Installation) -> int:
    """Run a script or a command with its arguments, and return the exit status."""
    signal.signal(signal.SIGTERM, _exit_by_signal)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
        signal.signal(signal.SIGHUP, _exit_by_signal)
    environment = dict(os.environ)
    console = Console(
        out=sys.stdout,
        err=sys.stderr,
        now=time.monotonic,
        variables=environment,
    )
    name, arguments = (argv[0], argv[1:]) if argv and argv[0] in _SCRIPTS else ("", argv)
    try:
        script = _load(name)
        return script(arguments, environment, console, installation)
    except WrongUsage as error:
        print(f"usage: {error}", file=sys.stderr)
        return USAGE
    except BuildStopped as error:
        # A step should have turned a CommandFailed into a more precise error.
        is_bug = isinstance(error, CommandFailed)
        return _report_bug(console) if is_bug else _explain(error, console)
    except OSError as error:
        known = _known(error)
        return _explain(known, console) if known else _report_bug(console)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception:  # a bug, whatever it is
        return _report_bug(console)


def _known(error: OSError) -> BuildStopped | None:
    """Return the error for a full disk or a forbidden file access; None for other causes."""
    # Search the text, because copying a tree joins many errors into one without an errno.
    if any(f"[Errno {number}]" in str(error) for number in _DISK_FULL):
        return DiskFull(path=error.filename2 or error.filename)
    if error.errno in _FORBIDDEN and error.filename:
        from slipway.effects.access import denial_of  # only this error needs it

        path, reason = str(error.filename), error.strerror or str(error)
        denial = None if error.errno == errno.EROFS else denial_of(path)
        return FileForbidden(path=path, reason=reason, denial=denial)
    return None


def _exit_by_signal(number: int, frame: FrameType | None) -> None:
    """Exit through every `finally`, so no half-made file or running process is left."""
    raise SystemExit(128 + number)


def _explain(error: BuildStopped, console: Console) -> int:
    from slipway.messages import explain, render  # only failures need the messages

    console.error(render(explain(error), console.error_width))
    return FAILED


def _report_bug(console: Console) -> int:
    sys.stdout.flush()
    traceback.print_exc()
    console.error(_REPORT)
    return BUG


def _load(name: str) -> Script:
    """Import only the modules that a script needs: platforms wait for each start."""
    match name:
        case "detect":
            return _detect
        case "build":
            from slipway.platforms.cloud_native.build import build_app

            return build_app
        case "compile":
            from slipway.platforms.classic import compile_app

            return compile_app
        case "release":
            from slipway.platforms.classic import release_app

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
        from slipway.platforms.cloud_native.detect import NOT_OURS, detect_app

        try:
            detect_app(os.getcwd(), plan, installation.build_plan)
        except NotPython as error:
            _explain(error, console)
            return NOT_OURS
        return 0
    if len(arguments) != 1:
        raise WrongUsage("bin/detect BUILD")
    detect(arguments[0])
    print("Python")
    return 0


_SCRIPTS = ("detect", "build", "compile", "release")
