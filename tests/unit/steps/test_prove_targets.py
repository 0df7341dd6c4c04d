"""A build proves that processes can load what their commands name, or says why they cannot."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.web.launch import Launch, WebApplication, WebSearch
from slipway.effects import Effects
from slipway.effects.packages.console_scripts import console_scripts
from slipway.effects.packages.virtualenvs import put_in_env
from slipway.effects.processes import Command, Processes
from slipway.errors.web import ApplicationUnusable, Fault, Why
from slipway.steps.context import BuildContext
from slipway.steps.pipeline.finish import web_without_procfile
from slipway.steps.prove_targets import prove_targets
from unit.fakes import FakeToolchain, context_with, effects_with, logged, no_time
from unit.samples import PLAN, PYTHON, write_files

VERSION = ".".join(map(str, sys.version_info[:3]))
INTERPRETER = replace(PYTHON, version=VERSION)
FIND_APP = """\
from importlib import import_module
def find_app(name):
    module = import_module(name.partition(":")[0])
    for name in ("app", "celery"):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"module {module.__name__!r} has no attribute 'celery'")
"""
PACKAGES = {
    "flask.py": "class Flask:\n def __init__(self, name): 0\n"
    " def __call__(self, environ, start_response): 0\n",
    "fastapi.py": "class FastAPI:\n async def __call__(self, scope, receive, send): 0\n",
    "celery/__init__.py": "class Celery:\n def __init__(self, name): 0\n",
    "celery/app/__init__.py": "",
    "celery/app/utils.py": FIND_APP,
    "aiohttp/__init__.py": "",
    "aiohttp/web.py": "class Application:\n def __call__(self): return self\n",
    "gunicorn-23.0.0.dist-info/METADATA": "Name: gunicorn\nVersion: 23.0.0\n",
    "huey.py": "class Huey: 0\n",
    "psycopg-3.2.dist-info/METADATA": "Name: psycopg\nVersion: 3.2\n",
    "sqlalchemy-2.0.44.dist-info/METADATA": "Name: sqlalchemy\nVersion: 2.0.44\n",
    "sqlalchemy/__init__.py": "from sqlalchemy.exc import NoSuchModuleError\n"
    "def create_engine(url):\n"
    '    raise NoSuchModuleError("Can\'t load plugin: sqlalchemy.dialects:postgres")\n',
    "sqlalchemy/exc.py": "class NoSuchModuleError(Exception): 0\n",
    "sanic.py": "class Sanic:\n def __init__(self, name): 0\n"
    " async def __call__(self, scope, receive, send): 0\n",
    "uvicorn/workers.py": "class UvicornWorker: 0\n",
    "hidden.py": "def __getattr__(name):\n"
    " return lambda: (lambda environ, start_response: 0)\n",
    "installed_site/__init__.py": "",
    "installed_site/wsgi.py": "def application(environ, start_response): 0\n",
    "elsewhere.pth": "../../../../../vendor/plain\n",
    "finder.pth": "import sys; sys.path.append('/usr/share/slipway-none')\n",
}
APP = {
    "app.py": "from flask import Flask as F\napp = F(__name__)\nserver = other = app\n",
    "api.py": "import fastapi\napi: object = fastapi.FastAPI()\n",
    "wsgi.py": "from app import app as application\n",
    "factory.py": "from flask import Flask\ndef create_app(name='x'):\n"
    "    app = Flask(name)\n    return app\n",
    "branches.py": "import os\nfrom flask import Flask\nif os.environ.get('A'):\n"
    "    app = Flask('a')\nelse:\n    app = Flask('b')\n",
    "one_branch.py": "import sys\nfrom flask import Flask\n"
    "if sys.argv:\n    app = Flask('a')\n",
    "tried.py": "try:\n    import ujson as json\nexcept ImportError:\n    import json\n"
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import not_there\n"
    "import sys\nif sys.platform == 'win32':\n    import winreg\n"
    "def app(environ, start_response): import not_there\n",
    "star.py": "from app import *\n",
    "dynamic.py": "from flask import Flask\nglobals()['app'] = Flask('x')\n",
    "lazy.py": "def __getattr__(name):\n    from app import app\n    return app\n",
    "elsewhere.py": "from hidden import make\napp = make()\n",
    "walrus.py": "from flask import Flask\nprint(app := Flask('x'))\n",
    "unpacked.py": "from flask import Flask\napp, other = Flask('x'), 2\n",
    "noisy.py": "print('{\"is_bound\": false}')\nfrom flask import *\napp = Flask('x')\n",
    "nested/__init__.py": "",
    "nested/holder.py": "from app import app\n"
    "class Holder:\n    app = app\nholder = Holder()\n",
    "package/__init__.py": "from .web import app\n",
    "package/web.py": "from flask import Flask\nfrom . import settings\n"
    "from .settings import *\napp = Flask(__name__)\n",
    "package/settings.py": "DEBUG = False\n",
    "package/__main__.py": "from . import web\n",
    "space/module.py": "from flask import Flask\napp = Flask('x')\n",
    "src/inner.py": "import helper\nfrom flask import Flask\napp = Flask('x')\n",
    "src/helper.py": "",
    "path_change.py": "import sys\nsys.path.insert(0, 'src')\nimport helper\n"
    "from flask import Flask\napp = Flask('x')\n",
    "vendored.py": "import plain_package\nfrom flask import Flask\napp = Flask('x')\n",
    "vendor/plain/plain_package.py": "",
    "circular_a.py": "from flask import Flask\napp = Flask('x')\nimport circular_b\n",
    "circular_b.py": "from circular_a import app\n",
    "device.py": "import os\nwith open(os.devnull, 'w') as stream:\n    stream.write('x')\n"
    "import subprocess\nsubprocess.run(['true'], stdout=subprocess.DEVNULL)\n"
    "from flask import Flask\nglobals().update(app=Flask('x'))\n",
    "asynchronous.py": "async def app(scope, receive, send): 0\n",
    "decorated.py": "import functools\ndef deco(f):\n    @functools.wraps(f)\n"
    "    def inner(*args): return f(*args)\n    return inner\n"
    "@deco\ndef app(*args): 0\n",
    "aio.py": "from aiohttp import web\napp = web.Application()\n",
    "sane.py": "from sanic import Sanic\napp = Sanic('x')\n",
    "makers.py": "from flask import Flask\ndef make(): return Flask('x')\n"
    "def named(name, other): return Flask(name)\ndef any_of(*given): return Flask('x')\n"
    "def app(environ, start_response, more=1): 0\nasync def single(scope): 0\n",
    "start.sh": "#!/bin/bash\nset -e\ncd src\nexec gunicorn inner:app\n",
    "bad.sh": "#!/bin/sh\nexec gunicorn gone_app:app\n",
    "odd.sh": 'if true; then gunicorn gone:app; fi\necho "\n',
    "conf/server.py": "workers = '4'\nworker_class = 'gthread'\ntimeout = 0x1E\n",
    "conf/loops.py": "import os\nworkers = 'many' if os.environ.get('X') else 2\n"
    "threads = int(os.environ.get('T', 2))\n",
    "conf/twice.py": "workers = 'many'\nworkers = 2\n",
    "conf/app.py": "wsgi_app = 'app:app'\n",
    "conf/tried.py": "try:\n    import setproctitle\nexcept ImportError:\n    pass\n",
    "tasks.py": "from celery import Celery\napp = Celery('tasks')\n",
    "proj/__init__.py": "",
    "proj/celery.py": "from celery import Celery\napp = Celery('proj')\n",
    "exporting/__init__.py": "from .celery import app as celery_app\n",
    "exporting/celery.py": "from celery import Celery\napp = Celery('proj')\n",
    "jobs.py": "from huey import Huey\nhuey = Huey()\nbroker = other = 1\n",
    "worker.py": "import os\nfrom src import helper\nwhile os.environ.get('X'):\n    pass\n",
    "exits.py": "import sys\nraise SystemExit\nimport not_there\n",
    "rqconfig.py": "REDIS_URL = 'redis://'\n",
    "gunicorn_config.py": "timeout = 30\n",
    "uwsgi.ini": "[uwsgi]\nmodule = app:app\n",
    "backend/site.py": "",
    "backend/web.py": "import local\ndef application(environ, start_response): 0\n",
    "backend/local.py": "",
    "streamlit_app.py": "import os\n",
}
GOOD = (
    "gunicorn app:app",
    "gunicorn wsgi",
    "gunicorn wsgi:application",
    "gunicorn app:server --bind 0.0.0.0:$PORT",
    "gunicorn --workers=2 app:other",
    "gunicorn 'factory:create_app()'",
    "gunicorn \"factory:create_app('prod')\"",
    "gunicorn \"factory:create_app(name='prod')\"",
    "gunicorn branches:app",
    "gunicorn one_branch:app",
    "gunicorn tried:app",
    "gunicorn star:app",
    "gunicorn dynamic:app",
    "gunicorn lazy:app",
    "gunicorn elsewhere:app",
    "gunicorn walrus:app",
    "gunicorn unpacked:app",
    "gunicorn noisy:app",
    "gunicorn package:app",
    "gunicorn package.web:app",
    "gunicorn space.module:app",
    "gunicorn --chdir src inner:app",
    "gunicorn --pythonpath src inner:app",
    "gunicorn path_change:app",
    "gunicorn vendored:app",
    "gunicorn circular_a:app",
    "gunicorn circular_b:app",
    "gunicorn device:app",
    "gunicorn decorated:app",
    "gunicorn installed_site.wsgi",
    "gunicorn $MODULE",
    "gunicorn app:$NAME",
    "gunicorn -c gunicorn_config.py missing:app --chdir $WHERE",
    "gunicorn -k uvicorn.workers.UvicornWorker api:api",
    "gunicorn -k sync app:app",
    "exec gunicorn app:app",
    "env A=1 gunicorn app:app",
    "A=1 gunicorn app:app",
    "SETTINGS=x exec gunicorn package:app",
    "PYTHONPATH=src gunicorn inner:app",
    "cd backend && gunicorn web",
    "cd backend; exec gunicorn web:application",
    "cd $WHERE && gunicorn missing:app",
    "gunicorn -c $CONFIG app:app",
    "gunicorn -c conf/server.py app:app",
    "gunicorn -c conf/loops.py app:app",
    "gunicorn -c conf/twice.py app:app",
    "gunicorn -c conf/tried.py app:app",
    "gunicorn -c conf/app.py",
    "gunicorn -c file:conf/app.py -k gthread",
    "gunicorn -c python:package.settings app:app",
    "GUNICORN_CMD_ARGS='-c missing.py' gunicorn app:app",
    "gunicorn makers:app",
    "gunicorn makers:any_of",
    "gunicorn 'makers:make()'",
    "uvicorn makers:make",
    "daphne makers:single",
    "gunicorn -k aiohttp.GunicornWebWorker aio:app",
    "gunicorn -k uvicorn.workers.UvicornWorker sane:app",
    "uvicorn sane:app",
    "hypercorn src/inner:app",
    "granian --interface $KIND api:api",
    "GRANIAN_INTERFACE=asgi granian api:api",
    "bash start.sh",
    "./start.sh",
    "bash odd.sh",
    "bash missing.sh",
    "PYTHONPATH=src bash bad.sh",
    "newrelic-admin run-program gunicorn app:app",
    "timeout 10 gunicorn app:app",
    "bin/start-nginx -f bin/start-pgbouncer gunicorn app:app",
    "sh -c 'gunicorn app:app'",
    "test -f x && gunicorn missing:app",
    "gunicorn missing:app || gunicorn app:app",
    "python -m gunicorn app:app",
    "uvicorn api:api",
    "uvicorn asynchronous:app --port $PORT",
    "uvicorn --app-dir src inner:app --interface wsgi",
    "uvicorn decorated:app",
    "python -m uvicorn api:api",
    "hypercorn api:api",
    "daphne api:api",
    "granian --interface asgi api:api",
    "granian --interface wsgi app:app",
    "waitress-serve app:app",
    "waitress-serve --call factory:create_app",
    "waitress-serve nested.holder:holder.app",
    "uwsgi --http :$PORT --module app:app",
    "uwsgi --ini uwsgi.ini",
    "uwsgi uwsgi.ini",
    "flask --app app run",
    "flask --app src/inner run",
    "flask --app factory:create_app run",
    "flask run",
    "fastapi run api.py",
    "fastapi run",
    "celery -A tasks worker",
    "celery -A proj worker -B",
    "celery -A proj.celery worker",
    "celery -A proj.celery:app worker",
    "celery --app=exporting beat",
    "celery --app exporting worker --loglevel=info",
    "celery -A $APP worker",
    "python -m celery -A proj worker",
    "rq worker -c rqconfig high",
    "rq worker",
    "huey_consumer jobs.huey -w 2",
    "huey_consumer.py jobs.huey",
    "dramatiq jobs",
    "dramatiq jobs:broker tasks --processes 2",
    "taskiq worker jobs:broker",
    "streamlit run streamlit_app.py --server.port $PORT",
    "python worker.py",
    "python -u worker.py --verbose",
    "python exits.py",
    "python -m package",
    "python -m worker",
    "python -m http.server $PORT",
    "python tried.py",
    "python path_change.py",
    "python manage.py runserver",
    "bin/start",
    "./anything.sh",
)


@dataclass(frozen=True, kw_only=True)
class Counted(Processes):
    """Starts processes, and remembers them."""

    started: list[str]

    def query(self, command: Command, time_limit: float | None = None) -> str:
        self.started.append(command.shown)
        return super().query(command, time_limit)


class App:
    """An app with a virtual environment, whose Python runs."""

    def __init__(self, root: Path, plan: BuildPlan = PLAN) -> None:
        self.started: list[str] = []
        self.effects: Effects = effects_with(
            root, Counted(now=no_time, started=self.started), {"PATH": "/usr/bin:/bin"}
        )
        self.context: BuildContext = context_with(
            root / "app", self.effects, FakeToolchain(), plan, INTERPRETER
        )
        write_files(root / "app", APP)
        virtualenv = self.context.virtualenv
        virtualenv.bin.mkdir(parents=True)
        virtualenv.python.symlink_to(Path(sys.executable).resolve())
        home = Path(sys.executable).resolve().parent
        (virtualenv.root / "pyvenv.cfg").write_text(f"home = {home}\n")
        write_files(virtualenv.site_packages, PACKAGES)

    def problems(
        self,
        processes: Mapping[str, str],
        variables: Mapping[str, str] | None = None,
        *,
        procfile: str = "",
        is_default: bool = False,
    ) -> list[str]:
        text = procfile or "".join(f"{name}: {line}\n" for name, line in processes.items())
        if not is_default:
            write_files(self.context.app, {"Procfile": f"# Processes\n{text}"})
        launch = Launch(processes=processes, is_default=is_default, defaults={})
        env = put_in_env(
            {**self.effects.environment, **(variables or {})},
            self.context.virtualenv,
            self.context.app,
            None,
        )
        find_web = partial(web_without_procfile, self.context)
        return prove_targets(self.context, launch, env, "digest", find_web)

    @property
    def said(self) -> str:
        return logged(self.effects)


@pytest.fixture(autouse=True)
def _enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests of what is imported not depend on the load of the machine."""
    monkeypatch.setattr("slipway.steps.prove_targets._TIME_LIMIT", 300.0)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> App:
    """Return an app that the tests of its lines share."""
    return App(tmp_path_factory.mktemp("shared"))


