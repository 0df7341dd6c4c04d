"""A command line of a server is read as the server itself reads it."""

from __future__ import annotations

import pytest

from slipway.domain.web.launch import Interface
from slipway.domain.web.programs import started_programs
from slipway.domain.web.served import Served, served

WSGI, ASGI = Interface.WSGI, Interface.ASGI

TARGETS = {
    # Gunicorn
    "gunicorn app:app": "app:app WSGI",
    "gunicorn harbour.wsgi": "harbour.wsgi:application WSGI",
    "gunicorn harbour.wsgi --log-file -": "harbour.wsgi:application WSGI",
    "gunicorn --bind 0.0.0.0:$PORT app:app": "app:app WSGI",
    "gunicorn --bind=0.0.0.0:$PORT app:app": "app:app WSGI",
    'gunicorn "--bind=0.0.0.0:$PORT" app:app': "app:app WSGI",
    "gunicorn -b :$PORT -w 3 app:app": "app:app WSGI",
    "gunicorn -b:$PORT -w3 app:app": "app:app WSGI",
    "gunicorn -w ${WEB_CONCURRENCY:-2} app:app": "app:app WSGI",
    "gunicorn --workers=$WEB_CONCURRENCY app:app": "app:app WSGI",
    "gunicorn --preload -Dw 4 app:app": "app:app WSGI",
    "gunicorn --log-l debug app:app": "app:app WSGI",
    "gunicorn app:app --reload": "app:app WSGI",
    "gunicorn -- app:app": "app:app WSGI",
    "gunicorn 'app:create_app()'": "app:create_app() WSGI",
    "gunicorn 'app:create_app(\"x\")'": 'app:create_app("x") WSGI',
    "gunicorn --chdir backend main:app": "main:app WSGI in backend",
    "gunicorn --chdir=./backend/ main:app": "main:app WSGI in backend",
    "gunicorn --chdir /srv/app main:app": "main:app WSGI in ?",
    "gunicorn --chdir $HOME main:app": "main:app WSGI in ?",
    "cd backend && gunicorn main:app": "main:app WSGI in backend",
    "cd backend && gunicorn --chdir web main:app": "main:app WSGI in backend/web",
    "env -C backend gunicorn main:app": "main:app WSGI in backend",
    "gunicorn --pythonpath src main:app": "main:app WSGI in  or src",
    "gunicorn --pythonpath=src,lib main:app": "main:app WSGI in  or src or lib",
    "gunicorn --pythonpath $X main:app": "main:app WSGI in  or ?",
    "gunicorn -c conf.py main:app": "main:app either with conf.py",
    "gunicorn --config=file:etc/conf.py main:app": "main:app either with etc/conf.py",
    "gunicorn -c python:etc.conf main:app": "main:app either with python:etc.conf",
    "cd web && gunicorn -c ../conf.py --chdir x main:app": (
        "main:app either in web/x with conf.py"
    ),
    "gunicorn -c conf.py": "nothing either with conf.py",
    "gunicorn": "nothing WSGI",
    "gunicorn --paste production.ini": "nothing WSGI",
    "gunicorn -k gevent main:app": "main:app WSGI by gevent",
    "gunicorn -k uvicorn.workers.UvicornWorker main:app": (
        "main:app ASGI by uvicorn.workers.UvicornWorker"
    ),
    "gunicorn main:app --worker-class=uvicorn_worker.UvicornH11Worker": (
        "main:app ASGI by uvicorn_worker.UvicornH11Worker"
    ),
    "gunicorn -k asgi main:app": "main:app ASGI by asgi",
    "gunicorn -k aiohttp.GunicornWebWorker main:app": (
        "main:app either by aiohttp.GunicornWebWorker"
    ),
    "gunicorn -k $WORKER main:app": "main:app either",
    "GUNICORN_CMD_ARGS='-k asgi' gunicorn main:app": "main:app either",
    "newrelic-admin run-program gunicorn main:app": "main:app WSGI",
    "exec gunicorn main:app": "main:app WSGI",
    "python -m gunicorn -w 2 main:app": "main:app WSGI",
    "gunicorn --wrokers 3 main:app": None,
    "gunicorn $TARGET": None,
    "gunicorn main:app $OPTIONS": None,
    "gunicorn --proxy-protocol main:app": None,
    "gunicorn --proxy-protocol --reload main:app": "main:app WSGI",
    "gunicorn -w": None,
    # Uvicorn
    "uvicorn main:app --host 0.0.0.0 --port $PORT": "main:app ASGI",
    "uvicorn main:app --host=0.0.0.0 --port=${PORT:-8000} --no-access-log": "main:app ASGI",
    "uvicorn --app-dir src main:app": "main:app ASGI in src",
    "uvicorn --factory main:create_app": "main:create_app() ASGI",
    "uvicorn --interface wsgi app:app": "app:app WSGI",
    "uvicorn --interface $KIND app:app": None,
    "uvicorn main": "main ASGI",
    "UVICORN_APP=main:app uvicorn": "nothing ASGI",
    "python -m uvicorn main:app --proxy-headers": "main:app ASGI",
    "uvicorn main:app extra": None,
    "uvicorn --work 3 main:app": None,  # Click does not abbreviate options
    # Hypercorn
    "hypercorn main:app --bind 0.0.0.0:$PORT": "main:app either",
    "hypercorn -b 0.0.0.0:$PORT asgi:main:app": "main:app ASGI",
    "hypercorn wsgi:main:app": "main:app WSGI",
    "hypercorn src/pkg.main": "pkg.main:app either in src",
    "hypercorn 'main:create_app()'": "main:create_app() either",
    "hypercorn -c hypercorn.toml main:app": "main:app either with hypercorn.toml",
    "python -m hypercorn --graceful 5 main:app": "main:app either",
    "hypercorn": None,
    # Daphne
    "daphne -b 0.0.0.0 -p $PORT harbour.asgi:application": "harbour.asgi:application ASGI",
    "daphne harbour.asgi:application --port $PORT -v2": "harbour.asgi:application ASGI",
    "daphne -e tcp:port=8000 harbour.asgi:application": "harbour.asgi:application ASGI",
    "daphne --proxy-headers harbour.asgi:application": "harbour.asgi:application ASGI",
    "daphne -x harbour.asgi:application": None,
    # Granian
    "granian --interface asgi --port $PORT main:app": "main:app ASGI",
    "granian --interface wsgi --no-ws app": "app:app WSGI",
    "granian --interface asginl --factory main:create_app": "main:create_app() ASGI",
    "granian src/main.py:app --interface asgi": "src.main:app ASGI",
    "granian --working-dir backend --interface asgi main:app": "main:app ASGI in backend or ",
    "granian main:app": "main:app either",
    # Waitress
    "waitress-serve --port=$PORT app:app": "app:app WSGI",
    "waitress-serve --listen=*:$PORT harbour.wsgi:application": "harbour.wsgi:application WSGI",
    "waitress-serve --call app:create_app": "app:create_app() WSGI",
    "waitress-serve --thr=8 app:app": "app:app WSGI",
    "python -m waitress --port $PORT app:app": "app:app WSGI",
    "waitress-serve app.app": None,
    # uWSGI
    "uwsgi uwsgi.ini": "nothing WSGI with uwsgi.ini",
    "uwsgi --ini etc/uwsgi.ini": "nothing WSGI with etc/uwsgi.ini",
    "uwsgi --http-socket :$PORT --module harbour.wsgi": "harbour.wsgi:application WSGI",
    "uwsgi --http=:$PORT --master -w harbour.wsgi:app": "harbour.wsgi:app WSGI",
    "uwsgi --http :$PORT --wsgi-file src/app.py --callable app": "src.app:app WSGI",
    "uwsgi --http :$PORT --mount /=app:app --manage-script-name": "app:app WSGI",
    "uwsgi --chdir backend --pp lib -w main:app": "main:app WSGI in backend or backend/lib",
    "uwsgi --http :$PORT --new-option value --wsgi main:app": "main:app WSGI",
    "uwsgi --http :$PORT": None,
    # Commands of frameworks
    "fastapi run": "nothing ASGI",
    "fastapi run main.py --port $PORT": "main ASGI",
    "fastapi run src/main.py --app api": "src.main:api ASGI",
    "fastapi run -e main:app": "main:app ASGI",
    "python -m fastapi run app/main.py --workers 2": "app.main ASGI",
    "fastapi --version": None,
    "flask run -h 0.0.0.0 -p $PORT": "nothing WSGI",
    "flask --app hello run": "hello WSGI",
    "flask --app=src/hello.py:site run --host=0.0.0.0": "src.hello:site WSGI",
    "flask --app 'hello:create_app()' run": "hello:create_app() WSGI",
    "flask --app hello db upgrade": None,
    "flask --app $X run": None,
    # Others
    "celery -A harbour worker": None,
    "python app.py": None,
    "python -m http.server": None,
}


