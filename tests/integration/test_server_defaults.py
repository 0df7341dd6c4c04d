"""Web servers start with defaults that fit their platform, and that the user can override."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from server_defaults import (
    MEMORY_FOLDER,
    available_cpus,
    available_memory,
    thread_count,
    worker_count,
)

from integration.classic_platform import Platform, run
from integration.isolation import read_only
from integration.packages import write_tree
from integration.serving import Dyno, wait_for_words

WSGI = """
import os

def application(environ, start_response):
    paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    files = [os.readlink(path) for path in paths if os.path.islink(path)]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["\\n".join([environ["wsgi.url_scheme"], *files]).encode()]
"""
ASGI = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})
"""
APP = {"requirements.txt": "gunicorn\nuvicorn\n", "wsgi.py": WSGI, "served.py": ASGI}
UVICORN = "uvicorn --host 0.0.0.0 --port $PORT served:app"

WORKERS = worker_count(available_cpus(), available_memory())
SETTINGS = {
    "bind": ("['0.0.0.0:5000']", "'127.0.0.1:81'", "['127.0.0.1:81']"),
    "workers": (str(WORKERS), "3", "3"),
    "threads": (str(thread_count(WORKERS)), "2", "2"),
    "accesslog": ("-", "'access.log'", "access.log"),
    "worker_tmp_dir": (MEMORY_FOLDER, "'/srv'", "/srv"),
    "control_socket_disable": ("True", "False", "False"),
    "graceful_timeout": ("25", "11", "11"),
    "forwarded_allow_ips": ("['*']", "'10.0.0.1'", "['10.0.0.1']"),
    "max_requests": ("0", "50", "50"),
}
"""The default of a setting, as Gunicorn prints it; a value for the configuration file; and how
Gunicorn prints that."""
ON_HEROKU = {"DYNO": "web.1", "PORT": "5000"}


def build(slipway: Path, cache: Path, folder: Path, files: Mapping[str, str]) -> Path:
    app = write_tree(folder / "build", {**files})
    platform = Platform(slipway=slipway, folder=folder, cache=cache)
    platform.build(app)
    return platform.move(app)


@pytest.fixture(scope="module")
def plain(slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a built app that sets nothing itself. Tests must not change it."""
    return build(slipway, shared_cache, tmp_path_factory.mktemp("plain"), APP)


@pytest.fixture(scope="module")
def configured(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a built app whose configuration file sets everything."""
    config = "".join(f"{name} = {own}\n" for name, (_, own, _) in SETTINGS.items())
    files = {**APP, "gunicorn.conf.py": config}
    return build(slipway, shared_cache, tmp_path_factory.mktemp("configured"), files)


def settings(app: Path, arguments: str = "", **env: str) -> dict[str, str]:
    """Return the values that Gunicorn uses, as it prints them."""
    dyno = Dyno(app=app, env={**ON_HEROKU, **env})
    result = dyno.run(f"gunicorn --print-config {arguments} wsgi")
    assert result.status == 0, result.all
    lines = (line.partition(" = ") for line in result.out.splitlines())
    return {name.strip(): value for name, _, value in lines}


def test_gunicorn_uses_each_default(plain: Path) -> None:
    found = settings(plain)
    expected = {name: default for name, (default, _, _) in SETTINGS.items()}
    assert {name: found[name] for name in SETTINGS} == expected


def test_the_configuration_file_wins_over_each_default(configured: Path) -> None:
    found = settings(configured)
    expected = {name: own for name, (_, _, own) in SETTINGS.items()}
    assert {name: found[name] for name in SETTINGS} == expected


def test_options_of_the_user_win_over_the_configuration_file(configured: Path) -> None:
    own = "--threads 9 --bind :80 --access-logfile other.log --graceful-timeout 12"
    found = settings(configured, "--graceful-timeout 13", GUNICORN_CMD_ARGS=own)
    names = ("threads", "bind", "accesslog", "graceful_timeout", "workers")
    assert [found[name] for name in names] == ["9", "[':80']", "other.log", "13", "3"]


def test_options_of_the_user_are_added_to_the_defaults(plain: Path) -> None:
    found = settings(plain, GUNICORN_CMD_ARGS="--max-requests 9 --threads 1")
    names = ("max_requests", "threads", "accesslog", "graceful_timeout")
    assert [found[name] for name in names] == ["9", "1", "-", "25"]


def test_empty_options_of_the_user_switch_the_defaults_off(plain: Path) -> None:
    found = settings(plain, GUNICORN_CMD_ARGS="")
    names = ("threads", "accesslog", "worker_tmp_dir", "graceful_timeout")
    assert [found[name] for name in names] == ["1", "None", "None", "30"]


def test_the_server_uses_the_configuration_file_of_the_folder_it_starts_in(
    plain: Path, tmp_path: Path
) -> None:
    """Even with --chdir: https://docs.gunicorn.org/en/stable/settings.html#config."""
    files = {"gunicorn.conf.py": "threads = 6", "backend/gunicorn.conf.py": "threads = 7"}
    write_tree(tmp_path / "app", {**files, "backend/wsgi.py": WSGI})
    gunicorn = str(plain / ".slipway" / "venv" / "bin" / "gunicorn")
    result = run(
        [gunicorn, "--print-config", "--chdir", "backend", "wsgi"], {}, tmp_path / "app"
    )
    assert re.search(r"^threads += 6$", result.out, re.MULTILINE), result.all


@pytest.mark.parametrize("command", [None, UVICORN], ids=["gunicorn", "uvicorn"])
def test_the_scheme_is_that_of_the_request_to_the_router(
    command: str | None, plain: Path
) -> None:
    with Dyno(app=plain, env={"WEB_CONCURRENCY": "1"}).serve(command) as site:
        https = site.get("/", {"X-Forwarded-Proto": "https"})
        assert [https.text.split()[0], site.get("/").text.split()[0]] == ["https", "http"]


def test_a_server_on_a_read_only_file_system_works_in_memory_and_logs_no_error(
    plain: Path,
) -> None:
    dyno = Dyno(app=plain, within=read_only(plain))
    with dyno.serve() as site:
        page = site.get("/seen")
        heartbeats = [
            name for name in page.text.split() if name.startswith(f"{MEMORY_FOLDER}/")
        ]
        assert heartbeats, page.text
        log = plain.parent / f"{plain.name}-{site.port}.log"
        wait_for_words('"GET /seen HTTP/1.1" 200', log)
    assert [line for line in log.read_text("utf-8").splitlines() if "rror" in line] == []