@pytest.mark.parametrize("line", GOOD)
def test_a_line_that_can_load_its_target_is_not_mentioned(line: str, shared: App) -> None:
    assert shared.problems({"web": line}) == []
    assert shared.said == ""


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn wsgi",
        "gunicorn package:app",
        "gunicorn 'factory:create_app()'",
        "uvicorn api:api",
        "celery -A proj worker",
        "python worker.py",
    ],
)
def test_reading_is_enough_where_it_is_certain(line: str, app: App) -> None:
    assert app.problems({"web": line}) == []
    assert app.started == []


@pytest.mark.parametrize(
    ("procfile", "number"),
    [
        ("web: gunicorn lost:app\nweb: gunicorn other:app\n", 2),
        ("web: gunicorn other:app\nweb: gunicorn lost:app\n", 3),
        ("web: gunicorn other:app\n'web': 'gunicorn lost:app' # last\n", 3),
        ("web: gunicorn lost:app -w 3\nweb: gunicorn lost:app\n", 3),
    ],
)
def test_of_several_lines_with_a_name_the_one_that_counts_is_named(
    procfile: str, number: int, app: App
) -> None:
    [problem] = app.problems({"web": "gunicorn lost:app"}, procfile=procfile)
    assert problem.startswith(f"Procfile, line {number}: `web` will stop")


