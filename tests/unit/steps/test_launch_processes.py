"""Process types come from the Procfile, or are defaults for the installed packages."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.web.launch import Interface, OwnServer, Web, WebApplication, WebSearch
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.steps.launch_processes import decide_processes, gunicorn_settings, log_processes
from unit.fakes import effects_with, logged
from unit.samples import PLAN, dependencies

WEB = WebApplication(target="harbour.wsgi:application", folder="", origin="harbour/settings.py")
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=WEB
)
DJANGO = replace(PLAN, django=PROJECT)
WSGI = replace(PLAN, search=WebSearch(found=replace(WEB, target="wsgi:application")))
INSTALLED = {"django": "5.2", "gunicorn": "23.0"}


def test_the_users_procfile_always_wins() -> None:
    launch = decide_processes(
        replace(DJANGO, procfile={"worker": "python worker.py"}), INSTALLED
    )
    assert launch.processes == {"worker": "python worker.py"}
    assert not launch.is_default


@pytest.mark.parametrize(
    ("plan", "installed", "types"),
    [
        (DJANGO, INSTALLED, ["web", "release", "manage"]),
        (DJANGO, {}, []),
        (replace(WSGI, django=PROJECT), {}, ["web"]),
        (WSGI, {}, ["web"]),
        (PLAN, INSTALLED, []),
    ],
    ids=["django", "django-not-installed", "wsgi-instead", "wsgi", "nothing"],
)
def test_default_processes_are_those_that_can_run(
    plan: BuildPlan, installed: dict[str, str], types: list[str]
) -> None:
    launch = decide_processes(plan, installed)
    assert list(launch.processes) == types
    assert launch.is_default


def test_every_process_uses_the_settings_of_the_web_process() -> None:
    other = replace(PROJECT, settings="config.production", settings_origin="config/wsgi.py")
    launch = decide_processes(replace(PLAN, django=other), INSTALLED)
    assert launch.defaults["DJANGO_SETTINGS_MODULE"] == "config.production"
    assert "DJANGO_SETTINGS_MODULE" not in decide_processes(DJANGO, INSTALLED).defaults


def test_every_default_can_be_written_into_a_profile_script() -> None:
    for value in decide_processes(DJANGO, INSTALLED).defaults.values():
        assert not set(value) & set("\"'`$\\}")


FLASK = WebApplication(target="app:app", folder="", origin="app.py", framework="Flask")
FASTAPI = replace(
    FLASK, target="main:app", origin="main.py", framework="FastAPI", interface=Interface.ASGI
)


@pytest.mark.parametrize(
    ("web", "requirements", "installed", "words"),
    [
        (
            FLASK,
            "flask",
            "flask gunicorn",
            (
                "Serving app in app.py (Flask) with Gunicorn, which Slipway adds because "
                "the app requires no server"
            ),
        ),
        (
            FLASK,
            "flask waitress",
            "flask waitress",
            "Serving app in app.py (Flask) with Waitress, which the app requires",
        ),
        (
            FLASK,
            "flask uvicorn",
            "flask uvicorn gunicorn",
            (
                "Gunicorn, which Slipway adds because the app requires no server for WSGI "
                "applications"
            ),
        ),
        (
            FASTAPI,
            "fastapi",
            "fastapi uvicorn websockets",
            "Serving app in main.py (FastAPI) with Uvicorn, which Slipway adds",
        ),
        (
            FASTAPI,
            "fastapi gunicorn==23.0",
            "fastapi gunicorn=23.0 uvicorn websockets",
            "Uvicorn, which Slipway adds because the app requires no server for ASGI",
        ),
        (
            replace(FASTAPI, target="main:create_app()"),
            "fastapi daphne",
            "fastapi daphne uvicorn websockets",
            (
                "Serving create_app() in main.py (FastAPI) with Uvicorn, which Slipway adds "
                "because the app's own server cannot call it"
            ),
        ),
        (
            replace(FLASK, folder="src", origin="src/app.py"),
            "flask",
            "flask gunicorn",
            "Serving app in src/app.py (Flask) with Gunicorn",
        ),
        (
            replace(WEB, framework="Django", origin="WSGI_APPLICATION in harbour/settings.py"),
            "django",
            "django gunicorn",
            (
                "Serving harbour.wsgi:application (Django), named by WSGI_APPLICATION in "
                "harbour/settings.py, with Gunicorn"
            ),
        ),
        (
            replace(FLASK, framework="", origin="app.py"),
            "",
            "",
            "Serving app in app.py with Gunicorn, which is not installed",
        ),
        (
            OwnServer(command="streamlit run app.py", origin="app.py", framework="Streamlit"),
            "streamlit",
            "streamlit",
            "Running app.py (Streamlit), which starts its own server",
        ),
        (
            replace(FLASK, target="", origin="gunicorn.conf.py", is_configured=True),
            "gunicorn",
            "gunicorn",
            "Serving what gunicorn.conf.py names with Gunicorn, which the app requires",
        ),
        (
            OwnServer(command="serve", origin="[project.scripts] in pyproject.toml"),
            "",
            "",
            "Running `serve`, named by [project.scripts] in pyproject.toml",
        ),
    ],
)
def test_the_log_says_what_is_served_and_with_what(
    web: Web, requirements: str, installed: str, words: str, tmp_path: Path
) -> None:
    plan = replace(
        PLAN,
        dependencies=dependencies(requirements.replace(" ", "\n")),
        search=WebSearch(found=web),
    )
    packages = {name: version for name, _, version in map(_parted, installed.split())}
    assert words in logged_about(plan, packages, tmp_path)


def _parted(text: str) -> tuple[str, str, str]:
    return text.partition("=")


def logged_about(plan: BuildPlan, installed: dict[str, str], root: Path) -> str:
    effects = effects_with(root)
    log_processes(plan, decide_processes(plan, installed), installed, effects.console)
    return logged(effects)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            replace(
                PLAN,
                search=WebSearch(
                    equal=(
                        replace(FLASK, origin="app.py:3"),
                        replace(FLASK, target="main:site", origin="main.py:7"),
                    )
                ),
            ),
            (
                "There is no web process, because the app has several applications, and "
                "nothing says which one to serve: `app:app` in app.py, line 3 (Flask); "
                "`main:site` in main.py, line 7 (Flask). Choose one with the setting `app`: "
                'write `app = "app:app"` below [tool.slipway] in pyproject.toml, or set the '
                "variable APP_MODULE=app:app"
            ),
        ),
        (
            replace(PLAN, search=WebSearch(looked_for="a wsgi.py")),
            (
                "There is no web process. Slipway looked for a wsgi.py. To add a web process, "
                "write a line such as `web: gunicorn MODULE:APP` to a file Procfile, with the "
                "names of your module and application"
            ),
        ),
        (
            replace(
                PLAN,
                search=WebSearch(
                    looked_for="x",
                    reason="app.py does not launch it",
                    line="web: python app.py",
                ),
            ),
            (
                "no web process. app.py does not launch it. To add a web process, write the "
                "line `web: python app.py` to a file Procfile"
            ),
        ),
        (
            replace(PLAN, search=WebSearch(reason="Rename x.py", line="", is_repaired=True)),
            (
                "-----> No process types There is no web process. Rename x.py. Then the next "
                "build finds it, without a Procfile"
            ),
        ),
        (
            replace(PLAN, search=WebSearch(reason="It is x", line="web: gunicorn MODULE:APP")),
            (
                "write the line `web: gunicorn MODULE:APP` to a file Procfile, with the names "
                "of your module and application"
            ),
        ),
        (
            replace(
                PLAN,
                search=WebSearch(
                    found=WebApplication(
                        target="shop.wsgi:application",
                        folder="",
                        origin="shop/wsgi.py",
                        framework="Django",
                    )
                ),
            ),
            (
                "There is no web process, because shop/wsgi.py needs Django, which is not "
                "installed. Add `django` to the requirements"
            ),
        ),
        (
            replace(PLAN, search=WebSearch(looked_for="x", line="worker: python main.py")),
            (
                "If this app answers no requests, write the line `worker: python main.py` to a "
                "file Procfile"
            ),
        ),
        (
            replace(PLAN, procfile={"Web": "x"}),
            "answers no requests: write `web` instead of `Web`",
        ),
        (
            replace(PLAN, procfile={"worker": "x"}, web_line=2),
            "`web` has no command in line 2 of the Procfile, so this app answers no requests",
        ),
        (
            replace(PLAN, procfile={"release": "x"}),
            "Procfile has no `web` process, so this app answers no requests",
        ),
    ],
    ids=[
        *("ambiguous", "nothing", "with-a-reason", "repaired", "names-of-the-app"),
        *("django-that-is-not-installed", "script", "capital"),
        *("no-command", "only-a-release"),
    ],
)
def test_a_warning_says_why_there_is_no_web_process(
    plan: BuildPlan, words: str, tmp_path: Path
) -> None:
    text = logged_about(plan, {}, tmp_path)
    assert words in text
    effects = effects_with(tmp_path)
    log_processes(plan, decide_processes(plan, {}), {}, effects.console)
    assert " !     " in written(effects)


def test_an_app_of_workers_only_is_fine(tmp_path: Path) -> None:
    plan = replace(PLAN, procfile={"worker": "python worker.py"})
    effects = effects_with(tmp_path)
    log_processes(plan, decide_processes(plan, {}), {}, effects.console)
    assert "Procfile has no `web` process, so this app answers no requests" in logged(effects)
    assert " !     " not in written(effects)


def test_an_application_that_the_procfile_leaves_out_is_named(tmp_path: Path) -> None:
    plan = replace(PLAN, procfile={"worker": "x"}, search=WebSearch(found=FASTAPI))
    assert (
        "answers no requests. To serve app in main.py (FastAPI), add the line `web: uvicorn "
        "--host 0.0.0.0 --port $PORT main:app` to it"
    ) in logged_about(plan, {"fastapi": "1"}, tmp_path)


def test_the_line_without_a_command_is_completed(tmp_path: Path) -> None:
    plan = replace(PLAN, procfile={"a": "x"}, web_line=2, search=WebSearch(found=FASTAPI))
    assert (
        "answers no requests. To serve app in main.py (FastAPI), complete line 2: `web: "
        "uvicorn --host 0.0.0.0 --port $PORT main:app`"
    ) in logged_about(plan, {"fastapi": "1"}, tmp_path)


def written(effects: Effects) -> str:
    assert isinstance(effects.console.out, io.StringIO)
    return effects.console.out.getvalue()


def test_a_procfile_with_web_is_only_listed(tmp_path: Path) -> None:
    plan = replace(PLAN, procfile={"web": "gunicorn a:b"}, search=WebSearch(found=FLASK))
    text = logged_about(plan, {}, tmp_path)
    assert text.endswith("Process types (from Procfile) web gunicorn a:b")


def test_the_command_is_that_of_the_apps_own_server() -> None:
    """What Slipway adds counts as nothing of the app's."""
    plan = replace(PLAN, dependencies=dependencies("fastapi"), search=WebSearch(found=FASTAPI))
    installed = {"fastapi": "1", "uvicorn": "1", "websockets": "1"}
    launch = decide_processes(plan, installed)
    assert launch.processes["web"] == "uvicorn --host 0.0.0.0 --port $PORT main:app"
    brought = decide_processes(plan, {**installed, "hypercorn": "1"})
    assert brought.processes["web"] == "hypercorn --bind 0.0.0.0:$PORT main:app"


