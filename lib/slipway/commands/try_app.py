"""`slipway try`: builds an app like a classic platform, and serves it on this machine."""

from __future__ import annotations

import html
import http.client
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.commands.working_folder import copy_app
from slipway.composition import compose_processes
from slipway.domain import build_record
from slipway.domain.layout import IN_APP
from slipway.domain.web.process_types import parse_procfile
from slipway.domain.web.trial_hints import TrialHints
from slipway.effects.cache.place import cache_of_developer
from slipway.effects.console import Console, LogClosed
from slipway.effects.files import move, read_if_there, scratch, write
from slipway.effects.http import Response, accepts, free_port, get, wait_until_accepts
from slipway.effects.processes import Attached, Command, attached, describe_exit
from slipway.errors.app import (
    FolderTooWide,
    PortTaken,
    ReleaseFailed,
    WebProcessFailed,
    WebProcessMissing,
)
from slipway.errors.stopped import CommandFailed
from slipway.steps.detect import detect

_OF_A_BUILDER = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|COLUMNS|NO_COLOR|TZ|TMPDIR|LANG|LANGUAGE|LC_\w+"
    r"|PYENV_ROOT|STACK|CI|XDG_\w+|(?:HTTPS?|NO|ALL|FTP)_PROXY|(?:https?|no|all|ftp)_proxy"
    r"|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO"
    r"|GIT_SSH_COMMAND|SSH_AUTH_SOCK|NETRC|SLIPWAY_\w+|PIP_\w+|UV_\w+"
)
"""Variables of a developer's shell that a platform may have as well."""
# Like Heroku: run the profile scripts first, then the command, which can be any shell code.
_START = 'for script in .profile.d/*.sh; do . "$script"; done; exec bash -c "$1"'
_PATH = "/usr/local/bin:/usr/bin:/bin"
_TIMEOUT = 60.0
"""Seconds that the web process has to accept a connection, and then again to respond."""
_SHOWN_CHARACTERS = 200
"""How much of the response is printed."""
_READ_BYTES = 100_000
"""How much of it is searched for the cause of an error."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What to try, and how."""

    app: Path
    config_vars: Mapping[str, str]
    port: int
    """0 means any free port."""
    is_check: bool
    """Whether to request `/` once, instead of serving the app until you press Ctrl-C."""
    with_release: bool
    """Whether to run the process `release` before."""


def try_app(
    trial: Trial, environment: Mapping[str, str], console: Console, scripts: Path
) -> int:
    """Build a copy of an app, serve it, and return the exit status.

    The copy has the files that git would ship. `environment` has the variables of the
    developer's shell, and `scripts` is the folder of the scripts that a platform runs. A check
    succeeds if the response status is below 400.

    Raises NotPython, FolderTooWide, WebProcessMissing, PortTaken, ReleaseFailed,
    WebProcessFailed.
    """
    # Before anything is copied or built.
    detect(str(trial.app))
    if trial.app in (Path("/"), Path(environment.get("HOME") or "/").resolve()):
        raise FolderTooWide(path=str(trial.app))
    if trial.port and accepts(trial.port):
        raise PortTaken(port=trial.port)
    with scratch("try") as folder:
        build = folder / "build"
        copy_app(trial.app, build, environment, console)
        status = _build(trial, folder, environment, console, scripts)
        if status != 0:
            return status  # the script has explained why
        # Platforms move an app after its build.
        moved = folder / "moved" / "app"
        move(build, moved)
        return _serve(trial, moved, console)


def _build(
    trial: Trial,
    folder: Path,
    environment: Mapping[str, str],
    console: Console,
    scripts: Path,
) -> int:
    """Run the scripts as a platform does, and return the status of the first that fails."""
    build, variables = folder / "build", folder / "env"
    variables.mkdir()
    console.secrets.learn_variables(trial.config_vars)
    for name, value in trial.config_vars.items():
        write(variables / name, value)
    builder = {
        name: value for name, value in environment.items() if _OF_A_BUILDER.fullmatch(name)
    }
    cache = cache_of_developer(environment) or folder / "cache"

    def script(name: str, *arguments: Path) -> Command:
        argv = [str(scripts / name), *map(str, arguments)]
        return Command(argv=argv, cwd=scripts.parent, env=builder)

    processes = compose_processes(console)
    try:
        # What these two print is only for a platform.
        processes.query(script("detect", build))
        with attached(script("compile", build, cache, variables)) as compiling:
            status = compiling.wait()
        if status == 0:
            processes.query(script("release", build))
    except CommandFailed as error:
        console.complaint(error.output)
        return error.status
    return status


def _serve(trial: Trial, app: Path, console: Console) -> int:
    """Start the built app, and return the exit status of the trial."""
    processes = parse_procfile(read_if_there(app / "Procfile") or "").processes
    web, release = processes.get("web"), processes.get("release")
    if web is None:
        raise WebProcessMissing(path=str(trial.app))
    port = trial.port or free_port()
    if accepts(port):
        raise PortTaken(port=port)
    env = {**trial.config_vars, "PATH": _PATH, "HOME": str(app), "PORT": str(port)}

    def started(line: str) -> Command:
        argv = ["bash", "-c", _START, "slipway", line]
        return Command(argv=argv, cwd=app, env=env, shown=line)

    if trial.with_release and release:
        console.header(f"Running the process release: {release}")
        with attached(started(release)) as process:
            status = process.wait()
        if status != 0:
            raise ReleaseFailed(command=release, reason=describe_exit(status))
    record = read_if_there(app / IN_APP / build_record.FILE) or ""
    log = _AppLog(console, TrialHints(build_record.packages_in(record)))
    with attached(started(web), log.write) as process:
        try:
            _wait_for(process, port)
            console.header(f"Serving at http://127.0.0.1:{port}/ (press Ctrl-C to stop)")
            return _request_once(process, port, log) if trial.is_check else process.wait()
        except KeyboardInterrupt:
            console.header("Stopping")
            return 128 + signal.SIGINT if trial.is_check else 0


class _AppLog:
    """Passes on the log of the app, with hints for the usual faults of a new app."""

    def __init__(self, console: Console, hints: TrialHints) -> None:
        self.console = console
        self.hints = hints

    def write(self, line: str) -> None:
        with suppress(LogClosed):  # the app goes on without its log
            self.console.output(line)
            for hint in self.hints.in_line(line):
                self.console.warning(hint)

    def note_response(self, response: Response) -> None:
        """Log a response, and hints for it."""
        self.console.header(f"GET / returned {response.status} {response.reason}")
        for line in response.start[:_SHOWN_CHARACTERS].splitlines():
            self.console.output(line)
        page = html.unescape(response.start)
        for hint in (*self.hints.in_line(page), *self.hints.of_response("/", response.status)):
            self.console.warning(hint)


def _wait_for(process: Attached, port: int) -> None:
    if not wait_until_accepts(port, _TIMEOUT, lambda: process.poll() is not None):
        status = process.poll()
        reason = (
            f"did not accept a connection within {_TIMEOUT:.0f} s"
            if status is None
            else describe_exit(status)
        )
        raise WebProcessFailed(command=process.shown, reason=reason)


def _request_once(process: Attached, port: int, log: _AppLog) -> int:
    try:
        response = get(port, "/", most=_READ_BYTES, timeout=_TIMEOUT)
    except (OSError, http.client.HTTPException) as error:
        reason = f"did not respond: {error}"
        raise WebProcessFailed(command=process.shown, reason=reason) from error
    log.note_response(response)
    return 0 if response.status < 400 else 1