WRONG: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "gunicorn missing:app",
        {},
        (
            "Procfile, line 2: `web` will stop at start, because there is no module `missing`. "
            "If `wsgi:application` is meant, write `web: gunicorn wsgi:application`"
        ),
    ),
    (
        "bin/start-nginx bin/start-pgbouncer gunicorn ap:app",
        {},
        "write `web: bin/start-nginx bin/start-pgbouncer gunicorn app:app`",
    ),
    ("gunicorn ap:app", {}, "If `app` is meant, write `web: gunicorn app:app`"),
    (
        "gunicorn app:ap",
        {},
        "the module `app` has no `ap`. If `app` is meant, write `web: gunicorn app:app`",
    ),
    (
        "gunicorn app",
        {},
        "has no `application`. If `app` is meant, write `web: gunicorn app:app`",
    ),
    (
        "gunicorn needy:app",
        {"needy.py": "import os\n\nimport requests\napp = 1\n"},
        (
            "because needy.py, line 3, imports `requests`, which is not installed. Add "
            "`requests` to the requirements in requirements.txt"
        ),
    ),
    (
        "gunicorn one:app",
        {"one.py": "from flask import Flask\nimport two\napp = 1\n", "two.py": "import tide\n"},
        "two.py, line 1, imports `tide`, which is not installed. Add the package that provides",
    ),
    (
        "gunicorn deep:app",
        {"deep.py": "from package import gone\napp = 1\n"},
        "deep.py, line 1, fails: cannot import name 'gone' from 'package'",
    ),
    (
        "gunicorn below:app",
        {"below.py": "import package.gone\napp = 1\n"},
        "below.py, line 1, imports `package.gone`, which is not installed",
    ),
    (
        "gunicorn broken:app",
        {"broken.py": "app = 1\n\ndef f(:\n"},
        "Python cannot read broken.py, line 3: invalid syntax",
    ),
    (
        "gunicorn api:api",
        {},
        (
            "`api:api` is an ASGI application (fastapi.FastAPI), and gunicorn serves WSGI "
            "here. Write `web: uvicorn --host 0.0.0.0 --port $PORT api:api`"
        ),
    ),
    (
        "uvicorn app:app",
        {},
        (
            "`app:app` is a WSGI application (flask.Flask), and uvicorn serves ASGI "
            "here. Write `web: gunicorn app:app`"
        ),
    ),
    ("cd src && uvicorn inner:app", {}, "Write `web: gunicorn --chdir src inner:app`"),
    ("gunicorn -k gevent app:app", {}, "no module `gevent`. Add `gevent` to the requirements"),
    (
        "gunicorn -k uvicorn_worker.UvicornWorker api:api",
        {},
        "no module `uvicorn_worker`. Add `uvicorn-worker` to",
    ),
    ("gunicorn aio:app", {}, "is an aiohttp application (aiohttp.web.Application)"),
    (
        "gunicorn aio:app",
        {},
        "Write `web: gunicorn -k aiohttp.GunicornWebWorker aio:app`",
    ),
    ("gunicorn sane:app", {}, "`sane:app` is an ASGI application (sanic.Sanic), and gunicorn"),
    (
        "gunicorn -k uvicorn.workers.UvicornWorker app:app",
        {},
        "and gunicorn -k uvicorn.workers.UvicornWorker serves ASGI here",
    ),
    (
        "gunicorn --workers 2 makers:make",
        {},
        (
            "`web` will fail at each request, because `makers:make` is a function that does "
            "not take the arguments with which gunicorn calls an application. If it makes the "
            "application, write `web: gunicorn --workers 2 'makers:make()'`"
        ),
    ),
    (
        "waitress-serve factory:create_app",
        {},
        "write `web: waitress-serve --call factory:create_app`",
    ),
    (
        "granian --interface asgi makers:make",
        {},
        "write `web: granian --interface asgi --factory makers:make`",
    ),
    ("gunicorn one:f", {"one.py": "def f(name): 0\n"}, "an application. Name the application"),
    (
        "gunicorn jobs:broker",
        {},
        (
            "will stop at start, because `jobs:broker` is not an application: its class is "
            "`builtins.int`. If `wsgi:application` is meant, write `web: gunicorn "
            "wsgi:application`"
        ),
    ),
    (
        "uvicorn jobs:huey",
        {},
        "fail at each request, because `jobs:huey` is not an application",
    ),
    (
        "granian --workers 2 api:api",
        {},
        (
            "`api:api` is an ASGI application (FastAPI), and granian serves RSGI here. "
            "Write `web: granian --workers 2 --interface asgi api:api`"
        ),
    ),
    ("granian app", {}, "is a WSGI application (Flask)"),
    (
        "gunicorn nested.holder:holder.app",
        {},
        (
            "gunicorn cannot look up `holder.app`: it takes one name after the colon, without "
            "a dot. Give it a name in the module `nested.holder`"
        ),
    ),
    (
        "uvicorn src/inner:app --workers 2",
        {},
        (
            "there is no module `src/inner`. If `src.inner:app` is meant, write "
            "`web: uvicorn src.inner:app --workers 2`"
        ),
    ),
    ("gunicorn app.py", {}, "If `app:app` is meant, write `web: gunicorn app:app`"),
    (
        "gunicorn app.py:server",
        {},
        "If `app:server` is meant, write `web: gunicorn app:server`",
    ),
    ("gunicorn backend/web.py", {}, "write `web: gunicorn backend.web:application`"),
    ("gunicorn gone/app.py", {}, "there is no module `gone/app.py`. If `wsgi:application`"),
    (
        "gunicorn backend.web",
        {},
        (
            "backend/web.py, line 1, imports `local`, which is not installed. The folder "
            "backend has it, so write `web: gunicorn --chdir backend web`"
        ),
    ),
    (
        "gunicorn one:app",
        {"one.py": "import _tkinter_gone, tkinter.gone\napp = 1\n"},
        "imports `_tkinter_gone`",
    ),
    (
        "gunicorn one:app",
        {"one.py": "print 'x'\n"},
        "Did you mean print(...)? Correct the app",
    ),
    ("gunicorn -c gone.py app:app", {}, "there is no file `gone.py`. Correct the path, or"),
    (
        "gunicorn --config=python:conf.gone app:app",
        {"conf/__init__.py": ""},
        "there is no module `conf.gone`",
    ),
    (
        "gunicorn app:app",
        {"gunicorn.conf.py": "bind = 'x'\nworkers = (\n"},
        "Python cannot read gunicorn.conf.py, line 2: '(' was never closed",
    ),
    (
        "gunicorn app:app",
        {"gunicorn.conf.py": "import tide\n"},
        "gunicorn.conf.py, line 1, imports `tide`, which is not installed",
    ),
    (
        "gunicorn app:app",
        {"gunicorn.conf.py": "worker_class = 'gevent'\n"},
        (
            "gunicorn.conf.py, line 1, sets `worker_class` to `gevent`, whose package is not "
            "installed. Add `gevent` to the requirements"
        ),
    ),
    (
        "gunicorn -c conf.py app:app",
        {"conf.py": "workers = 'many'\n"},
        "conf.py, line 1, sets `workers` to 'many', which Gunicorn does not accept",
    ),
    ("gunicorn", {"gunicorn.conf.py": "timeout = -1\n"}, "sets `timeout` to -1, which"),
    ("gunicorn", {"gunicorn.conf.py": "wsgi_app = 'gone:app'\n"}, "there is no module `gone`"),
    ("gunicorn", {"gunicorn.conf.py": "wsgi_app = 'app:gone'\n"}, "`app` has no `gone`"),
    ("bash bad.sh", {}, "`web` will stop at start, because there is no module `gone_app`"),
    ("cd src; ../bad.sh", {}, "there is no module `gone_app`"),
    ("celery -A missing worker", {}, "there is no module `missing`"),
    (
        "celery -A zzz worker -l info",
        {},
        "If `tasks` is meant, write `web: celery -A tasks worker -l info`",
    ),
    ("celery -A zzz.tasks worker", {"tasks.py": "", "proj/celery.py": ""}, "If `exporting` is"),
    ("celery -A api worker", {}, "the module `api` has no `Celery application`"),
    ("celery -A proj.celery:other worker", {}, "the module `proj.celery` has no `other`"),
    ("huey_consumer jobs.hue", {}, "the module `jobs` has no `hue`. If `huey` is meant"),
    ("dramatiq job", {}, "no module `job`. If `jobs` is meant, write `web: dramatiq jobs`"),
    (
        "python clock.py",
        {"clock.py": "import schedule\n"},
        "clock.py, line 1, imports `schedule`, which is not installed",
    ),
    (
        "python -m clock",
        {"clock.py": "from schedule import every\n"},
        "clock.py, line 1, imports `schedule`",
    ),
    (
        "gunicorn stored:app",
        {
            "stored.py": "from sqlalchemy import create_engine\n"
            "engine = create_engine('postgres://db.example/a')\nglobals().update(app=engine)\n"
        },
        (
            "because stored.py, line 2, gives SQLAlchemy a URL that starts with postgres://, "
            "which it does not accept since 1.4. Write "
            '`url.replace("postgres://", "postgresql+psycopg://", 1)` for the URL'
        ),
    ),
    (
        "A=1 gunicorn needy:app",
        {"needy.py": "import requests\napp = 1\n"},
        "needy.py, line 1, imports `requests`",
    ),
)


