"""Config variables that an app has kept from other buildpacks break neither build nor start."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.packages import wheel, write_tree
from integration.serving import HEROKUISH, Dyno

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
APP = {
    "requirements.txt": "",
    "wsgi.py": "def application(environ, start_response):\n"
    "    start_response('200 OK', [])\n    return [b'still afloat']\n",
    "Procfile": "web: gunicorn wsgi\n",
}
SET_BY_HEROKU = {
    "PATH": "/app/.heroku/venv/bin:/bin:/usr/local/bin:/usr/bin",
    "PYTHONHOME": "/app/.heroku/venv/",
    "LIBRARY_PATH": "/app/.heroku/vendor/lib",
    "LD_LIBRARY_PATH": "/app/.heroku/vendor/lib",
}
"""What heroku/python once set, and no app needs."""
SET_BY_USERS = {
    "BUILD_WITH_GEO_LIBRARIES": "1",
    "BUILDPACK_S3_BASE_URL": "https://pythons.example",
    "PYTHON_RUNTIME_VERSION": "3.9.1",
    "PROJECT_PATH": "backend",
}
"""What needs another setting with Slipway."""
HARMLESS = {
    "BUILDPACK_URL": "https://github.com/heroku/heroku-buildpack-python.git#v100",
    "CUSTOM_SSH_KEY_HOSTS": "github.com",
    "DEBUG_COLLECTSTATIC": "1",
    "DISABLE_COLLECTSTATIC": "1",
    "DISABLE_INJECTION": "1",
    "DISABLE_POETRY_CREATE_RUNTIME_FILE": "1",
    "LANG": "en_US.UTF-8",
    "NLTK_DATA": "/app/nltk_data",
    "PIPENV_VENV_IN_PROJECT": "1",
    "PIP_USE_DEPRECATED": "html5lib",
    "PIP_USE_FEATURE": "2020-resolver",
    "PIP_USE_MIRRORS": "true",
    "PIPENV_VERSION": "2018.5.18",
    "PIP_VERSION_OVERRIDE": "9.0.1",
    "POETRY_EXPORT_DEV_REQUIREMENTS": "1",
    "POETRY_VERSION": "1.1.13",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "PYTHONHASHSEED": "random",
    "PYTHONPATH": "/app/",
    "PYTHONUNBUFFERED": "true",
    "PYTHON_NO_SQLITE3": "True",
    "SLUGIFY_USES_TEXT_UNIDECODE": "yes",
    "UV_COMPILE_BYTECODE": "1",
    "UV_FROZEN": "1",
    "UV_LINK_MODE": "copy",
    "UV_MANAGED_PYTHON": "1",
    "UV_PROJECT_ENVIRONMENT": "/app/.heroku/python",
    "UV_PYTHON": "3.9",
    "UV_SYSTEM_PYTHON": "1",
    "WEB_CONCURRENCY": "2",
    "WEB_CONCURRENCY_SET_BY": "heroku/python",
}
OLD = {**SET_BY_HEROKU, **SET_BY_USERS, **HARMLESS}


def sentences(result: Result) -> str:
    """Return the log in one line."""
    return " ".join(result.all.replace(" !     ", "").split())


def warnings(result: Result) -> list[str]:
    """Return the first lines of the warnings."""
    lines = result.out.splitlines()
    return [line for line in lines if line.startswith(" !     ") and " has no effect" in line]


def test_an_app_that_has_kept_all_variables_is_built_and_started(
    platform: Platform, tmp_path: Path
) -> None:
    gunicorn = {"requirements.txt": "gunicorn\n"}
    build = write_tree(tmp_path / "build", {**APP, **gunicorn, "backend/requirements.txt": ""})
    result = platform.build(build, {**IMAGE_PYTHON, **OLD})
    log = sentences(result)
    for name in SET_BY_HEROKU:
        assert f"Ignoring the config variable {name}: " in log
    assert log.count("An old heroku/python has set it") == len(SET_BY_HEROKU)
    named = [line.split()[1] for line in warnings(result)]
    assert sorted(named) == sorted(SET_BY_USERS)
    assert "set SLIPWAY_ROOT=backend" in log
    assert "pip-tools" not in log  # uv reads them all
    started = Dyno(app=platform.move(build), env=OLD)
    for dyno in (started, replace(started, start_script=HEROKUISH)):
        with dyno.serve() as site:
            assert site.get().text == "still afloat"


def test_what_the_running_app_uses_is_no_reason_for_a_warning(
    platform: Platform, tmp_path: Path
) -> None:
    own = {"LD_PRELOAD": "/app/vendor/jemalloc.so", "LD_LIBRARY_PATH": "/app/vendor/lib"}
    app = {**APP, "Procfile": "web: python -m http.server $PORT\n"}
    result = platform.build(write_tree(tmp_path / "build", app), {**IMAGE_PYTHON, **own})
    assert sentences(result).count("The running app gets it") == len(own)
    assert " !     Ignoring" not in result.out


def test_a_url_that_sqlalchemy_does_not_accept_is_named(
    platform: Platform, tmp_path: Path
) -> None:
    migration = (
        "import os\nfrom alembic import context\n# for SQLAlchemy\n"
        "url = os.getenv('OTHER_URL', 'sqlite://')\n"
        'context.config.set_main_option("sqlalchemy.url", url)\n'
    )
    files = {
        **APP,
        "models.py": "import os\nimport sqlalchemy\n\n"
        "def engine():\n"
        '    return sqlalchemy.create_engine(os.environ.get("DATABASE_URL"))\n',
        "migrations/env.py": migration,
        "migrations/0001.py": migration,
        "Procfile": "worker: python models.py\n",
        "requirements.txt": "./wheels/sqlalchemy-2.0.1-py3-none-any.whl\n",
    }
    build = write_tree(tmp_path / "build", files)
    (build / "wheels").mkdir()
    wheel(build / "wheels", "sqlalchemy", "2.0.1")
    url = "postgres://a:hidden@db.example/b"
    variables = {**IMAGE_PYTHON, "DATABASE_URL": url, "OTHER_URL": url}
    result = platform.build(build, variables)
    assert (
        "SQLAlchemy 2.0.1 does not accept URLs that start with postgres://, so the app will "
        "fail. Write `os.getenv('OTHER_URL', 'sqlite://').replace(\"postgres://\", "
        '"postgresql://", 1)` in migrations/env.py, line 4; `os.environ.get("DATABASE_URL", '
        '"").replace("postgres://", "postgresql://", 1)` in models.py, line 5'
    ) in sentences(result)
    assert "0001.py" not in sentences(result)
    assert "hidden" not in result.all
    variables |= dict.fromkeys(("DATABASE_URL", "OTHER_URL"), "postgresql://db.example/b")
    assert "SQLAlchemy 2.0.1" not in sentences(platform.build(build, variables))


@pytest.mark.long
def test_pip_tools_reads_all_variables_as_well(platform: Platform, tmp_path: Path) -> None:
    own = {"SLIPWAY_TOOLCHAIN": "pip-tools", "PIP_NO_BUILD_ISOLATION": "0"}
    wanted = {**IMAGE_PYTHON, **OLD, **own}
    files = {**APP, "requirements.txt": "gunicorn\n"}
    build = write_tree(tmp_path / "build", files)
    platform.build(build, wanted)
    with Dyno(app=platform.move(build), env=OLD).serve() as site:
        assert site.get().text == "still afloat"


@pytest.mark.long
@pytest.mark.parametrize(
    ("version", "driver", "scheme"),
    [
        ("==2.0.*", "psycopg2-binary", "postgresql://"),
        ("==2.0.*", "psycopg[binary]", "postgresql+psycopg://"),
        (">=2.1", "psycopg2-binary", "postgresql+psycopg2://"),
    ],
)
@pytest.mark.parametrize("has_procfile", [True, False])
def test_an_engine_with_the_old_scheme_is_the_fault_of_a_process(
    platform: Platform,
    tmp_path: Path,
    version: str,
    driver: str,
    scheme: str,
    *,
    has_procfile: bool,
) -> None:
    application = (
        "import os\nfrom flask import Flask\nfrom sqlalchemy import create_engine\n\n"
        "app = Flask(__name__)\nglobals().update(more=1)\n"
        'engine = create_engine(os.environ["DATABASE_URL"])\n'
    )
    procfile = {"Procfile": "web: gunicorn main:api\n"} if has_procfile else {}
    files = {
        "requirements.txt": f"flask\ngunicorn\nsqlalchemy{version}\n{driver}\n",
        "app.py": application,
        **({"main.py": "from app import *\napi = locals()['app']\n"} if has_procfile else {}),
        **procfile,
    }
    build = write_tree(tmp_path / "build", files)
    url = {"DATABASE_URL": "postgres://a:hidden@db.example/b"}
    result = platform.compile(build, {**IMAGE_PYTHON, **url})
    assert "hidden" not in result.all
    assert f'.replace("postgres://", "{scheme}", 1)' in sentences(result)
    corrected = application.replace('"]', f'"].replace("postgres://", "{scheme}", 1)')
    write_tree(build, {"app.py": corrected})
    again = platform.build(build, {**IMAGE_PYTHON, **url})
    assert "postgres://" not in again.all
    dyno = Dyno(app=platform.move(build), env=url)
    with dyno.serve() as site:
        assert site.get().status == 404


FLASK = (
    "import os\nfrom flask import Flask\nfrom sqlalchemy import create_engine\n\n"
    "app = Flask(__name__)\n"
)
REPLACED = (
    f'{FLASK}url = os.environ["DATABASE_URL"]\n'
    'if url.startswith("postgres://"):\n'
    '    url = url.replace("postgres://", "postgresql://", 1)\n'
    "engine = create_engine(url)\n"
)
ASYNC = (
    f"{FLASK}from sqlalchemy.ext.asyncio import create_async_engine\n"
    'url = os.getenv("DATABASE_URL", "sqlite+aiosqlite:///x.db")\n'
    "engine = create_async_engine(url)\n"
)


@pytest.mark.long
@pytest.mark.parametrize(
    ("requirements", "scheme", "application", "says"),
    [
        ("sqlalchemy==2.0.* psycopg2-binary", "postgres", REPLACED, ""),
        ("sqlalchemy>=2.1 psycopg[binary]", "postgres", REPLACED, ""),
        (
            "sqlalchemy>=2.1 psycopg2-binary",
            "postgres",
            REPLACED,
            "app.py, line 8, lets DATABASE_URL start with postgresql://. SQLAlchemy 2.1",
        ),
        (
            "sqlalchemy==2.0.* psycopg[binary]",
            "postgres",
            REPLACED,
            "so the app will fail. Write `postgresql+psycopg://` there",
        ),
        (
            "sqlalchemy>=2.1 psycopg2-binary",
            "postgresql",
            f'{FLASK}engine = create_engine(os.environ["DATABASE_URL"])\n',
            "app.py, line 6, reads DATABASE_URL, which starts with postgresql://.",
        ),
        (
            "sqlalchemy==2.0.* psycopg2-binary",
            "postgresql",
            f'{FLASK}engine = create_engine(os.environ["DATABASE_URL"])\n',
            "",
        ),
        (
            "sqlalchemy==2.0.* psycopg2-binary asyncpg greenlet",
            "postgres",
            ASYNC,
            "app.py, line 7, reads DATABASE_URL, which starts with postgres://.",
        ),
    ],
)
def test_what_is_said_of_a_url_is_what_sqlalchemy_does(
    platform: Platform,
    tmp_path: Path,
    requirements: str,
    scheme: str,
    application: str,
    says: str,
) -> None:
    files = {
        "requirements.txt": "\n".join(["flask", "gunicorn", *requirements.split(), ""]),
        "app.py": application,
        "Procfile": "web: gunicorn app:app\n",
    }
    build = write_tree(tmp_path / "build", files)
    url = {"DATABASE_URL": f"{scheme}://a:hidden@db.example/b"}
    result = platform.build(build, {**IMAGE_PYTHON, **url})
    log = sentences(result)
    assert says in log
    assert ("so the app will fail" in log) == bool(says)
    assert "hidden" not in result.all
    dyno = Dyno(app=platform.move(build), env=url)
    assert ("Error" in dyno.run("python -c 'import app'").all) == bool(says)
    if not says:
        return
    written = re.findall(r"Write `([^`]+)`", log)[0]
    files["app.py"] = corrected(application, written)
    build = write_tree(tmp_path / "corrected", files)
    assert "so the app will fail" not in platform.build(build, {**IMAGE_PYTHON, **url}).all
    dyno = Dyno(app=platform.move(build, "corrected"), env=url)
    assert "Error" not in dyno.run("python -c 'import app'").all


def corrected(application: str, written: str) -> str:
    """Return an application that follows the advice: a scheme, or an expression."""
    if written.endswith("://"):
        return application.replace("postgresql://", written)
    return application.replace(written.partition(".replace(")[0], written)


@pytest.mark.long
def test_a_process_that_is_named_hides_no_other_file(
    platform: Platform, tmp_path: Path
) -> None:
    engine = 'engine = create_engine(os.environ["DATABASE_URL"])\n'
    files = {
        "requirements.txt": "flask\ngunicorn\nsqlalchemy==2.0.*\npsycopg2-binary\n",
        "app.py": f"{FLASK}globals().update(more=1)\n{engine}",
        "jobs.py": f"{FLASK}{engine}",
        "main.py": "from app import *\napi = locals()['app']\n",
        "Procfile": "web: gunicorn main:api\nworker: python jobs.py\n",
    }
    build = write_tree(tmp_path / "build", files)
    url = {"DATABASE_URL": "postgres://a:hidden@db.example/b"}
    log = sentences(platform.build(build, {**IMAGE_PYTHON, **url}))
    assert "app.py, line 7, gives SQLAlchemy a URL that starts with postgres://" in log
    assert "jobs.py, line 6, reads DATABASE_URL, which starts with postgres://" in log
    assert log.count("app.py, line 7") == 1


@pytest.mark.long
def test_django_settings_with_the_old_scheme_are_named(
    platform: Platform, tmp_path: Path
) -> None:
    settings = (
        "import os\nfrom sqlalchemy import create_engine\n\nSECRET_KEY = 'not-secret'\n"
        "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_URL = 'static/'\n"
        "STATIC_ROOT = 'static'\n"
        'ENGINE = create_engine(os.environ["DATABASE_URL"])\n'
    )
    manage = (
        "import os\nimport sys\n"
        "from django.core.management import execute_from_command_line\n\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"
        "execute_from_command_line(sys.argv)\n"
    )
    files = {
        "requirements.txt": "django\nsqlalchemy==2.0.*\npsycopg2-binary\n",
        "manage.py": manage,
        "settings.py": settings,
    }
    build = write_tree(tmp_path / "build", files)
    url = {"DATABASE_URL": "postgres://a:hidden@db.example/b"}
    result = platform.compile(build, {**IMAGE_PYTHON, **url})
    assert result.status == 1
    assert "Error: SQLAlchemy does not accept the URL of the database" in result.err
    assert "(line 8 of settings.py)" in sentences(result)
    assert 'url = url.replace("postgres://", "postgresql://", 1)' in result.err
    without = platform.compile(build, IMAGE_PYTHON)
    assert without.status == 0, without.all  # a throw-away value has the new scheme
