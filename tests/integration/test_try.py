"""`bin/slipway` plans, builds and serves an app on the developer's machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import UV, Platform, Result, machine_env, run
from integration.index import fill_in_the_index
from integration.packages import write_tree
from integration.repositories import git
from integration.serving import Dyno, Site, free_port, is_open, stop
from integration.test_fixtures_served import sentences
from integration.words import assert_error

SITE = """
import os

def application(environ, start_response):
    start_response({status!r}, [("Content-Type", "text/plain")])
    return [b"the answer of the site\\n"]
"""


@pytest.fixture
def developer(platform: Platform, tmp_path: Path) -> Platform:
    """Return the machine of a developer, whose cache folder has the cache of `slipway try`."""
    caches = tmp_path.parent / "developer-cache"
    return replace(platform, env={**platform.env, "XDG_CACHE_HOME": str(caches)})


def check(developer: Platform, app: Path, *options: str) -> Result:
    result = developer.run_script("slipway", "try", app, "--check", *options)
    assert [*developer.temporary.iterdir()] == []
    assert not processes_below(developer.temporary)
    return result


def processes_below(folder: Path) -> list[str]:
    """List the processes that still run in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            place = os.readlink(path)
        except OSError:
            continue  # the process has exited
        if place.startswith(str(folder)):
            found.append(f"{path} {place}")
    return found


def assert_answered(result: Result, status: str, start: str) -> None:
    """Look for two lines of the answer; the site's own log lines may be between them."""
    lines = result.out.splitlines()
    answer = lines.index(f"-----> GET / returned {status}")
    assert f"       {start}" in lines[answer + 1 :], result.all


def test_a_check_builds_serves_and_requests_one_page(developer: Platform) -> None:
    before = sorted(os.listdir(FIXTURES / "django_site"))
    result = check(developer, FIXTURES / "django_site")
    assert result.status == 0, result.all
    assert result.out.startswith("-----> Python 3."), result.out
    assert "default_process_types" not in result.out
    assert re.search(
        r"-----> Serving at http://127\.0\.0\.1:\d+/ \(press Ctrl-C to stop\)", result.out
    )
    assert_answered(result, "200 OK", "<!doctype html>")
    assert sorted(os.listdir(FIXTURES / "django_site")) == before


def test_a_check_accepts_config_variables_and_a_port(developer: Platform) -> None:
    port = free_port()
    fixture = FIXTURES / "variable_in_requirements"
    result = check(developer, fixture, "--env", "SIX_VERSION=1.17.0", "--port", str(port))
    assert result.status == 0, result.all
    assert f"Serving at http://127.0.0.1:{port}/" in result.out
    assert "       variable_in_requirements\n" in result.out


def test_an_app_with_an_ignored_virtual_environment_is_tried_and_planned(
    developer: Platform, tmp_path: Path
) -> None:
    app = shutil.copytree(FIXTURES / "field" / "venv-ignored-by-git", tmp_path / "app")
    fill_in_the_index(app)
    git(app, "init", "--quiet")
    git(app, "add", ".")
    git(app, "commit", "--quiet", "--message", "First")
    python = ("python3", "-m", "venv", "--without-pip", app / ".venv")
    assert run(python, machine_env()).status == 0
    write_tree(app, {"notes.txt": ""})
    for arguments in (["plan"], ["plan", "--json"]):
        planned = developer.run_script("slipway", *arguments, app)
        assert planned.status == 0, planned.all
        assert "pyproject.toml" in planned.out
        assert "git does not track it: notes.txt" in planned.err
    write_tree(app, {"Procfile": "web: flask --app main run --port $PORT\n"})
    git(app, "add", "Procfile")
    result = check(developer, app)
    assert_answered(result, "200 OK", "Hello from uv")


def test_a_submodule_that_is_not_checked_out_is_named(
    developer: Platform, tmp_path: Path
) -> None:
    source = write_tree(tmp_path / "acme", {"acme.py": ""})
    app = write_tree(tmp_path / "app", {"requirements.txt": "./vendor/acme\n"})
    for folder in (source, app):
        git(folder, "init", "--quiet")
    git(source, "add", ".")
    git(source, "commit", "--quiet", "--message", "First")
    git(app, "-c", "protocol.file.allow=always", "submodule", "add", str(source), "vendor/acme")
    git(app, "add", "requirements.txt")
    git(app, "submodule", "deinit", "--force", "vendor/acme")
    for command in ("plan", "try"):
        result = developer.run_script("slipway", command, app)
        assert result.status == 1, result.all
        assert "vendor/acme" in result.words
        assert "git submodule update --init" in result.words