@pytest.mark.parametrize(
    ("function", "scheme"),
    [("create_engine", "postgresql://"), ("create_async_engine", "postgresql+asyncpg://")],
)
def test_a_url_has_to_start_as_the_driver_of_its_engine_needs_it(
    function: str, scheme: str, app: App
) -> None:
    packages = {
        "psycopg2-2.9.dist-info/METADATA": "Name: psycopg2\nVersion: 2.9\n",
        "asyncpg-0.31.dist-info/METADATA": "Name: asyncpg\nVersion: 0.31\n",
        "engines.py": "import sqlalchemy\n"
        "def create_engine(url): return sqlalchemy.create_engine(url)\n"
        "def create_async_engine(url): return sqlalchemy.create_engine(url)\n",
    }
    write_files(app.context.virtualenv.site_packages, packages)
    code = f"import engines\napp = engines.{function}('postgres://db.example/a')\n"
    write_files(app.context.app, {"stored.py": code})
    (found,) = app.problems({"web": "gunicorn stored:app"})
    assert f'`url.replace("postgres://", "{scheme}", 1)`' in found


@pytest.mark.parametrize(
    ("line", "files", "words"), WRONG, ids=[f"{one[0]} {one[2][:20]}" for one in WRONG]
)
def test_what_a_process_cannot_load_is_named(
    line: str, files: dict[str, str], words: str, app: App
) -> None:
    write_files(app.context.app, files)
    (found,) = app.problems({"web": line})
    assert words in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "import os\nKEY = os.environ['TIDE_KEY']\n",
            "Not known whether `web` starts with it:app: it needs `TIDE_KEY`, which the build",
        ),
        (
            "import socket\nsocket.create_connection(('127.0.0.1', 9))\n",
            "the build does not let the app use the network",
        ),
        ("open('log.txt', 'w')\n", "the build does not let the app write"),
        ("import os\nos.mkdir('logs')\n", "the build does not let the app change files"),
        ("1 / 0\n", "it.py, line 2, raises ZeroDivisionError: division by zero"),
        ("import os\nos._exit(3)\n", "Python exited with status 3 while it imported it"),
        ("import os\nos._exit(0)\n", "Python ended while it imported it"),
        ("raise SystemExit(1)\n", "it.py, line 2, raises SystemExit: 1"),
        ("raise ImportError('tide')\n", "it.py, line 2, raises ImportError: tide"),
    ],
)
def test_what_the_build_cannot_know_is_a_notice(text: str, words: str, app: App) -> None:
    write_files(app.context.app, {"it.py": f"from app import *\n{text}"})
    assert app.problems({"web": "gunicorn it:app"}) == []
    assert words in app.said