def in_words(found: Served | None) -> str | None:
    if found is None:
        return None
    folders = ["?" if one is None else one for one in (found.folder, *found.other_folders)]
    return " ".join(
        (
            found.target or "nothing",
            found.interface.value if found.interface else "either",
            *([f"in {' or '.join(folders)}"] if any(folders) else []),
            *([f"with {found.config}"] if found.config else []),
            *([f"by {found.worker_class}"] if found.worker_class else []),
        )
    )


@pytest.mark.parametrize(("line", "expected"), TARGETS.items())
def test_what_a_line_serves_is_read_as_its_server_reads_it(
    line: str, expected: str | None
) -> None:
    found = [served(one) for one in started_programs(line)]
    assert in_words(found[-1]) == expected


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("gunicorn a:b", ""),
        ("gunicorn -b :$PORT -w 3 --access-logfile - a:b", "accesslog bind workers"),
        ("gunicorn --no-control-socket --keep-alive 5 a:b", "control_socket_disable keepalive"),
        ("gunicorn --error-logfile - --pid p --name n a:b", "errorlog pidfile proc_name"),
        ("gunicorn --log-file - --config c.py a:b", "config errorlog"),
        ("gunicorn --thr 4 -t 30 a:b", "threads timeout"),
        ("uvicorn a:b --host 0.0.0.0 --port $PORT --workers 2", "bind workers"),
        ("uvicorn a:b --timeout-graceful-shutdown 5", "graceful_timeout"),
        ("uwsgi --http-socket :$PORT -p 2 -w a:b", "bind workers wsgi"),
        ("daphne -p $PORT a:b", "bind"),
    ],
)
def test_the_settings_of_a_line_have_the_names_of_gunicorn(line: str, options: str) -> None:
    (started,) = started_programs(line)
    found = served(started)
    assert found is not None
    assert found.options == frozenset(options.split())