@pytest.mark.parametrize("command", ["plan", "try"])
def test_a_folder_without_an_app_is_refused_before_it_is_read(
    developer: Platform, command: str
) -> None:
    start = time.monotonic()
    result = developer.run_script("slipway", command, "/")
    assert time.monotonic() - start < 10
    assert result.status == 1
    assert "Error: No Python app was found" in result.words


def test_the_variables_of_the_shell_are_not_those_of_the_app(
    developer: Platform, tmp_path: Path
) -> None:
    shell = {"DATABASE_URL": "postgres://mine", "VIRTUAL_ENV": "/mine", "CPATH": "/mine"}
    hook = "env | grep -E 'DATABASE_URL|VIRTUAL_ENV|CPATH|HARBOUR' > seen || :\n"
    web = "web: cp seen index.html; python -m http.server $PORT\n"
    app = write_tree(
        tmp_path / "app", {"requirements.txt": "", "Procfile": web, "bin/post_compile": hook}
    )
    with_shell = replace(developer, env={**developer.env, **shell})
    result = check(with_shell, app, "--env", "HARBOUR=Hallig")
    assert_answered(result, "200 OK", "HARBOUR=Hallig")
    assert "mine" not in result.out


def test_the_home_folder_is_refused_before_it_is_copied(
    developer: Platform, tmp_path: Path
) -> None:
    home = write_tree(tmp_path / "home", {"requirements.txt": "six\n"})
    at_home = replace(developer, env={**developer.env, "HOME": str(home)})
    result = at_home.run_script("slipway", "try", home)
    assert result.status == 1
    assert "Error: This folder is not that of one app" in result.words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--env", "=x"], "'' is not a name"),
        (["--env", "../x=1"], "'../x' is not a name"),
        (["--env", "NAME"], "'NAME' has no value"),
        (["--env", "PATH=/x"], "PATH cannot be set here: the app gets the usual one"),
        (["--env", "HOME=/x"], "HOME cannot be set here: the app gets its own folder"),
        (
            ["--env", "PORT=1"],
            "PORT cannot be set here: the platform sets it, and `try` has --port",
        ),
        (["--port", "99999"], "'99999' is not a port"),
        (["--port", "http"], "'http' is not a port"),
    ],
)
def test_wrong_options_are_named_before_anything_is_built(
    developer: Platform, options: list[str], words: str
) -> None:
    result = developer.run_script("slipway", "try", FIXTURES / "wsgi_app", *options)
    assert (result.status, result.out) == (2, "")
    assert words in result.err
    assert "Traceback" not in result.err


