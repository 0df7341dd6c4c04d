"""`bin/slipway`: an app is planned, built, served and asked on the own machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import Ended, Platform
from integration.packages import write_tree
from integration.serving import Site, end, free_port, is_open
from integration.words import assert_error

SITE = """
import os

def application(environ, start_response):
    start_response({status!r}, [("Content-Type", "text/plain")])
    return [b"the answer of the site\\n"]
"""


@pytest.fixture
def developer(platform: Platform, tmp_path: Path) -> Platform:
    """Give a developer's machine: the cache of trials is in their own cache folder."""
    caches = tmp_path.parent / "developer-cache"
    return replace(platform, env={**platform.env, "XDG_CACHE_HOME": str(caches)})


def check(developer: Platform, app: Path, *options: str) -> Ended:
    ended = developer.run_script("slipway", "try", app, "--check", *options)
    assert [*developer.temporary.iterdir()] == []
    assert not processes_below(developer.temporary)
    return ended


def processes_below(folder: Path) -> list[str]:
    """List what still runs from a trial's folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            place = os.readlink(path)
        except OSError:
            continue  # it ended while we looked
        if place.startswith(str(folder)):
            found.append(f"{path} {place}")
    return found


def assert_answered(ended: Ended, status: str, start: str) -> None:
    """Look for lines between which the site writes of the same request, whenever it will."""
    lines = ended.out.splitlines()
    answer = lines.index(f"-----> GET / answers {status}")
    assert f"       {start}" in lines[answer + 1 :], ended.all


def test_a_check_builds_serves_and_asks_once(developer: Platform) -> None:
    before = sorted(os.listdir(FIXTURES / "django_site"))
    ended = check(developer, FIXTURES / "django_site")
    assert ended.status == 0, ended.all
    assert "Python\n-----> Python 3." in ended.out
    assert re.search(r"-----> Serving http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)", ended.out)
    assert_answered(ended, "200 OK", "<!doctype html>")
    assert sorted(os.listdir(FIXTURES / "django_site")) == before


def test_a_check_takes_config_variables_and_a_port(developer: Platform) -> None:
    port = free_port()
    fixture = FIXTURES / "variable_in_requirements"
    ended = check(developer, fixture, "--env", "SIX_VERSION=1.17.0", "--port", str(port))
    assert ended.status == 0, ended.all
    assert f"Serving http://127.0.0.1:{port}/" in ended.out
    assert "       variable_in_requirements\n" in ended.out


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
def test_a_check_fails_where_the_site_answers_with_an_error(
    developer: Platform, tmp_path: Path, status: str
) -> None:
    files = {"requirements.txt": "", "wsgi.py": SITE.format(status=status)}
    ended = check(developer, write_tree(tmp_path / "app", files))
    assert ended.status == 1, ended.all
    assert_answered(ended, status, "the answer of the site")


def test_a_check_fails_where_the_site_does_not_start(
    developer: Platform, tmp_path: Path
) -> None:
    site = "application = None\nraise RuntimeError('no wind')\n"
    ended = check(
        developer, write_tree(tmp_path / "app", {"requirements.txt": "", "wsgi.py": site})
    )
    assert ended.status == 1, ended.all
    assert "RuntimeError: no wind" in ended.err
    assert_error(ended, "web_process_fails")


def test_a_check_ends_as_the_build_does(developer: Platform) -> None:
    ended = check(developer, FIXTURES / "python_version_not_there")
    assert ended.status == 1
    assert ended.words.count("Error: ") == 1
    assert "/lib/slipway/" not in ended.err


@contextmanager
def trial(
    developer: Platform, app: Path, port: int, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    developer.temporary.mkdir(exist_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            # A shell lets what it runs in the background ignore Ctrl-C: these tests, perhaps.
            [
                *("env", "--default-signal=INT", developer.slipway / "bin" / "slipway"),
                *("try", app, "--port", str(port)),
            ],
            env={**developer.env, "TMPDIR": str(developer.temporary)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_site_is_served_until_ctrl_c_and_nothing_stays(
    developer: Platform, tmp_path: Path, number: signal.Signals
) -> None:
    port, log = free_port(), tmp_path / "log"
    with trial(developer, FIXTURES / "wsgi_app", port, log) as process:
        deadline = time.monotonic() + 120
        while "-----> Serving" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert Site(port).get("/").text == "wsgi_app\n"
        process.send_signal(number)
        assert process.wait(30) == (0 if number is signal.SIGINT else 128 + number)
    assert ("-----> Stopping\n" in log.read_text()) == (number is signal.SIGINT)
    assert "Traceback" not in log.read_text()
    assert not is_open(port)
    assert [*developer.temporary.iterdir()] == []
    assert not processes_below(developer.temporary)


def test_a_plan_lists_every_decision(developer: Platform) -> None:
    planned = developer.run_script("slipway", "plan", FIXTURES / "django_site")
    assert (planned.status, planned.err) == (0, "")
    files = ("requirements.txt", "requirements/base.txt", "requirements/constraints.txt")
    assert planned.out.splitlines() == [
        "Python        3.10 or newer (nothing asks for one)",
        f"Dependencies  {', '.join(files)}: 2 requirements, to be locked",
        "Added         gunicorn, for the default web process",
        "Django        manage.py, settings harbour.settings (manage.py)",
        "Hooks         none",
        "Processes     Slipway's default",
        "  web         gunicorn --bind 0.0.0.0:$PORT harbour.wsgi:application",
        "  release     python manage.py migrate --noinput",
        "  manage      python manage.py",
    ]


def test_a_plan_is_json_for_programs(developer: Platform) -> None:
    planned = developer.run_script(
        "slipway", "plan", "--json", FIXTURES / "procfile_of_its_own"
    )
    assert (planned.status, planned.err) == (0, "")
    plan = json.loads(planned.out)
    assert plan["processes_from"] == "Procfile"
    assert plan["processes"]["worker"] == "python worker.py"
    assert plan["dependencies"]["added"] == []


def test_help_names_the_commands(developer: Platform) -> None:
    helped = developer.run_script("slipway", "--help")
    assert helped.status == 0
    assert {"plan", "try"} <= {*helped.out.split()}
    assert developer.run_script("slipway", "tri").status == 2
