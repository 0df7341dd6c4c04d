"""What an app brings serves it; else Slipway adds a server."""

from __future__ import annotations

import re
import subprocess

import pytest

from default_commands import AIOHTTP, ASGI, SOCKETIO, WSGI, below, default_commands, factory
from slipway.domain.web.launch import Interface, OwnServer, WebApplication
from slipway.domain.web.programs import started_programs
from slipway.domain.web.served import served
from slipway.domain.web.servers import (
    SERVERS,
    can_serve,
    packages_of_processes,
    packages_to_add,
    web_command,
)

ON_PORT = "--host 0.0.0.0 --port $PORT"
UWSGI = "uwsgi --http-socket 0.0.0.0:$PORT --master --die-on-term --need-app --enable-threads"
WITH_SOCKETS = "gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
WITH_UVICORN = "gunicorn -k uvicorn_worker.UvicornWorker"


@pytest.mark.parametrize(
    ("web", "packages", "command", "added"),
    [
        (WSGI, "", "gunicorn app:app", "gunicorn"),
        (WSGI, "gunicorn=20.1.0", "gunicorn app:app", ""),
        (WSGI, "gunicorn waitress uwsgi", "gunicorn app:app", ""),
        (WSGI, "waitress granian uwsgi", f"waitress-serve {ON_PORT} app:app", ""),
        (WSGI, "granian uwsgi", f"granian --interface wsgi {ON_PORT} app:app", ""),
        (WSGI, "uwsgi", f"{UWSGI} --module app:app", ""),
        (WSGI, "pyuwsgi", f"{UWSGI} --module app:app", ""),
        (WSGI, "uvicorn hypercorn daphne", "gunicorn app:app", "gunicorn"),
        (ASGI, "", f"uvicorn {ON_PORT} main:app", "uvicorn websockets"),
        (ASGI, "uvicorn", f"uvicorn {ON_PORT} main:app", ""),
        (ASGI, "uvicorn gunicorn=27.0.1", f"uvicorn {ON_PORT} main:app", ""),
        (ASGI, "uvicorn-worker uvicorn gunicorn", f"{WITH_UVICORN} main:app", ""),
        (
            ASGI,
            "hypercorn granian daphne gunicorn",
            "hypercorn --bind 0.0.0.0:$PORT main:app",
            "",
        ),
        (ASGI, "granian daphne", f"granian --interface asgi {ON_PORT} main:app", ""),
        (ASGI, "daphne gunicorn", "daphne -b 0.0.0.0 -p $PORT main:app", ""),
        (ASGI, "gunicorn=24.0.0", "gunicorn -k asgi main:app", ""),
        (ASGI, "gunicorn", "gunicorn -k asgi main:app", ""),
        (ASGI, "gunicorn=23.0.0", f"uvicorn {ON_PORT} main:app", "uvicorn websockets"),
        (ASGI, "gunicorn=23.0.0 websockets", f"uvicorn {ON_PORT} main:app", "uvicorn"),
        (ASGI, "waitress uwsgi", f"uvicorn {ON_PORT} main:app", "uvicorn websockets"),
        (AIOHTTP, "", "gunicorn -k aiohttp.GunicornWebWorker harbour:app", "gunicorn"),
        (AIOHTTP, "uvicorn gunicorn", "gunicorn -k aiohttp.GunicornWebWorker harbour:app", ""),
        (SOCKETIO, "", "gunicorn -w 1 --threads 100 app:app", "gunicorn"),
        (SOCKETIO, "gevent", "gunicorn -k gevent -w 1 app:app", "gunicorn packaging"),
        (
            SOCKETIO,
            "gevent gevent-websocket",
            f"{WITH_SOCKETS} -w 1 app:app",
            "gunicorn packaging",
        ),
        (SOCKETIO, "eventlet gunicorn=25.1.0", "gunicorn -k eventlet -w 1 app:app", ""),
        (SOCKETIO, "eventlet gunicorn=27.0.1", "gunicorn -w 1 --threads 100 app:app", ""),
        (SOCKETIO, "waitress gunicorn", "gunicorn -w 1 --threads 100 app:app", ""),
        (SOCKETIO, "waitress", f"waitress-serve {ON_PORT} app:app", ""),
        (below(WSGI), "", "gunicorn --chdir backend app:app", "gunicorn"),
        (below(WSGI), "waitress", f"env -C backend python -m waitress {ON_PORT} app:app", ""),
        (below(WSGI), "uwsgi", f"{UWSGI} --chdir backend --module app:app", ""),
        (below(ASGI), "uvicorn", f"uvicorn {ON_PORT} --app-dir backend main:app", ""),
        (below(ASGI), "gunicorn", "gunicorn -k asgi --chdir backend main:app", ""),
        (below(ASGI), "daphne", "env -C backend daphne -b 0.0.0.0 -p $PORT main:app", ""),
        (
            below(ASGI),
            "hypercorn",
            "env -C backend hypercorn --bind 0.0.0.0:$PORT main:app",
            "",
        ),
        (factory(WSGI), "", "gunicorn 'app:create_app()'", "gunicorn"),
        (factory(WSGI), "waitress", f"waitress-serve {ON_PORT} --call app:create_app", ""),
        (factory(WSGI), "uwsgi", f"{UWSGI} --module 'app:create_app()'", ""),
        (
            factory(WSGI),
            "granian",
            f"granian --interface wsgi {ON_PORT} --factory app:create_app",
            "",
        ),
        (factory(ASGI), "uvicorn", f"uvicorn {ON_PORT} --factory main:create_app", ""),
        (factory(ASGI), "gunicorn", "gunicorn -k asgi 'main:create_app()'", ""),
        (
            factory(ASGI),
            "hypercorn",
            "hypercorn --bind 0.0.0.0:$PORT 'main:create_app()'",
            "",
        ),
        # Daphne cannot call a factory.
        (
            factory(ASGI),
            "daphne",
            f"uvicorn {ON_PORT} --factory main:create_app",
            "uvicorn websockets",
        ),
        (
            factory(below(ASGI)),
            "",
            f"uvicorn {ON_PORT} --app-dir backend --factory main:create_app",
            "uvicorn websockets",
        ),
        (
            factory(AIOHTTP),
            "",
            "gunicorn -k aiohttp.GunicornWebWorker 'harbour:create_app()'",
            "gunicorn",
        ),
    ],
)
def test_what_an_app_brings_serves_it(
    web: WebApplication, packages: str, command: str, added: str
) -> None:
    known = {
        name: version for name, _, version in (it.partition("=") for it in packages.split())
    }
    assert web_command(web, known) == command
    assert " ".join(packages_to_add(web, known)) == added