def test_a_port_that_is_in_use_is_named_before_anything_is_built(developer: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = check(developer, FIXTURES / "wsgi_app", "--port", str(port))
    assert (result.status, result.out) == (1, "")
    assert f"Error: Port {port} is already in use" in result.words


_SETTINGS = """
import os
from pathlib import Path

SECRET_KEY = "trial"
ALLOWED_HOSTS = os.environ.get("HOSTS", "harbour.example").split(",")
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(__file__).parent / "db.sqlite3",
    }
}
"""
_BEGINNERS_SITE = {
    "requirements.txt": "Django\n",
    "manage.py": "import os\nfrom django.core.management import execute_from_command_line\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
    "import sys\nexecute_from_command_line(sys.argv)\n",
    "settings.py": _SETTINGS,
    "urls.py": "from django.contrib.auth.models import User\n"
    "from django.http import HttpResponse\nfrom django.urls import path\n"
    'urlpatterns = [path("", lambda request: HttpResponse(f"{User.objects.count()} users"))]\n',
    "wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
    "from django.core.wsgi import get_wsgi_application\n"
    "application = get_wsgi_application()\n",
}


@pytest.mark.long
def test_a_beginner_gets_hints_that_work(developer: Platform, tmp_path: Path) -> None:
    app = write_tree(tmp_path / "app", _BEGINNERS_SITE)
    refused = check(developer, app)
    assert refused.status == 1
    assert "if the host of a request is not in ALLOWED_HOSTS" in sentences(refused.all)
    hosts = ("--env", "HOSTS=127.0.0.1")
    failed = check(developer, app, *hosts, "--env", "SLIPWAY_MIGRATE=off")
    assert failed.status == 1
    assert "The database has no table auth_user" in sentences(failed.all)
    released = check(developer, app, *hosts)
    assert "Release step finished" in released.out
    assert_answered(released, "200 OK", "0 users")


@pytest.mark.parametrize(
    "status",
    [pytest.param("404 Not Found", marks=pytest.mark.long), "500 Internal Server Error"],
)
def test_a_check_fails_if_the_site_answers_with_an_error(
    developer: Platform, tmp_path: Path, status: str
) -> None:
    files = {"requirements.txt": "", "wsgi.py": SITE.format(status=status)}
    result = check(developer, write_tree(tmp_path / "app", files))
    assert result.status == 1, result.all
    assert_answered(result, status, "the answer of the site")


SITE_WITH_A_DATABASE = """
import os
from urllib.parse import parse_qs, urlsplit

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    found = urlsplit(os.environ["DATABASE_URL"])
    [path] = parse_qs(found.query)["sslrootcert"]
    with open(path) as file:
        return [f"{found.hostname} {path} {file.readline()}".encode()]
"""


def test_a_trial_gets_the_variables_of_services_and_leaves_no_certificate(
    developer: Platform, tmp_path: Path
) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    credentials = {"uri": "postgres://u:p%40ss@db.example/yard", "ca_certificate": certificate}
    services = {"postgres": [{"name": "yard", "credentials": credentials}]}
    files = {"requirements.txt": "", "wsgi.py": SITE_WITH_A_DATABASE}
    app = write_tree(tmp_path / "app", files)
    # `check` makes sure that the folder of temporary files is empty afterwards.
    result = check(developer, app, "--env", f"VCAP_SERVICES={json.dumps(services)}")
    assert result.status == 0, result.all
    folder = f"db.example {developer.temporary}/slipway-try-"
    [answer] = [line for line in result.out.splitlines() if line.strip().startswith(folder)]
    assert answer.endswith(" -----BEGIN CERTIFICATE-----")
    assert "p%40ss" not in result.all


def test_a_check_fails_if_the_site_does_not_start(developer: Platform, tmp_path: Path) -> None:
    site = "application = dict\nraise RuntimeError('no wind')\n"
    result = check(
        developer, write_tree(tmp_path / "app", {"requirements.txt": "", "wsgi.py": site})
    )
    assert result.status == 1, result.all
    assert "RuntimeError: no wind" in result.out
    assert_error(result, "web_process_fails")


def test_a_check_fails_if_the_build_fails(developer: Platform) -> None:
    result = check(developer, FIXTURES / "python_version_not_available")
    assert result.status == 1
    assert result.words.count("Error: ") == 1
    assert "/lib/slipway/" not in result.err


# What a beginner has after the first page of a tutorial


@pytest.mark.parametrize(
    "fixture", ["flask_app", pytest.param("fastapi_app", marks=pytest.mark.long)]
)
def test_the_first_app_of_a_beginner_is_served(developer: Platform, fixture: str) -> None:
    result = check(developer, FIXTURES / fixture)
    assert result.status == 0, result.all
    assert "-----> GET / returned 200 OK" in result.out
    assert fixture in result.out.rpartition("GET / returned")[2]
    assert " !     " not in result.all


@pytest.mark.long
def test_a_new_django_project_shows_its_welcome_page(
    developer: Platform, harbour: Path, tmp_path: Path
) -> None:
    made = Dyno(app=harbour).run(f"cd '{tmp_path}' && django-admin startproject mysite")
    assert made.status == 0, made.all
    write_tree(tmp_path / "mysite", {"requirements.txt": "Django\n"})
    result = check(developer, tmp_path / "mysite")
    assert result.status == 0, result.all
    assert "-----> GET / returned 200 OK" in result.out
    assert "The install worked successfully! Congratulations!" in result.out


@pytest.mark.parametrize(
    ("options", "command"),
    [
        (["--no-package"], "python main.py"),
        pytest.param(
            ["--package", "--build-backend", "hatch"], "greeter", marks=pytest.mark.long
        ),
    ],
)
def test_a_new_project_of_uv_runs_once(
    developer: Platform, tmp_path: Path, options: list[str], command: str
) -> None:
    uv = [str(UV / "uv"), "init", "--python", "3.11", *options, "greeter"]
    made = run(uv, machine_env(), tmp_path)
    assert made.status == 0, made.all
    result = check(developer, tmp_path / "greeter")
    assert result.status == 0, result.all
    assert f"-----> Running once: {command}, because the app has no web process" in result.out
    assert "       Hello from greeter!\n" in result.out
    assert f"-----> {command} exited with status 0\n" in result.out
    assert f"`worker: {command}`" in sentences(result.out)


def test_a_worker_that_fails_is_named(developer: Platform, tmp_path: Path) -> None:
    worker = "raise SystemExit('no queue')\n"
    procfile = "worker: python worker.py\n"
    files = {"requirements.txt": "", "worker.py": worker, "Procfile": procfile}
    assert_error(check(developer, write_tree(tmp_path / "app", files)), "process_fails")


def test_a_worker_runs_without_a_web_process(developer: Platform) -> None:
    result = check(developer, FIXTURES / "plain_worker")
    assert result.status == 0, result.all
    assert "-----> Running worker: python worker.py\n" in result.out
    assert "       worker | Waiting for jobs\n" in result.out
    assert result.out.endswith("-----> worker is still running after 5 s\n")


def test_all_processes_run_if_none_is_for_web(developer: Platform, tmp_path: Path) -> None:
    worker = "until test -e ticked; do sleep 0.1; done; echo job; exit 3"
    procfile = f"release: echo landed\nclock: echo tick; touch ticked\nworker: {worker}\n"
    app = write_tree(tmp_path / "app", {"requirements.txt": "", "Procfile": procfile})
    result = check(developer, app)
    assert result.status == 1, result.all
    assert "       clock  | tick\n" in result.out
    assert "       worker | job\n" in result.out
    assert "| landed" not in result.out
    assert "Error: The process worker failed" in result.words


def test_other_processes_are_named_if_web_is_served(
    developer: Platform, tmp_path: Path
) -> None:
    procfile = "web: python -m http.server $PORT\nworker: sleep 60\nrelease: true\n"
    app = write_tree(tmp_path / "app", {"requirements.txt": "", "Procfile": procfile})
    result = check(developer, app)
    assert result.status == 0, result.all
    assert "Not started: `worker`. `try` starts only `web`" in sentences(result.out)


@pytest.mark.parametrize(
    ("fixture", "line"),
    [
        ("flask_app", "web: gunicorn app:app"),
        ("fastapi_app", "web: uvicorn --host 0.0.0.0 --port $PORT main:app"),
    ],
)
@pytest.mark.long
def test_the_advised_line_for_a_web_process_works(
    developer: Platform, tmp_path: Path, fixture: str, line: str
) -> None:
    app = shutil.copytree(FIXTURES / fixture, tmp_path / "app")
    write_tree(app, {"Procfile": "release: true\n"})
    advised = check(developer, app)
    assert advised.status == 1, advised.all
    assert f"            {line}\n" in advised.words
    write_tree(app, {"Procfile": f"{line}\n"})
    result = check(developer, app)
    assert result.status == 0, result.all
    assert fixture in result.out


@contextmanager
def trial(
    developer: Platform, app: Path, port: int, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    developer.temporary.mkdir(exist_ok=True)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            # If a shell or nohup runs these tests in the background, they ignore these signals.
            [
                *("env", "--default-signal=INT,HUP", developer.slipway / "bin" / "slipway"),
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
        stop(process)


def wait_for_line(line: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while line not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_site_is_served_until_ctrl_c_and_everything_is_cleaned_up(
    developer: Platform, tmp_path: Path, number: signal.Signals
) -> None:
    port, log = free_port(), tmp_path / "log"
    with trial(developer, FIXTURES / "wsgi_app", port, log) as process:
        wait_for_line("-----> Serving", process, log)
        assert Site(port).get("/").text == "wsgi_app\n"
        process.send_signal(number)
        assert process.wait(30) == (0 if number is signal.SIGINT else 128 + number)
    assert ("-----> Stopping\n" in log.read_text()) == (number is signal.SIGINT)
    assert "Traceback" not in log.read_text()
    assert not is_open(port)
    assert [*developer.temporary.iterdir()] == []
    assert not processes_below(developer.temporary)


def test_workers_run_until_ctrl_c(developer: Platform, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with trial(developer, FIXTURES / "plain_worker", free_port(), log) as process:
        wait_for_line("       worker | Waiting for jobs\n", process, log)
        assert "       Press Ctrl-C to stop\n" in log.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert log.read_text().endswith("-----> Stopping\n")
    assert [*developer.temporary.iterdir()] == []
    assert not processes_below(developer.temporary)


def test_a_plan_lists_every_decision(developer: Platform) -> None:
    planned = developer.run_script("slipway", "plan", FIXTURES / "django_site")
    assert (planned.status, planned.err) == (0, "")
    files = ("requirements.txt", "requirements/base.txt", "requirements/constraints.txt")
    assert planned.out.splitlines() == [
        "Python        3.10 or newer (the app requests no version; the pinned packages decide)",
        f"Dependencies  {', '.join(files)}: 2 requirements, not locked yet",
        "Added         gunicorn, for the default web process",
        "Django        manage.py, settings module harbour.settings (from manage.py)",
        "Hooks         none",
        "Processes     Slipway's defaults",
        "  web         gunicorn harbour.wsgi:application",
        "  release     slipway-release",
        "  manage      python manage.py",
        (
            "Web           Serving harbour.wsgi:application (Django), named by "
            "WSGI_APPLICATION in harbour/settings.py, with Gunicorn, which Slipway adds "
            "because the app requires no server"
        ),
        (
            "Release step  in the release phase; on Cloud Foundry before `web` starts; by "
            "hand: slipway-release"
        ),
    ]


def test_a_plan_can_be_printed_as_json(developer: Platform) -> None:
    planned = developer.run_script("slipway", "plan", "--json", FIXTURES / "own_procfile")
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
