"""`slipway try`: builds an app like a classic platform, and runs it on this machine."""

from __future__ import annotations

import html
import http.client
import re
import signal
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock

from slipway.commands.working_folder import copy_app
from slipway.composition import compose_processes
from slipway.domain import build_record
from slipway.domain.django import release_step
from slipway.domain.layout import IN_APP
from slipway.domain.web.process_types import parse_procfile
from slipway.domain.web.servers import web_command
from slipway.domain.web.start_folder import start_in
from slipway.domain.web.trial_hints import TrialHints
from slipway.domain.web.trial_processes import has_misspelled_web, workers
from slipway.effects.cache.place import cache_of_developer
from slipway.effects.console import Console, LogClosed
from slipway.effects.files import AppFolder, move, read_if_there, scratch, write
from slipway.effects.http import Response, accepts, free_port, get, wait_until_accepts
from slipway.effects.processes import (
    Attached,
    Command,
    OnLine,
    attached,
    describe_exit,
    first_to_end,
)
from slipway.errors.app import (
    FolderTooWide,
    PortTaken,
    ProcessFailed,
    ReleaseFailed,
    WebProcessFailed,
    WebProcessMissing,
)
from slipway.errors.stopped import CommandFailed
from slipway.steps.detect import detect
from slipway.steps.plan import plan
from slipway.steps.plan.find_root import find_root

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
_DATABASE_WAIT = "10"
"""Seconds; nobody waits for a server that has been started by hand and is not there."""
_LONG_ENOUGH = 5.0
"""Seconds after which a check is content with a process that is not a web process."""
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
    """Whether to request `/` once, instead of serving the app until you press Ctrl-C.

    Without a web process: whether to end the other processes after a few seconds.
    """


def try_app(
    trial: Trial, environment: Mapping[str, str], console: Console, scripts: Path
) -> int:
    """Build a copy of an app, serve or run it, and return the exit status.

    The copy has the files that git would ship. `environment` has the variables of the
    developer's shell, and `scripts` is the folder of the scripts that a platform runs. A check
    succeeds if the response status is below 400. Without a web process, it succeeds if each
    process has exited with status 0 or still runs after a few seconds.

    Raises NotPython, FolderTooWide, WebProcessMissing, PortTaken, ReleaseFailed,
    WebProcessFailed, ProcessFailed.
    """
    # Before anything is copied or built.
    builder = {
        name: value for name, value in environment.items() if _OF_A_BUILDER.fullmatch(name)
    }
    variables = {**builder, **trial.config_vars}
    detect(str(find_root(AppFolder(trial.app, console.secrets), variables).root))
    if trial.app in (Path("/"), Path(environment.get("HOME") or "/").resolve()):
        raise FolderTooWide(path=str(trial.app))
    if trial.port and accepts(trial.port):
        raise PortTaken(port=trial.port)
    with scratch("try") as folder:
        build = folder / "build"
        copy_app(trial.app, build, environment, console)
        status = _build(trial, folder, builder, console, scripts)
        if status != 0:
            return status  # the script has explained why
        # Platforms move an app after its build.
        moved = folder / "moved" / "app"
        move(build, moved)
        return _run(trial, _Built(folder=moved, variables=variables), console)


def _build(
    trial: Trial,
    folder: Path,
    builder: Mapping[str, str],
    console: Console,
    scripts: Path,
) -> int:
    """Run the scripts as a platform does, and return the status of the first that fails."""
    build, variables = folder / "build", folder / "env"
    variables.mkdir()
    for name, value in trial.config_vars.items():
        write(variables / name, value)
    cache = cache_of_developer(builder) or folder / "cache"

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


@dataclass(frozen=True, kw_only=True)
class _Built:
    """A built app, where it runs."""

    folder: Path
    variables: Mapping[str, str]
    """The variables that the build got."""

    @cached_property
    def record(self) -> str:
        return read_if_there(self.folder / IN_APP / build_record.FILE) or ""

    @property
    def packages(self) -> Collection[str]:
        return build_record.packages_in(self.record)

    @cached_property
    def processes(self) -> Mapping[str, str]:
        return parse_procfile(read_if_there(self.folder / "Procfile") or "").processes

    def release(self, config_vars: Mapping[str, str]) -> str:
        """Return the command of the release step, or of the app's own; empty if it is off."""
        file = read_if_there(self.folder / IN_APP / release_step.FILE)
        default = release_step.migrate_in(file) if file else "off"
        is_off = (config_vars.get("SLIPWAY_MIGRATE") or default) == "off"
        own = self.own_processes.get("release", "")
        if own and config_vars.get("SLIPWAY_MIGRATE") != "off":
            return own
        return "" if is_off else release_step.COMMAND

    @property
    def own_processes(self) -> Mapping[str, str]:
        """The process types of the app's own Procfile; none if Slipway has written it."""
        return self.processes if build_record.has_own_processes(self.record) else {}