def test_a_variable_that_the_line_sets_may_choose_other_modules(app: App) -> None:
    text = (
        "import importlib, os\nimportlib.import_module(os.environ.get('M', 'gone'))\napp = 1\n"
    )
    write_files(app.context.app, {"chosen.py": f"from app import *\n{text}"})
    assert app.problems({"web": "M=flask gunicorn chosen:app"}) == []
    (found,) = app.problems({"web": "gunicorn chosen:app"})
    assert "imports `gone`" in found


def test_gunicorns_configuration_may_choose_the_worker_and_the_folder(app: App) -> None:
    write_files(app.context.app, {"gunicorn.conf.py": "worker_class = 'uvicorn.x.Worker'\n"})
    assert app.problems({"web": "gunicorn api:api"}) == []
    write_files(app.context.app, {"gunicorn.conf.py": "chdir = 'src'\n"})
    assert app.problems({"web": "gunicorn inner:app"}) == []
    write_files(app.context.app, {"gunicorn.conf.py": "timeout = 3\n"})
    assert len(app.problems({"web": "gunicorn api:api"})) == 1


def test_gunicorns_configuration_counts_as_far_as_nothing_overrides_it(app: App) -> None:
    write_files(app.context.app, {"gunicorn.conf.py": "worker_class = 'gevent'\n"})
    assert app.problems({"web": "gunicorn -k sync app:app"}) == []
    assert app.problems({"web": "gunicorn app:app"}, {"GUNICORN_CMD_ARGS": "-k sync"}) == []
    write_files(app.context.app, {"gunicorn.conf.py": "import tide\n"})
    variables = {"GUNICORN_CMD_ARGS": "--config=conf/server.py"}
    assert app.problems({"web": "gunicorn app:app"}, variables) == []
    assert app.problems({"web": "gunicorn -c conf/server.py app:app"}) == []


