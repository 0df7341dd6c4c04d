"""Arguments and the signal to stop reach the program of a Procfile's line in an image."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.packages import write_tree
from integration.serving import Site, free_port, stop, wait_for
from integration.test_fixtures_served import sentences
from platforms.phases import Phases

LINES = {
    "plain": "python show.py a",
    "odd.name": "python show.py a",
    "brace": "python show.py --bind 0.0.0.0:${PORT:-8000}",
    "substituted": "python show.py --workers $(echo 2)",
    "comment": "python show.py a # as always",
    "backslash": "python show.py a \\",
    "redirected": "python show.py a 2>&1",
    "listed": "test -d no || true; cd . && A=1 python show.py a",
    "shell": "bash -c 'python show.py a'",
    "own": 'if true; then exec python show.py a "$@"; fi',
    "piped": "python show.py a | cat",
}
SHOW = "import sys\nprint(*sys.argv[1:], sep=',')\n"
BEFORE = {"brace": "--bind,0.0.0.0:8080", "substituted": "--workers,2"}
SERVED = "abcdgik"
"""Lines of the fixture with a server that gets the signal."""
NOT_SERVED = "efhj"
LIMIT = 5.0
"""Seconds; platforms wait for ten before they kill what has not stopped."""


def test_arguments_reach_the_program(phases: Phases, tmp_path: Path) -> None:
    procfile = "".join(f"{name}: {line}\n" for name, line in LINES.items())
    app = {"requirements.txt": "", "show.py": SHOW, "Procfile": procfile}
    assert phases.detect(write_tree(tmp_path / "app", app)).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    for name in LINES:
        result = phases.launch(name, "--workers 3", "$HOME")
        expected = f"{BEFORE.get(name, 'a')},--workers 3,$HOME"
        assert result.out.strip() == ("a" if name == "piped" else expected), name
    said = sentences(built.all)
    assert said.count("ignores arguments that are added to it") == 1
    assert "process `piped` ignores arguments" in said
    assert "Write `piped: python show.py a > >(cat)`" in said


@pytest.mark.long
def test_the_fixture_with_a_default_port_takes_arguments(phases: Phases) -> None:
    assert phases.detect(FIXTURES / "field" / "image-procfile-brace-args").status == 0
    built = phases.build()
    assert built.status == 0, built.all
    result = phases.launch("web", "--version")
    assert result.out.startswith("gunicorn (version"), result.all


def test_the_signal_to_stop_ends_the_server(phases: Phases) -> None:
    assert phases.detect(FIXTURES / "field" / "image-procfile-signals").status == 0
    built = phases.build()
    assert built.status == 0, built.all
    said = sentences(built.all)
    for name in SERVED:
        assert f"process `{name}`" not in said
    for name in NOT_SERVED:
        assert f"process `{name}` ignores arguments that are added to it and does not" in said
    # newrelic-admin is not installed
    assert max(seconds_to_stop(phases, *SERVED.replace("k", ""))) < LIMIT


@pytest.mark.long
def test_the_advice_for_a_pipe_ends_the_server_too(phases: Phases, tmp_path: Path) -> None:
    app = {
        "requirements.txt": "",
        "Procfile": "web: python -m http.server $PORT > >(cat) 2>&1\n",
    }
    assert phases.detect(write_tree(tmp_path / "app", app)).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    assert max(seconds_to_stop(phases, "web")) < LIMIT


def seconds_to_stop(phases: Phases, *processes: str) -> list[float]:
    """Start servers, send SIGTERM to the first process of each as a platform does, and wait.

    Returns how long it took until no process of a server was left. Each server has one worker,
    and has answered a request before: Gunicorn's workers miss a signal that arrives while they
    start.
    """
    ports = {process: free_port() for process in processes}
    log = phases.folder / "stopped.log"
    with log.open("wb") as stream:
        first = {
            name: phases.start(name, stream, PORT=str(ports[name]), WEB_CONCURRENCY="1")
            for name in processes
        }
    try:
        for name, server in first.items():
            wait_for(ports[name], server, log)
            assert Site(ports[name]).get().status == 200
        return [seconds_until_gone(server) for server in first.values()]
    finally:
        for server in first.values():
            stop(server)


def seconds_until_gone(server: subprocess.Popen[bytes]) -> float:
    started = time.monotonic()
    server.send_signal(signal.SIGTERM)
    while time.monotonic() < started + LIMIT:
        if server.poll() is not None and not group_exists(server.pid):
            break
        time.sleep(0.02)
    return time.monotonic() - started


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
