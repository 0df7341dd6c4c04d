"""Runs the app's own script `bin/release` at the end of the release step."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from pathlib import Path

from slipway_release.log import ReleaseFailed, say

SCRIPT = "bin/release"
GRACE = 5.0
"""Seconds that the script has after SIGTERM."""


def run(app: Path) -> None:
    """Run the script, and raise ReleaseFailed if it is missing or fails."""
    script = app / SCRIPT
    if not script.is_file():
        raise ReleaseFailed(
            f"The setting release_hook is true, but the app has no file {SCRIPT}.\n"
            "Add the file, or remove the setting."
        )
    if not os.access(script, os.X_OK):
        raise ReleaseFailed(
            f"{SCRIPT} is not executable.\n"
            f"Run this, commit, and deploy again: git update-index --chmod=+x {SCRIPT}"
        )
    say(f"Running {SCRIPT}")
    try:
        status = _status(script, app)
    except OSError as error:
        raise ReleaseFailed(_could_not_start(script, error)) from None
    if status > 0:
        raise ReleaseFailed(f"{SCRIPT} failed with exit status {status}.")
    if status < 0:
        raise ReleaseFailed(f"{SCRIPT} was ended by {signal.Signals(-status).name}.")


def _status(script: Path, app: Path) -> int:
    with subprocess.Popen([str(script)], cwd=app) as process:
        try:
            return process.wait()
        except BaseException:
            # The release step ends, and its lock with it: the script must not go on alone.
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _could_not_start(script: Path, error: OSError) -> str:
    first = script.read_bytes()[:200].split(b"\n")[0]
    text = f"{SCRIPT} could not be started: {error.strerror}."
    if error.errno == errno.ENOEXEC:
        return f"{text}\nWrite as its first line the program that runs it: #!/bin/sh"
    if first.startswith(b"#!") and first.endswith(b"\r"):
        return (
            f"{text} Its lines end as in Windows, so the name of its program has a carriage "
            f"return.\nRun this, commit, and deploy again: sed -i 's/\\r$//' {SCRIPT}"
        )
    return f"{text}\nIts first line must name a program that the image has: #!/bin/sh"
