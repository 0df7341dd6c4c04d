"""One app built by the classic doors as a platform would, and served on this machine."""

from __future__ import annotations

import http.client
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.web.process_types import parse_procfile
from slipway.effects.console import Console
from slipway.effects.files import read_if_there, scratch, write
from slipway.effects.http import accepts, ask, free_port
from slipway.effects.processes import Attached, Command, attached
from slipway.errors.app import WebProcessFailed, WebProcessMissing

_NOT_COPIED = (".git", ".slipway", "__pycache__", "node_modules")
# As Heroku does: the profile scripts first, then the command, which may be any shell text.
_START = 'for script in .profile.d/*.sh; do . "$script"; done; exec bash -c "$1"'
_PATH = "/usr/local/bin:/usr/bin:/bin"
_PATIENCE = 60.0
_PAUSE = 0.05
_SHOWN = 200


@dataclass(frozen=True)
class Serving:
    """A web process, and the port it was told."""

    process: Attached
    port: int

    def failed(self, reason: str) -> WebProcessFailed:
        return WebProcessFailed(command=self.process.shown, reason=reason)


Use = Callable[[Serving], int]
"""Does something with a web process; gives the exit status."""


class ScriptFailed(Exception):
    """A door that ended with another status than 0, and has said why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Trial:
    app: Path
    config_vars: Mapping[str, str]
    port: int
    """0 for any free one."""
    environment: Mapping[str, str]
    """What the builder's processes see."""
    console: Console
    doors: Path
    """The folder of the scripts that platforms start."""

    def serve(self) -> int:
        """Build and serve until somebody presses Ctrl-C."""
        return self._try(self._until_it_ends, interrupted=0)

    def check(self) -> int:
        """Build, serve, and request `/` once: 0 if it is answered, by less than 400."""
        return self._try(self._request_once, interrupted=128 + signal.SIGINT)

    def _try(self, use: Use, *, interrupted: int) -> int:
        with scratch("try") as folder:
            try:
                moved = self._build(folder)
            except ScriptFailed as refusal:
                return refusal.status
            with self._started(moved) as serving:
                try:
                    self._wait_for(serving)
                    address = f"http://127.0.0.1:{serving.port}/"
                    self.console.header(f"Serving {address} (Ctrl-C ends it)")
                    return use(serving)
                except KeyboardInterrupt:
                    self.console.header("Stopping")
                    return interrupted

    def _build(self, folder: Path) -> Path:
        """Build a copy through the doors, and move it, as platforms do."""
        build, moved, variables = folder / "build", folder / "moved" / "app", folder / "env"
        shutil.copytree(
            self.app, build, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED)
        )
        variables.mkdir()
        for name, value in self.config_vars.items():
            write(variables / name, value)
        self._door("detect", str(build))
        self._door("compile", str(build), str(self._cache(folder)), str(variables))
        self._door("release", str(build))
        moved.parent.mkdir()
        build.rename(moved)
        return moved

    def _cache(self, folder: Path) -> Path:
        """Keep a cache between trials, where there is a home for it."""
        home = self.environment.get("HOME")
        place = self.environment.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
        return Path(place, "slipway") if place else folder / "cache"

    def _door(self, name: str, *arguments: str) -> None:
        argv = [str(self.doors / name), *arguments]
        command = Command(argv=argv, cwd=self.doors.parent, env=self.environment)
        with attached(command) as door:
            status = door.wait()
        if status != 0:
            raise ScriptFailed(status)

    @contextmanager
    def _started(self, app: Path) -> Iterator[Serving]:
        port = self.port or free_port()
        web = parse_procfile(read_if_there(app / "Procfile") or "").get("web")
        if web is None:
            raise WebProcessMissing(path=str(self.app))
        if accepts(port):
            raise WebProcessFailed(command=web, reason=f"port {port} is in use already")
        variables = {"PATH": _PATH, **self.config_vars, "HOME": str(app), "PORT": str(port)}
        argv = ["bash", "-c", _START, "slipway", web]
        with attached(Command(argv=argv, cwd=app, env=variables, shown=web)) as process:
            yield Serving(process, port)

    def _wait_for(self, serving: Serving) -> None:
        end = time.monotonic() + _PATIENCE
        while not accepts(serving.port):
            status = serving.process.poll()
            if status is not None:
                raise serving.failed(f"it ended with status {status}")
            if time.monotonic() > end:
                raise serving.failed(f"it took no connection within {_PATIENCE:.0f} s")
            time.sleep(_PAUSE)

    def _until_it_ends(self, serving: Serving) -> int:
        return serving.process.wait()

    def _request_once(self, serving: Serving) -> int:
        try:
            answer = ask(serving.port, "/", shown=_SHOWN, timeout=_PATIENCE)
        except (OSError, http.client.HTTPException) as error:
            raise serving.failed(f"it did not answer: {error}") from error
        self.console.header(f"GET / answers {answer.status} {answer.reason}")
        for line in answer.start.splitlines():
            self.console.output(line)
        return 0 if answer.status < 400 else 1
