"""Runs a script of a platform or a command; catches errors and sets the exit status."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from slipway.domain.installation import Installation
from slipway.effects.console import Console, is_colourful
from slipway.errors.app import DiskFull, FileForbidden, NotPython
from slipway.errors.stopped import BuildStopped, CommandFailed

FAILED = 1
"""Of a known failure: the user can do something about it."""
USAGE = 2
BUG = 70
"""Of an unknown failure, which is our bug: EX_SOFTWARE of sysexits.h."""

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_REPORT = (
    "Internal error: this is a fault of Slipway, not of the app",
    "",
    "Please report it, with the lines above.",
)

Script = Callable[[Sequence[str], Console, Installation], int]


def main(argv: Sequence[str], installation: Installation) -> int:
    """Run a script or a command, with its arguments; give the exit status."""
    signal.signal(signal.SIGTERM, _end)
    console = Console(
        out=sys.stdout,
        err=sys.stderr,
        now=time.monotonic,
        colour=is_colourful(sys.stdout, os.environ.get("NO_COLOR")),
    )
    script: Script = _command
    arguments = argv
    if argv and argv[0] in _SCRIPTS:
        script, arguments = _SCRIPTS[argv[0]], argv[1:]
    try:
        return script(arguments, console, installation)
    except CommandFailed:  # a step should have turned it into an error of its own
        return _report_bug(console)
    except BuildStopped as error:
        return _explain(error, console)
    except OSError as error:
        known = _known(error)
        return _explain(known, console) if known else _report_bug(console)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception:  # ours to fix, whatever it is
        return _report_bug(console)


def _known(error: OSError) -> BuildStopped | None:
    """Give what a user can act on: a full disk, a file that must not be read or written."""
    # In the text, because copying a tree joins many errors into one without a number.
    if any(f"[Errno {number}]" in str(error) for number in _DISK_FULL):
        return DiskFull(path=error.filename2 or error.filename)
    if error.errno in _FORBIDDEN and error.filename:
        return FileForbidden(path=str(error.filename), reason=error.strerror or str(error))
    return None


def _end(number: int, frame: FrameType | None) -> None:
    """Exit through every `finally`, so that nothing half-made or running is left."""
    raise SystemExit(128 + number)


def _explain(error: BuildStopped, console: Console) -> int:
    from slipway.messages import explain, render  # only a failure needs the words

    console.error(render(explain(error)))
    return FAILED


def _report_bug(console: Console) -> int:
    sys.stdout.flush()
    traceback.print_exc()
    console.error(_REPORT)
    return BUG


def _detect(arguments: Sequence[str], console: Console, installation: Installation) -> int:
    from slipway.steps.detect import detect

    positional = arguments[1] if len(arguments) == 2 else ""
    plan = os.environ.get("CNB_BUILD_PLAN_PATH") or positional
    if plan:
        return _detect_cloud_native(plan, console, installation)
    if len(arguments) != 1:
        return _usage("bin/detect BUILD")
    detect(arguments[0])
    print("Python")
    return 0


def _detect_cloud_native(plan: str, console: Console, installation: Installation) -> int:
    from slipway.platforms.cloud_native.detect import NOT_OURS, detect_app

    try:
        detect_app(os.getcwd(), plan, installation.build_plan)
    except NotPython as error:
        _explain(error, console)
        return NOT_OURS
    return 0


def _build(arguments: Sequence[str], console: Console, installation: Installation) -> int:
    from slipway.platforms.cloud_native.build import build_app

    builder = dict(os.environ)
    if len(arguments) != 3 and "CNB_LAYERS_DIR" not in builder:
        return _usage("bin/build LAYERS PLATFORM PLAN")
    build_app(arguments, builder, Path.cwd(), console, installation)
    return 0


def _compile(arguments: Sequence[str], console: Console, installation: Installation) -> int:
    from slipway.platforms.classic import compile_app

    if len(arguments) not in (2, 3):
        return _usage("bin/compile BUILD CACHE [ENV]")
    compile_app(arguments, dict(os.environ), console, installation)
    return 0


def _release(arguments: Sequence[str], console: Console, installation: Installation) -> int:
    from slipway.platforms.classic import release_app

    # herokuish passes the cache as well.
    if len(arguments) not in (1, 2):
        return _usage("bin/release BUILD")
    sys.stdout.write(release_app(arguments[0]))
    return 0


def _command(arguments: Sequence[str], console: Console, installation: Installation) -> int:
    from slipway.commands.command_line import run

    return run(arguments, dict(os.environ), console, installation)


def _usage(line: str) -> int:
    print(f"usage: {line}", file=sys.stderr)
    return USAGE


_SCRIPTS: dict[str, Script] = {
    "detect": _detect,
    "build": _build,
    "compile": _compile,
    "release": _release,
}