def test_a_missing_package_is_not_named_twice(app: App) -> None:
    shutil.rmtree(app.context.virtualenv.site_packages / "celery")
    write_files(app.context.app, {"later.py": "from celery import Celery\n"})
    assert app.problems({"worker": "celery -A later worker"}) == []
    (app.context.virtualenv.bin / "celery").touch()
    (found,) = app.problems({"worker": "celery -A later worker"})
    assert "imports `celery`" in found


def test_an_application_that_the_app_has_is_named(tmp_path: Path) -> None:
    app = App(tmp_path)
    for name in ("api.py", "wsgi.py", "tasks.py"):
        (app.context.app / name).unlink()
    write_files(app.context.app, {"app.py": "from flask import Flask\napp = Flask('x')\n"})
    (problem,) = app.problems({"web": "gunicorn -w 2 wsgi_gone.main:application"})
    assert "If `app:app` is meant, write `web: gunicorn -w 2 app:app`" in problem
    (problem,) = app.problems({"web": "gunicorn --chdir src site_gone.main:application"})
    assert "If `app:app` is meant, write `web: gunicorn app:app`" in problem
    (problem,) = app.problems({"web": "uvicorn zzz:application"})
    assert "Correct the name" in problem


def test_a_console_script_of_a_default_process_is_proved(tmp_path: Path) -> None:
    app = App(tmp_path)
    write_files(app.context.virtualenv.site_packages, {"shop.py": "def main(): 0\n"})
    for name in ("main", "gone"):
        scripts = console_scripts(f"[console_scripts]\nserve-{name} = shop:{name}\n")
        for script, content in scripts.items():
            (app.context.virtualenv.bin / script).write_bytes(content)
    assert app.problems({"web": "serve-main"}, is_default=True) == []
    with pytest.raises(ApplicationUnusable) as raised:
        app.problems({"web": "serve-gone"}, is_default=True)
    assert raised.value.fault.why is Why.NO_ATTRIBUTE