def _run(trial: Trial, built: _Built, console: Console) -> int:
    """Start the built app, and return the exit status of the trial."""
    app, web = built.folder, built.processes.get("web")
    others: Mapping[str, str] = {}
    if web is None:
        others = workers(built.own_processes) or _script(trial, built, console)
    port = trial.port or free_port()
    if accepts(port):
        raise PortTaken(port=port)
    # The certificates of bound services are written there, and must not stay on this machine.
    temporary = app.with_name("tmp")
    temporary.mkdir()
    env = {
        "SLIPWAY_DATABASE_WAIT": _DATABASE_WAIT,
        "TMPDIR": str(temporary),
        **trial.config_vars,
        "PATH": _PATH,
        "HOME": str(app),
        "PORT": str(port),
    }

    def started(line: str) -> Command:
        argv = ["bash", "-c", _START, "slipway", line]
        return Command(argv=argv, cwd=app, env=env, shown=line)

    release = built.release(trial.config_vars)
    if release:
        console.header(f"Running the release step: {release}")
        with attached(started(release)) as process:
            status = process.wait()
        if status != 0:
            raise ReleaseFailed(command=release, reason=describe_exit(status))
    log = _AppLog(console, TrialHints(built.packages, port if web else None))
    try:
        if web is None:
            commands = {name: started(line) for name, line in others.items()}
            return _run_others(trial, commands, log)
        _name_the_others(built.own_processes, console)
        with attached(started(web), log.write) as process:
            _wait_for(process, port)
            console.header(f"Serving at http://127.0.0.1:{port}/ (press Ctrl-C to stop)")
            return _request_once(process, port, log) if trial.is_check else process.wait()
    except KeyboardInterrupt:
        console.header("Stopping")
        return 128 + signal.SIGINT if trial.is_check else 0


def _script(trial: Trial, built: _Built, console: Console) -> Mapping[str, str]:
    """Return the command that the build advises for an app that is no web application.

    It is of no process type, so its name is empty. Raises WebProcessMissing if there is none.
    """
    app = find_root(AppFolder(built.folder, console.secrets), built.variables)
    decided = plan(app, built.variables)
    packages = dict.fromkeys(built.packages, "")
    web = replace(decided, procfile=None).web(packages, are_installed=True)
    line = f"web: {web_command(web, packages)}" if web else decided.search.line
    advised = parse_procfile(line).processes
    names = tuple(built.own_processes)
    if not advised or "web" in advised or has_misspelled_web(names):
        raise WebProcessMissing(path=str(trial.app), processes=names, line=line)
    [command] = start_in(app.path_in_repository, advised).values()
    return {"": command}


def _name_the_others(processes: Mapping[str, str], console: Console) -> None:
    """Log which processes of the app's Procfile are not started."""
    names = [f"`{name}`" for name in processes if name not in ("web", "release")]
    if names:
        console.info(
            f"Not started: {', '.join(names)}. `try` starts only `web` if the Procfile has a "
            "line for it"
        )


def _run_others(trial: Trial, commands: Mapping[str, Command], log: _AppLog) -> int:
    """Run processes at the same time, until all have ended or one has failed.

    A check ends them after a few seconds. Raises ProcessFailed.
    """
    width = max(map(len, commands))
    with ExitStack() as stack:
        running: dict[str, Attached] = {}
        for name, command in commands.items():
            reason = "" if name else ", because the app has no web process"
            log.console.header(f"Running {name or 'once'}: {command.name}{reason}")
            write = log.writer(f"{name:{width}} | " if name else "")
            running[name] = stack.enter_context(attached(command, write))
        if not trial.is_check:
            log.console.info("Press Ctrl-C to stop")
        while running:
            ended = first_to_end(running, _LONG_ENOUGH if trial.is_check else None)
            if ended is None:
                break
            process = running.pop(ended)
            reason = describe_exit(process.wait())
            if process.poll() != 0:
                raise ProcessFailed(name=ended, command=process.shown, reason=reason)
            log.console.header(f"{ended or process.shown} {reason}")
        for name, process in running.items():
            log.console.header(
                f"{name or process.shown} is still running after {_LONG_ENOUGH:.0f} s"
            )
    return 0


class _AppLog:
    """Passes on the log of the app, with hints for the usual faults of a new app."""

    def __init__(self, console: Console, hints: TrialHints) -> None:
        self.console = console
        self.hints = hints
        self._lock = Lock()

    def write(self, line: str) -> None:
        with suppress(LogClosed), self._lock:  # the app goes on without its log
            self.console.output(line)
            for hint in self.hints.in_line(line):
                self.console.warning(hint)

    def writer(self, prefix: str) -> OnLine:
        """Return a function that writes a line with a prefix; several threads may call it."""
        return lambda line: self.write(f"{prefix}{line}")

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