@pytest.mark.parametrize(("web", "command"), default_commands())
def test_the_default_commands_survive_the_platforms(web: WebApplication, command: str) -> None:
    """Herokuish, whose line this is, splits a command after `eval echo`."""
    assert not re.search(r"""["`&;|<>\\*?{}~#]""", command)
    assert re.findall(r"\$\w*", command) in (["$PORT"], [])
    script = """set -eo pipefail; shopt -s nullglob; printf '%s\\n' $(eval echo "$1")"""
    argv = ["bash", "-c", script, "bash", command]
    split = subprocess.run(argv, env={"PORT": "80"}, capture_output=True, text=True, check=True)
    whole = ["bash", "-c", f"printf '%s\\n' {command}"]
    bash = subprocess.run(whole, env={"PORT": "80"}, capture_output=True, text=True, check=True)
    assert split.stdout == bash.stdout
    (started,) = started_programs(command)
    found = served(started)
    assert found is not None
    assert (found.target, found.folder) == (web.target, web.folder)
    assert found.interface in (web.interface, None)


def test_each_server_has_a_command_of_its_own() -> None:
    assert len({command for _, command in default_commands()}) == 4 * len(SERVERS) - 2  # Daphne


@pytest.mark.parametrize(
    ("packages", "wsgi", "asgi"),
    [
        ({}, False, False),
        ({"gunicorn": "23.0.0"}, True, False),
        ({"gunicorn": "27.0.1"}, True, True),
        ({"gunicorn": ""}, True, True),
        ({"gunicorn": "not a version"}, True, True),
        ({"daphne": "4.0"}, False, True),
        ({"waitress": "3.0"}, True, False),
        ({"granian": "2.0"}, True, True),
    ],
)
def test_the_interfaces_of_an_apps_own_servers_are_known(
    packages: dict[str, str], *, wsgi: bool, asgi: bool
) -> None:
    assert can_serve(Interface.WSGI, packages) == wsgi
    assert can_serve(Interface.ASGI, packages) == asgi


