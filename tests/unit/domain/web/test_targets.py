"""What a line of a Procfile loads is read from it, or left open."""

from __future__ import annotations

import pytest

from slipway.domain.web.launch import Interface
from slipway.domain.web.programs import started_programs
from slipway.domain.web.targets import StartTarget, targets_of


def targets(line: str) -> list[StartTarget]:
    return [target for started in started_programs(line) for target in targets_of(started)]


@pytest.mark.parametrize(
    ("line", "loads"),
    [
        ("gunicorn app", "app:application"),
        ("gunicorn -k gevent app:app", "gevent: app:app"),
        ("gunicorn -k uvicorn_worker.UvicornWorker app:app", "uvicorn_worker: app:app"),
        ("gunicorn -k gthread 'app:make(1)'", "app:make(1)"),
        ("uvicorn --factory app:make", "app:make()"),
        ("celery -A proj worker", "proj:"),
        ("celery -Aproj worker", "proj:"),
        ("celery --app=proj.tasks:queue beat", "proj.tasks:queue"),
        ("celery worker", ""),
        ("celery --workdir src -A proj worker", ""),
        ("rq worker --config settings", "settings:"),
        ("huey_consumer.py jobs.tasks.huey -w 2", "jobs.tasks:huey"),
        ("arq jobs.Settings", "jobs:Settings"),
        ("dramatiq one two:broker -p 2 three", "one: two:broker"),
        ("taskiq worker jobs:broker", "jobs:broker"),
        ("taskiq scheduler jobs:broker", ""),
        ("streamlit run ui/app.py", "ui/app.py"),
        ("python worker.py", "worker.py"),
        ("cd sub && python ../worker.py", "worker.py"),
        ("python ../worker.py", ""),
        ("python /opt/worker.py", ""),
        ("python bin/worker", ""),
        ("python -m jobs.clock", "jobs.clock:"),
        ("python -m celery -A proj worker", "proj:"),
        ("python -c 'import app'", ""),
        ("flask --app app/web run", ""),
        ("flask run", ""),
        ("gunicorn $MODULE:app", ""),
        ("PYTHONPATH=src gunicorn app:app", ""),
        ("cd $FOLDER; gunicorn app:app", ""),
        ("bin/start", ""),
    ],
)
def test_the_targets_of_a_line(line: str, loads: str) -> None:
    shown = [one.file or f"{one.module}:{one.attribute}" for one in targets(line)]
    assert " ".join(shown) == loads


def test_a_target_knows_where_it_is_imported_and_called() -> None:
    (target,) = targets("A=1 gunicorn --chdir src -c conf.py app:app")
    assert target.folders == ("src",)
    assert target.start_folder == "src"
    assert target.config == "conf.py"
    assert target.sets_variables
    (target,) = targets("cd src && uvicorn --app-dir web app:app")
    assert target.folders == ("src/web",)
    assert target.start_folder == "src"
    assert target.interface is Interface.ASGI
    (target,) = targets("cd src && gunicorn app:app")
    assert target.config == "src/gunicorn.conf.py"
    assert target.interface is Interface.WSGI
    (target,) = targets("python src/worker.py")
    assert target.folders == ("src",)
    assert target.start_folder == ""
