"""The processes of a built app, started as platforms start them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import Result, run

RUN_PATH = "/usr/local/bin:/usr/bin:/bin"
TIMEOUT = 60

# https://devcenter.heroku.com/articles/profiled
HEROKU = 'for script in .profile.d/*.sh; do source "$script"; done; eval "$1"'
# https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash
HEROKUISH = (
    "set -eo pipefail; shopt -s nullglob; "
    'for script in "$HOME"/.profile.d/*.sh; do source "$script"; done; hash -r; '
    'exec $(eval echo "$1")'
)


@dataclass(frozen=True, kw_only=True)
class Page:
    status: int
    text: str


@dataclass(frozen=True)
class Site:
    """A web process that answers requests."""

    port: int
    group: int = 0
    """The process group of the server, whose first process has the same number."""

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        with closing(connection):
            connection.request("GET", path, headers={"Host": "localhost", **(headers or {})})
            answer = connection.getresponse()
            return Page(status=answer.status, text=answer.read().decode())


@dataclass(frozen=True, kw_only=True)
class Dyno:
    """Starts the processes of an app."""

    app: Path
    start_script: str = HEROKU
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    within: Sequence[str] = ()
    home: str | None = None
    """The app's folder as the processes see it, if `within` changes it."""
    web: str = ""
    """The command of the process `web`, if no Procfile has it."""

    def argv(self, command: str) -> list[str]:
        return [*self.within, "bash", "-c", self.start_script, "dyno", command]

    def variables(self, **more: str) -> dict[str, str]:
        home = self.home or str(self.app)
        return {"PATH": RUN_PATH, "HOME": home, **(self.env or {}), **more}

    def run(self, command: str) -> Result:
        """Run a process to its end."""
        return run(self.argv(command), self.variables(), self.cwd or self.app)

    def start(self, command: str, log: Path, **more: str) -> subprocess.Popen[bytes]:
        """Start a process in its own process group; its output is written to a file."""
        with log.open("wb") as stream:
            return subprocess.Popen(
                self.argv(command),
                env=self.variables(**more),
                cwd=self.cwd or self.app,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    @contextmanager
    def serve(self, command: str | None = None) -> Iterator[Site]:
        """Run the web process until the block is left, and stop all its processes then."""
        port = free_port()
        log = self.app.parent / f"{self.app.name}-{port}.log"
        process = self.start(
            command or self.web or processes(self.app)["web"], log, PORT=str(port)
        )
        try:
            wait_for(port, process, log)
            yield Site(port, process.pid)
        finally:
            stop(process)


def processes(app: Path) -> dict[str, str]:
    """Read the process types of a Procfile, with their commands."""
    lines = (app / "Procfile").read_text("utf-8").splitlines()
    return {name: command for name, _, command in (line.partition(": ") for line in lines)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not is_open(port):
        assert process.poll() is None, log.read_text("utf-8", "replace")
        assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
        time.sleep(0.05)


def wait_for_words(words: str, log: Path) -> None:
    """Wait until a log has these words: a server logs a request after its response."""
    deadline = time.monotonic() + TIMEOUT
    while words not in log.read_text("utf-8"):
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and all that it started: its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