def test_a_wrong_configuration_stops_a_build_with_a_default_process(tmp_path: Path) -> None:
    app = App(tmp_path)
    write_files(app.context.app, {"gunicorn.conf.py": "worker_class = 'gevent'\n"})
    with pytest.raises(ApplicationUnusable) as raised:
        app.problems({"web": "gunicorn app:app"}, is_default=True)
    assert raised.value.fault.place == "gunicorn.conf.py:1"


def test_processes_with_the_same_target_share_a_sentence(app: App) -> None:
    (found,) = app.problems({"web": "gunicorn gone:app", "other": "A=1 gunicorn gone:app"})[:1]
    assert "`web`" in found


def test_an_unchanged_app_is_not_imported_again(app: App) -> None:
    for count, text in ((1, "from app import *\n"), (1, "from app import *\n"), (2, "x = 1\n")):
        write_files(app.context.app, {"again.py": f"from app import *\n{text}"})
        assert app.problems({"web": "gunicorn again:app"}) == []
        assert len(app.started) == count


def test_the_log_level_does_not_import_an_unchanged_app_again(app: App) -> None:
    write_files(app.context.app, {"again.py": "from app import *\nx = 1\n"})
    for variables in ({}, {"SLIPWAY_LOG_LEVEL": "debug"}):
        assert app.problems({"web": "gunicorn again:app"}, variables) == []
    assert len(app.started) == 1