def test_nothing_is_added_to_an_app_with_its_own_server() -> None:
    streamlit = OwnServer(command="streamlit run app.py --server.port $PORT", origin="app.py")
    assert packages_to_add(streamlit, {}) == ()
    assert packages_to_add(None, {}) == ()
    own = OwnServer(command="gunicorn", origin="wsgi_app in gunicorn.conf.py")
    assert packages_to_add(own, {}) == ("gunicorn",)
    assert packages_to_add(own, {"gunicorn": ""}) == ()


@pytest.mark.parametrize(
    ("line", "added"),
    [
        ("gunicorn app:app", "gunicorn"),
        ("exec gunicorn app:app", "gunicorn"),
        ("newrelic-admin run-program gunicorn app:app", "gunicorn"),
        ("python manage.py migrate && gunicorn app:app", "gunicorn"),
        ("cd backend && gunicorn app:app", "gunicorn"),
        ("gunicorn app:app $OPTIONS", "gunicorn"),
        ("python -m gunicorn app:app", "gunicorn"),
        ("python manage.py run_gunicorn -b 0.0.0.0:$PORT", "gunicorn"),
        ("./manage.py run_gunicorn", "gunicorn"),
        ("gunicorn_django -b 0.0.0.0:$PORT", "gunicorn"),
        ("gunicorn_paster production.ini", "gunicorn"),
        ("gunicorn -k uvicorn.workers.UvicornWorker a:b", "gunicorn uvicorn websockets"),
        (
            "gunicorn -k uvicorn_worker.UvicornWorker a:b",
            "gunicorn uvicorn-worker websockets",
        ),
        ("gunicorn -k gevent a:b", "gunicorn packaging"),
        ("python manage.py run_gunicorn -k gevent 0.0.0.0:$PORT", "gunicorn packaging"),
        ("gunicorn_django -k gevent", "gunicorn packaging"),
        ("uvicorn main:app --host 0.0.0.0 --port $PORT", "uvicorn websockets"),
        ("python -m uvicorn main:app", "uvicorn websockets"),
        ("hypercorn main:app -b 0.0.0.0:$PORT", "hypercorn"),
        ("daphne -p $PORT harbour.asgi:application", "daphne"),
        ("granian --interface asgi main:app", "granian"),
        ("waitress-serve --port=$PORT app:app", "waitress"),
        ("python -m waitress app:app", "waitress"),
        # Only the warning about the program names these.
        ("uwsgi uwsgi.ini", ""),
        ("celery -A harbour worker", ""),
        ("rq worker", ""),
        ("fastapi run main.py", ""),
        ("python manage.py runserver", ""),
        # These may not start, or be what they seem.
        ("[ -f x ] && gunicorn app:app", ""),
        ("gunicorn app:app || waitress-serve app:app", ""),
        ("./gunicorn app:app", ""),
        ("uv run gunicorn app:app", ""),
        ("echo 'gunicorn app:app", ""),
        ("$SERVER app:app", ""),
    ],
)
def test_the_servers_that_a_procfile_names_are_added(line: str, added: str) -> None:
    assert " ".join(packages_of_processes({"web": line}, {})) == added
    known = dict.fromkeys(added.split(), "1.0")
    assert packages_of_processes({"web": line}, known) == {}


def test_each_added_server_has_the_first_process_that_needs_it() -> None:
    processes = {
        "release": "python manage.py migrate",
        "web": "gunicorn a:b",
        "admin": "gunicorn c:d",
        "live": "daphne -p 9000 a:b",
    }
    assert packages_of_processes(processes, {}) == {"gunicorn": "web", "daphne": "live"}


def test_uvicorn_of_the_app_gets_nothing_for_websockets() -> None:
    assert packages_of_processes({"web": "uvicorn a:b"}, {"uvicorn": ""}) == {}
    line = "gunicorn -k uvicorn.workers.UvicornWorker a:b"
    assert packages_of_processes({"web": line}, {"uvicorn": ""}) == {"gunicorn": "web"}
