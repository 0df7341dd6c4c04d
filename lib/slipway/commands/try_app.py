"""`slipway try`: builds an app like a classic platform, and serves it on this machine."""

from __future__ import annotations

import http.client
import re
import signal
from collections.abc import Mapping
from pathlib import Path

from slipway.commands.working_folder import copy_app
from slipway.domain.web.process_types import parse_procfile
from slipway.effects.console import Console
from slipway.effects.files import move, read_if_there, scratch, write
from slipway.effects.http import accepts, free_port, get, wait_until_accepts
from slipway.effects.processes import Attached, Command, attached, describe_exit
from slipway.errors.app import PortTaken, WebProcessFailed, WebProcessMissing
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
_SHOWN_BYTES = 200
"""How much of the response is printed."""


def try_app(
    app: Path,
    config_vars: Mapping[str, str],
    port: int,
    environment: Mapping[str, str],
    console: Console,
    scripts: Path,
    *,
    is_check: bool,
) -> int:
    """Build a copy of an app, serve it, and return the exit status.

    The copy has the files that git would ship. Port 0 means any free port, `environment` has
    the variables of the developer's shell, and `scripts` is the folder of the scripts that a
    platform runs. A check requests `/` once, and succeeds if the response status is below 400.
    Without a check, the app is served until it exits or you press Ctrl-C.

    Raises NotPython, WebProcessMissing, PortTaken, WebProcessFailed.
    """
    detect(str(app))  # before anything is copied, because the folder may be a whole disk
    with scratch("try") as folder:
        build, variables = folder / "build", folder / "env"
        copy_app(app, build, environment, console)
        variables.mkdir()
        for name, value in config_vars.items():
            write(variables / name, value)
        builder = {
            name: value for name, value in environment.items() if _OF_A_BUILDER.fullmatch(name)
        }
        home = environment.get("HOME")
        caches = environment.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
        cache = Path(caches, "slipway") if caches else folder / "cache"
        for name, arguments in (
            ("detect", [build]),
            ("compile", [build, cache, variables]),
            ("release", [build]),
        ):
            argv = [str(scripts / name), *map(str, arguments)]
            command = Command(argv=argv, cwd=scripts.parent, env=builder)
            with attached(command) as script:
                status = script.wait()
            if status != 0:
                return status  # the script has explained why
        # Platforms move an app after its build.
        moved = folder / "moved" / "app"
        move(build, moved)

        web = parse_procfile(read_if_there(moved / "Procfile") or "").processes.get("web")
        if web is None:
            raise WebProcessMissing(path=str(app))
        port = port or free_port()
        if accepts(port):
            raise PortTaken(port=port)
        argv = ["bash", "-c", _START, "slipway", web]
        env = {"PATH": _PATH, **config_vars, "HOME": str(moved), "PORT": str(port)}
        with attached(Command(argv=argv, cwd=moved, env=env, shown=web)) as process:
            try:
                _wait_for(process, port)
                console.header(f"Serving at http://127.0.0.1:{port}/ (press Ctrl-C to stop)")
                return _request_once(process, port, console) if is_check else process.wait()
            except KeyboardInterrupt:
                console.header("Stopping")
                return 128 + signal.SIGINT if is_check else 0


def _wait_for(process: Attached, port: int) -> None:
    if not wait_until_accepts(port, _TIMEOUT, lambda: process.poll() is not None):
        status = process.poll()
        reason = (
            f"did not accept a connection within {_TIMEOUT:.0f} s"
            if status is None
            else describe_exit(status)
        )
        raise WebProcessFailed(command=process.shown, reason=reason)


def _request_once(process: Attached, port: int, console: Console) -> int:
    try:
        response = get(port, "/", most=_SHOWN_BYTES, timeout=_TIMEOUT)
    except (OSError, http.client.HTTPException) as error:
        reason = f"did not respond: {error}"
        raise WebProcessFailed(command=process.shown, reason=reason) from error
    console.header(f"GET / returned {response.status} {response.reason}")
    for line in response.start.splitlines():
        console.output(line)
    return 0 if response.status < 400 else 1