def test_a_notice_is_logged_each_time_without_another_import(app: App) -> None:
    write_files(
        app.context.app, {"it.py": "import os\nfrom app import *\nos.environ['TIDE']\n"}
    )
    for count in (1, 2):
        assert app.problems({"web": "gunicorn it:app"}) == []
        assert app.said.count("it needs `TIDE`") == count
    assert len(app.started) == 1


def test_no_value_of_a_variable_is_logged_or_kept(app: App) -> None:
    text = "import os\nfrom app import *\nint(os.environ['TIDE'])\n"
    write_files(app.context.app, {"it.py": text})
    assert app.problems({"web": "gunicorn it:app"}, {"TIDE": "low-water"}) == []
    assert "it.py, line 3, raises ValueError: invalid literal" in app.said
    kept = [*app.effects.cache.root.rglob("notices.json")]
    assert kept
    assert "low-water" not in app.said + kept[0].read_text()


def test_a_default_process_that_cannot_load_its_target_stops_the_build(tmp_path: Path) -> None:
    found = WebApplication(target="needy:app", folder="", origin="needy.py")
    app = App(tmp_path, replace(PLAN, search=WebSearch(found=found)))
    write_files(app.context.app, {"needy.py": "import requests\napp = 1\n"})
    with pytest.raises(ApplicationUnusable) as raised:
        app.problems({"web": "gunicorn needy:app"}, is_default=True)
    assert raised.value.origin == "needy.py"
    assert raised.value.fault == Fault(
        why=Why.NOT_INSTALLED,
        program="gunicorn",
        target="needy:app",
        subject="requests",
        place="needy.py:1",
        module="needy",
        requirement="requests",
    )
