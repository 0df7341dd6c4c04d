"""Lines of Procfiles: those that are right, and those with faults, with the lines to write."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT = "gunicorn harbour.wsgi:application"
"""The command with which Slipway would start the app of these lines."""

GOOD = r"""
web: gunicorn harbour.wsgi:application
web: gunicorn --chdir backend harbour.wsgi:application
web: gunicorn -k uvicorn_worker.UvicornWorker harbour.asgi:application
web: gunicorn -k asgi harbour.asgi:application
web: gunicorn
web: uvicorn --host 0.0.0.0 --port $PORT main:app
web: uvicorn --host 0.0.0.0 --port $PORT --app-dir backend main:app
web: uvicorn --host 0.0.0.0 --port $PORT --factory main:create_app
web: hypercorn --bind 0.0.0.0:$PORT main:app
web: granian --interface asgi --host 0.0.0.0 --port $PORT main:app
web: granian --interface wsgi --host 0.0.0.0 --port $PORT harbour.wsgi:application
web: daphne -b 0.0.0.0 -p $PORT harbour.asgi:application
web: waitress-serve --port $PORT harbour.wsgi:application
web: streamlit run --server.port $PORT app.py
web: env -C backend gunicorn harbour.wsgi:application
release: python manage.py migrate --noinput
manage: python manage.py
web: gunicorn gettingstarted.wsgi
web: gunicorn --config gunicorn.conf.py gettingstarted.wsgi
web: gunicorn hello:app
web: gunicorn hello:app --log-file -
web: gunicorn --worker-class=gevent --worker-connections=1000 --workers=3 hello:app
web: gunicorn hello:app --timeout 10 --max-requests 1200
web: gunicorn myproject.wsgi --log-file - --log-level debug
web: newrelic-admin run-program gunicorn hello:app
web: bin/start-nginx gunicorn -c gunicorn.conf -b unix:///tmp/nginx.socket hello:app
web: gunicorn -b unix:/tmp/app.sock hello:app
web: waitress-serve --port=$PORT cameronsaysgunicorn.wsgi:application
web: waitress-serve --port=$PORT --call hello:create_app
web: daphne chat.asgi:channel_layer --port $PORT --bind 0.0.0.0 -v2
web: uvicorn main:app --host=0.0.0.0 --port=${PORT:-5000}
web: uvicorn main:app --uds /tmp/app.sock
web: hypercorn -c hypercorn.toml main:app
web: fastapi run
web: fastapi run main.py --port $PORT
web: fastapi run --workers 4 main.py
web: gunicorn -w 4 'hello:create_app()'
web: gunicorn -w 4 "hello:create_app('production')"
web: gunicorn --bind 0.0.0.0:$PORT --workers 4 --threads 8 --timeout 0 main:app
web: gunicorn --bind "0.0.0.0:$PORT" hello:app
web: gunicorn --bind :$PORT hello:app
web: gunicorn hello:app --bind 0.0.0.0:${PORT:-8000}
web: uwsgi uwsgi.ini
web: uwsgi --http-socket :$PORT --module harbour.wsgi:application
web: python app.py
web: python -m http.server $PORT
web: python -m gunicorn hello:app
web: python -m uvicorn main:app --host 0.0.0.0 --port $PORT
web: bash bin/web.sh
web: ./start.sh
web: celery -A tasks flower --port=$PORT --basic-auth=$FLOWER_AUTH
web: gunicorn hello:app  # the site
worker: celery --app tasks.app worker
worker: celery -A proj worker --loglevel=INFO --concurrency=10 -n worker1@%h
worker: celery -A proj worker -l INFO -Q feeds,images
worker: celery -A proj worker -B -s /tmp/celerybeat-schedule
beat: celery -A proj beat -l INFO --scheduler django_celery_beat.schedulers:DatabaseScheduler
worker: celery -A proj worker -b $CLOUDAMQP_URL
worker: python worker.py
worker: rq worker high default low --url $REDIS_URL
worker: python manage.py rqworker default
worker: python manage.py runworker channels -v2
worker: python manage.py qcluster
worker: huey_consumer demo.huey -k process -w 4
worker: dramatiq tasks --processes 2
worker: python bot.py --token $TOKEN --password-file secrets.txt
worker: uvicorn internal:app --port 9000
release: flask --app hello db upgrade
release: alembic upgrade head
release: bash bin/release.sh
clock: python clock.py
postdeploy: python manage.py migrate
chrome_driver: chromedriver --port=4444
web: uwsgi --socket 127.0.0.1:3031 --ini uwsgi.ini
web: uwsgi --socket :$PORT --protocol http --module harbour.wsgi:application
web: bin/start-nginx uwsgi --socket 127.0.0.1:3031 --module harbour.wsgi
web: bin/start-nginx -f gunicorn -b 127.0.0.1:8000 hello:app
web: bin/start-nginx bin/start-pgbouncer daphne chat.asgi:application
web: gunicorn --env KEY=a=b hello:app
worker: python worker.py --key public --password-field=pw
worker: bash -c date
worker: env A=1 bash -c "#"
worker: bash -c "#"
""".strip().splitlines()
"""What Slipway writes and advises, and lines of the documentation of Heroku, Django, FastAPI,
Flask and Celery."""


class Fault(NamedTuple):
    line: str
    reasons: str
    """As a notice has them."""
    advised: tuple[str, ...] = ()
    script: str = ""
    """What to write to the script that the advised line starts."""


HEROKUISH = "Dokku and other platforms that use herokuish"
NO_SHELL = f"{HEROKUISH} start a command without a shell, so"
YAML = "Cloud Foundry, which reads the Procfile as YAML,"
FIXED = "port 8000 is fixed, but requests come to `$PORT`"
LOCAL = "only programs on the same machine reach 127.0.0.1"
READABLE = (
    "everybody who has the code can read the value of SECRET_KEY: set it as a config variable"
)
MIGRATES = (
    "`web` would migrate the database at each start, which a process `release` does once for "
    "each deployment"
)
SITE = f"web: {DEFAULT}"


def pattern(text: str) -> str:
    return (
        f"{HEROKUISH} take `{text}` for a pattern of file names, and leave the word out if it "
        "matches none"
    )


FAULTS = (
    Fault("web: gunicorn -b 0.0.0.0:8000 app:app", FIXED, ("web: gunicorn app:app",)),
    Fault("web: gunicorn --bind=127.0.0.1:$PORT app:app", LOCAL, ("web: gunicorn app:app",)),
    Fault(
        "web: gunicorn -c conf.py -b 127.0.0.1:8000 app:app",
        f"{LOCAL}; {FIXED}",
        ("web: gunicorn -c conf.py -b 0.0.0.0:$PORT app:app",),
    ),
    Fault(
        "web: gunicorn -b 0.0.0.0 app:app",
        "an address without a port means port 8000, but requests come to `$PORT`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn app:app --bind *:$PORT",
        pattern("*"),
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn --bind [::]:$PORT app:app",
        pattern("[::]"),
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: uvicorn main:app",
        "without `--host`, `uvicorn` listens on 127.0.0.1 only; without `--port`, `uvicorn` listens on port 8000, but requests come to `$PORT`",
        ("web: uvicorn --host 0.0.0.0 --port $PORT main:app",),
    ),
    Fault(
        "web: uvicorn main:app --host 0.0.0.0 --port 8000",
        FIXED,
        ("web: uvicorn main:app --host 0.0.0.0 --port $PORT",),
    ),
    Fault(
        "web: uvicorn main:app --port=$PORT",
        "without `--host`, `uvicorn` listens on 127.0.0.1 only",
        ("web: uvicorn --host 0.0.0.0 main:app --port=$PORT",),
    ),
    Fault(
        "web: python -m uvicorn main:app --host 127.0.0.1 --port $PORT --reload",
        f"`--reload` is for development; {LOCAL}",
        ("web: python -m uvicorn main:app --host 0.0.0.0 --port $PORT",),
    ),
    Fault(
        "web: hypercorn app:app",
        "without `--bind`, `hypercorn` listens on 127.0.0.1 only",
        ("web: hypercorn --bind 0.0.0.0:$PORT app:app",),
    ),
    Fault(
        "web: hypercorn -b 127.0.0.1:8000 app:app",
        f"{LOCAL}; {FIXED}",
        ("web: hypercorn -b 0.0.0.0:$PORT app:app",),
    ),
    Fault(
        "web: daphne chat.asgi:application",
        "without `--bind`, `daphne` listens on 127.0.0.1 only; without `--port`, `daphne` listens on port 8000, but requests come to `$PORT`",
        ("web: daphne --bind 0.0.0.0 --port $PORT chat.asgi:application",),
    ),
    Fault(
        "web: daphne -p 8001 chat.asgi:application -b 0.0.0.0",
        "port 8001 is fixed, but requests come to `$PORT`",
        ("web: daphne -p $PORT chat.asgi:application -b 0.0.0.0",),
    ),
    Fault(
        "web: granian --interface asgi main:app",
        "without `--host`, `granian` listens on 127.0.0.1 only; without `--port`, `granian` listens on port 8000, but requests come to `$PORT`",
        ("web: granian --host 0.0.0.0 --port $PORT --interface asgi main:app",),
    ),
    Fault(
        "web: waitress-serve app:app",
        "without `--port`, `waitress-serve` listens on port 8080, but requests come to `$PORT`",
        ("web: waitress-serve --port $PORT app:app",),
    ),
    Fault(
        "web: waitress-serve --listen=*:8080 app:app",
        f"{pattern('*')}; port 8080 is fixed, but requests come to `$PORT`",
        ("web: waitress-serve --listen=0.0.0.0:$PORT app:app",),
    ),
    Fault(
        "web: streamlit run app.py",
        "without `--server.port`, `streamlit` listens on port 8501, but requests come to `$PORT`",
        ("web: streamlit run --server.port $PORT app.py",),
    ),
    Fault(
        "web: streamlit run app.py --server.port 8501",
        "port 8501 is fixed, but requests come to `$PORT`",
        ("web: streamlit run app.py --server.port $PORT",),
    ),
    Fault(
        "web: fastapi dev api.py",
        "`fastapi dev` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: fastapi run api.py --port 80",
        "port 80 is fixed, but requests come to `$PORT`",
        ("web: fastapi run api.py --port $PORT",),
    ),
    Fault("web: flask run", "`flask run` is a server for development", (SITE,)),
    Fault(
        "web: flask --app hello run --host 0.0.0.0 --port $PORT",
        "`flask run` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: python manage.py runserver 0.0.0.0:$PORT",
        "`manage.py runserver` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: python manage.py runserver 0.0.0.0:8000 --noreload",
        "`manage.py runserver` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: cd backend && python manage.py runserver",
        "`manage.py runserver` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: gunicorn app:app --reload",
        "`--reload` is for development",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: cd backend && gunicorn app:app",
        f"{NO_SHELL} `cd` and `&&` do not work there",
        ("web: env -C backend gunicorn app:app",),
    ),
    Fault(
        "web: cd a; cd b && A=1 exec gunicorn app:app",
        f"{NO_SHELL} `cd` and `;` and `&&` do not work there",
        ("web: env -C a/b A=1 gunicorn app:app",),
    ),
    Fault(
        "web: DJANGO_DEBUG=0 gunicorn app:app",
        f"{NO_SHELL} a variable before a program does not work there",
        ("web: env DJANGO_DEBUG=0 gunicorn app:app",),
    ),
    Fault(
        "web: python manage.py migrate && gunicorn app:app",
        MIGRATES,
        ("release: python manage.py migrate --noinput", "web: gunicorn app:app"),
    ),
    Fault(
        "web: python manage.py migrate && python manage.py collectstatic --noinput && gunicorn app:app",
        f"the build runs `collectstatic`; {MIGRATES}",
        ("release: python manage.py migrate --noinput", "web: gunicorn app:app"),
    ),
    Fault(
        "web: cd backend && python manage.py migrate && gunicorn app:app",
        f"{MIGRATES}; {NO_SHELL} `cd` and `&&` do not work there",
        (
            "release: env -C backend python manage.py migrate --noinput",
            "web: env -C backend gunicorn app:app",
        ),
    ),
    Fault(
        "web: source venv/bin/activate && gunicorn app:app",
        "the programs of the app are on PATH without `activate`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: . venv/bin/activate; gunicorn app:app",
        "the programs of the app are on PATH without `activate`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: pip install -r requirements.txt && gunicorn app:app",
        "a build installs the requirements, and a start must not change them",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "release: pip install x",
        "a build installs the requirements, and a start must not change them",
        ("",),
    ),
    Fault("web: sudo gunicorn app:app", "platforms have no `sudo`", ("web: gunicorn app:app",)),
    Fault(
        "web: sudo -u www-data -E gunicorn app:app",
        "platforms have no `sudo`",
        ("web: gunicorn app:app",),
    ),
    Fault("web: SECRET_KEY=hunter2x gunicorn app:app", READABLE, ("web: gunicorn app:app",)),
    Fault(
        "web: gunicorn -e SECRET_KEY='hunter 2x' app:app", READABLE, ("web: gunicorn app:app",)
    ),
    Fault(
        "web: export SECRET_KEY=hunter2x && gunicorn app:app",
        READABLE,
        ("web: gunicorn app:app",),
    ),
    Fault(
        "worker: celery -A proj worker -b amqp://guest:hunter2@host:5672//",
        "everybody who has the code can read the password: set CLOUDAMQP_URL as a config variable",
        ("worker: celery -A proj worker -b $CLOUDAMQP_URL",),
    ),
    Fault(
        "worker: python worker.py --password hunter2",
        "everybody who has the code can read the value of PASSWORD: set it as a config variable",
        ("worker: python worker.py --password $PASSWORD",),
    ),
    Fault(
        r"worker: venv\Scripts\python.exe worker.py",
        "platforms run Linux, whose paths have `/`",
        ("worker: python worker.py",),
    ),
    Fault(
        r"worker: python src\worker.py",
        "platforms run Linux, whose paths have `/`",
        ("worker: python src/worker.py",),
    ),
    Fault(
        r"worker: C:\Python\python.exe worker.py",
        "platforms run Linux, whose paths have `/`",
        (),
    ),
    Fault(r"worker: .\start.bat", "platforms run Linux, whose paths have `/`", ()),
    Fault(
        'web: "gunicorn app:app"',
        "the quotes make the whole command the name of a program",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web:gunicorn app:app",
        f"{YAML} needs a blank after the colon",
        ("web: gunicorn app:app",),
    ),
    Fault(
        " web: gunicorn app:app",
        f"{YAML} needs the name at the beginning of the line",
        ("web: gunicorn app:app",),
    ),
    Fault(
        'web: gunicorn --access-logformat "a: b" app:app',
        f"{NO_SHELL} a quoted blank does not work there",
        ("web: bash bin/web.sh",),
        'exec gunicorn --access-logformat "a: b" app:app',
    ),
    Fault(
        "web: gunicorn --access-logformat '%(h)s #1' app:app",
        f"{NO_SHELL} a quoted blank does not work there",
        ("web: bash bin/web.sh",),
        "exec gunicorn --access-logformat '%(h)s #1' app:app",
    ),
    Fault(
        "web: gunicorn app:app > log.txt",
        f"{NO_SHELL} `<` or `>` does not work there",
        ("web: bash bin/web.sh",),
        "exec gunicorn app:app > log.txt",
    ),
    Fault(
        "web: gunicorn app:app | cat",
        f"{NO_SHELL} `|` does not work there",
        ("web: bash bin/web.sh",),
        "gunicorn app:app | cat",
    ),
    Fault(
        "web: celery worker & gunicorn app:app",
        f"{NO_SHELL} `&` does not work there",
        ("web: bash bin/web.sh",),
        "celery worker & exec gunicorn app:app",
    ),
    Fault(
        "web: gunicorn --forwarded-allow-ips='*' app:app",
        f"{NO_SHELL} a pattern such as `*` does not work there; FORWARDED_ALLOW_IPS can be set to `*` as a config variable instead",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn --name 'my app' app:app",
        f"{NO_SHELL} a quoted blank does not work there",
        ("web: bash bin/web.sh",),
        "exec gunicorn --name 'my app' app:app",
    ),
    Fault(
        'web: "$PROGRAM" app',
        f'{YAML} does not accept `"` at the beginning',
        ("web: bash bin/web.sh",),
        'exec "$PROGRAM" app',
    ),
    Fault(
        "web: bash -c 'gunicorn app:app'",
        f"{HEROKUISH} lose the quotes after `bash -c`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: if true; then gunicorn app:app; fi",
        f"{NO_SHELL} `if` does not work there",
        ("web: bash bin/web.sh",),
        "if true; then gunicorn app:app; fi",
    ),
    Fault(
        "Release: python manage.py migrate",
        "only a process named `release` runs before a new version starts",
        ("release: python manage.py migrate",),
    ),
    Fault("web: python manage.py migrate", MIGRATES, ()),
    Fault(
        "web: uwsgi --http :8000 --module a:b",
        FIXED,
        ("web: uwsgi --http 0.0.0.0:$PORT --module a:b",),
    ),
    Fault(
        "web: sanic server.app",
        "without `--host`, `sanic` listens on 127.0.0.1 only; without `--port`, `sanic` listens on port 8000, but requests come to `$PORT`",
        ("web: sanic --host 0.0.0.0 --port $PORT server.app",),
    ),
    Fault(
        "web: python manage.py run_gunicorn -b 0.0.0.0:8000",
        FIXED,
        ("web: python manage.py run_gunicorn -b 0.0.0.0:$PORT",),
    ),
    Fault(
        "web: gunicorn 'app:create_app()' --bind \"127.0.0.1:5000\"",
        f"{LOCAL}; port 5000 is fixed, but requests come to `$PORT`",
        ("web: gunicorn 'app:create_app()'",),
    ),
    Fault(
        "web: env FLASK_DEBUG=1 flask run",
        "`flask run` is a server for development",
        ("web: env FLASK_DEBUG=1 gunicorn harbour.wsgi:application",),
    ),
    Fault(
        "web: gunicorn app:app --bind 127.0.0.1:${PORT:-8000}",
        LOCAL,
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: sh setup.sh && streamlit run app.py",
        f"without `--server.port`, `streamlit` listens on port 8501, but requests come to `$PORT`; {NO_SHELL} `&&` does not work there",
        ("web: bash bin/web.sh",),
        "sh setup.sh && exec streamlit run --server.port $PORT app.py",
    ),
    Fault(
        'web: bash -c "python manage.py migrate && gunicorn app:app -b 0.0.0.0:8000"',
        f"{HEROKUISH} lose the quotes after `bash -c`; {MIGRATES}; {FIXED}",
        ("release: python manage.py migrate --noinput", "web: gunicorn app:app"),
    ),
    Fault(
        "web: sh -c 'python manage.py runserver 0.0.0.0:8000'",
        f"{HEROKUISH} lose the quotes after `sh -c`; `manage.py runserver` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: exec bash -lc 'cd backend && exec gunicorn app:app'",
        f"{HEROKUISH} lose the quotes after `bash -lc`; {NO_SHELL} `cd` and `&&` and `exec` do not work there",
        ("web: env -C backend gunicorn app:app",),
    ),
    Fault(
        "web: cd backend && bash -c 'A=1 gunicorn app:app'",
        f"{HEROKUISH} lose the quotes after `bash -c`; {NO_SHELL} `cd` and `&&` and a variable before a program do not work there",
        ("web: env -C backend A=1 gunicorn app:app",),
    ),
    Fault(
        r'web: bash -c "gunicorn -b 0.0.0.0:\$PORT \"app:app\""',
        f"{HEROKUISH} lose the quotes after `bash -c`",
        ('web: gunicorn -b 0.0.0.0:$PORT "app:app"',),
    ),
    Fault(
        "web: bash -c 'sleep 1; gunicorn app:app'",
        f"{HEROKUISH} lose the quotes after `bash -c`; {NO_SHELL} `;` does not work there",
        ("web: bash bin/web.sh",),
        "sleep 1; exec gunicorn app:app",
    ),
    Fault(
        "web: env A=1 bash -c 'sleep 1; gunicorn app:app'",
        f"{NO_SHELL} a quoted blank does not work there",
        ("web: bash bin/web.sh",),
        "exec env A=1 bash -c 'sleep 1; gunicorn app:app'",
    ),
    Fault(
        "web: export DJANGO_SETTINGS_MODULE=harbour.settings; python manage.py migrate && gunicorn app:app",
        f"{MIGRATES}; {NO_SHELL} `export` and `&&` do not work there",
        (
            "release: env DJANGO_SETTINGS_MODULE=harbour.settings python manage.py migrate --noinput",
            "web: env DJANGO_SETTINGS_MODULE=harbour.settings gunicorn app:app",
        ),
    ),
    Fault(
        "web: A=1 python manage.py migrate && gunicorn app:app",
        MIGRATES,
        ("release: env A=1 python manage.py migrate --noinput", "web: gunicorn app:app"),
    ),
    Fault(
        "web: export A=1 && cd backend && export B=2 && python manage.py migrate && gunicorn app:app",
        f"{MIGRATES}; {NO_SHELL} `export` and `&&` and `cd` do not work there",
        (
            "release: env -C backend A=1 B=2 python manage.py migrate --noinput",
            "web: env -C backend A=1 B=2 gunicorn app:app",
        ),
    ),
    Fault(
        "web: . ./env.sh && python manage.py migrate && gunicorn app:app",
        f"{MIGRATES}; {NO_SHELL} `.` and `&&` do not work there",
        (),
    ),
    Fault(
        "web: export TIMEOUT=9; gunicorn -t $TIMEOUT app:app",
        f"{NO_SHELL} `export` and `;` do not work there",
        ("web: bash bin/web.sh",),
        "export TIMEOUT=9; exec gunicorn -t $TIMEOUT app:app",
    ),
    Fault(
        "web: gunicorn -D app:app",
        "`-D` sends the server to the background, and platforms take that for its end",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn app:app --daemon",
        "`--daemon` sends the server to the background, and platforms take that for its end",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: flask --app app --debug run",
        "`flask run` is a server for development",
        (SITE,),
    ),
    Fault(
        "web: gunicorn -b 0.0.0.0:PORT app:app",
        "`PORT` is not replaced by the port, which is in `$PORT`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn -b 0.0.0.0:%PORT% app:app",
        "`%PORT%` is not replaced by the port, which is in `$PORT`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: gunicorn -b 0.0.0.0:$port app:app",
        "`$port` is not replaced by the port, which is in `$PORT`",
        ("web: gunicorn app:app",),
    ),
    Fault(
        r"web: uvicorn --host 0.0.0.0 --port \$PORT main:app",
        r"`\$PORT` is not replaced by the port, which is in `$PORT`",
        ("web: uvicorn --host 0.0.0.0 --port $PORT main:app",),
    ),
    Fault(
        "web: gunicorn -b '0.0.0.0:$PORT' app:app",
        "`$PORT` is not replaced by the port there",
        ("web: gunicorn app:app",),
    ),
    Fault(
        "web: python -m http.server",
        "without a port, `http.server` listens on port 8000, but requests come to `$PORT`",
        ("web: python -m http.server $PORT",),
    ),
    Fault(
        "web: python -m http.server 8000 -d backend",
        FIXED,
        ("web: python -m http.server $PORT -d backend",),
    ),
    Fault(
        "web: python -m http.server -b 127.0.0.1 $PORT",
        LOCAL,
        ("web: python -m http.server -b 0.0.0.0 $PORT",),
    ),
    Fault(
        "web: uwsgi --socket 127.0.0.1:3031 --module a:b",
        "`--socket` expects uWSGI's own protocol, but platforms send requests by HTTP",
        ("web: uwsgi --http-socket 0.0.0.0:$PORT --module a:b",),
    ),
    Fault(
        "web: postgres://user:hunter2@host/db",
        "everybody who has the code can read the password: set DATABASE_URL as a config variable",
        (),
    ),
)