CURRENT = {"gunicorn": "27.0.1"}
FLASK_APP = replace(PLAN, search=WebSearch(found=FLASK))
FASTAPI_APP = replace(PLAN, search=WebSearch(found=FASTAPI))
WITH_WORKER = {**CURRENT, "uvicorn-worker": "0.4", "uvicorn": "1"}


@pytest.mark.parametrize(
    ("plan", "installed", "files", "expected"),
    [
        (
            FLASK_APP,
            CURRENT,
            {},
            "accesslog worker_tmp_dir control_socket graceful_timeout threads",
        ),
        (
            FLASK_APP,
            {"gunicorn": "23.0.0"},
            {},
            "accesslog worker_tmp_dir graceful_timeout threads",
        ),
        (FLASK_APP, {}, {}, ""),
        (
            FASTAPI_APP,
            WITH_WORKER,
            {},
            "accesslog worker_tmp_dir control_socket graceful_timeout",
        ),
        (
            replace(PLAN, procfile={"web": "gunicorn main:app"}),
            CURRENT,
            {"gunicorn.conf.py": b"accesslog = worker_tmp_dir = None"},
            "control_socket graceful_timeout",
        ),
        (
            replace(PLAN, procfile={"web": "gunicorn -c conf.py main:app"}),
            CURRENT,
            {"conf.py": b"threads = '\xff'"},
            "",
        ),
    ],
    ids=["own", "own-old", "none", "own-worker", "procfile", "unreadable"],
)
def test_gunicorn_gets_defaults_for_what_the_app_leaves_open(
    plan: BuildPlan,
    installed: dict[str, str],
    files: dict[str, bytes],
    expected: str,
    tmp_path: Path,
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    launch = decide_processes(plan, installed)
    found = gunicorn_settings(AppFolder(tmp_path), launch, installed)
    assert found == tuple(expected.split())
