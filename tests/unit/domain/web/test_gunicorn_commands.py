"""Lines with Gunicorn's old commands for Django are found, and the modern line is exact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.domain.web.gunicorn_commands import modern_line, old_commands
from slipway.domain.web.launch import WebApplication

WEB = WebApplication(target="harbour.wsgi:application", folder="", origin="harbour/wsgi.py")
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=WEB
)
BELOW = replace(PROJECT, manage="backend/manage.py", web=replace(WEB, folder="backend"))
APP = "harbour.wsgi:application"
FACTORY = "'django.core.wsgi:get_wsgi_application()'"


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("python manage.py run_gunicorn -b 0.0.0.0:$PORT", {"run_gunicorn"}),
        ("./manage.py run_gunicorn", {"run_gunicorn"}),
        ("cd backend && exec python -u manage.py run_gunicorn", {"run_gunicorn"}),
        ("python -m django run_gunicorn", {"run_gunicorn"}),
        ("django-admin run_gunicorn", {"run_gunicorn"}),
        ("newrelic-admin run-program python manage.py run_gunicorn", {"run_gunicorn"}),
        ("gunicorn_django -b :$PORT", {"gunicorn_django"}),
        ("env A=1 gunicorn_django", {"gunicorn_django"}),
        ("gunicorn harbour.wsgi", set()),
        ("python manage.py help run_gunicorn", set()),
        ("echo run_gunicorn", set()),
        ("tool run_gunicorn", set()),
        ("python manage.py 'run_gunicorn", set()),
    ],
)
def test_the_old_commands_are_found(line: str, commands: set[str]) -> None:
    assert old_commands(line) == commands


@pytest.mark.parametrize(
    ("line", "modern"),
    [
        (
            "python manage.py run_gunicorn --config gunicorn_config.py -b 0.0.0.0:$PORT",
            f"gunicorn --config gunicorn_config.py -b 0.0.0.0:$PORT {APP}",
        ),
        ("python manage.py run_gunicorn -b 0.0.0.0:$PORT", f"gunicorn {APP}"),
        ("python manage.py run_gunicorn -b0.0.0.0:${PORT} -w 3", f"gunicorn -w 3 {APP}"),
        ("python manage.py run_gunicorn --bind=:$PORT -w3", f"gunicorn -w3 {APP}"),
        ("python manage.py run_gunicorn $PORT --preload", f"gunicorn --preload {APP}"),
        (
            "python manage.py run_gunicorn 127.0.0.1:$PORT -D",
            f"gunicorn -D -b 127.0.0.1:$PORT {APP}",
        ),
        ("python -u manage.py run_gunicorn -k gevent", f"gunicorn -k gevent {APP}"),
        ("python -W error manage.py run_gunicorn", f"gunicorn {APP}"),
        ("./manage.py run_gunicorn --debug --traceback -v2", f"gunicorn {APP}"),
        ("python -m django run_gunicorn --verbosity 2 -v 1", f"gunicorn {APP}"),
        (
            "python manage.py run_gunicorn --settings=harbour.settings --adminmedia x",
            f"gunicorn {APP}",
        ),
        (
            "python manage.py run_gunicorn --settings harbour.live -w 2",
            f"gunicorn -w 2 --env DJANGO_SETTINGS_MODULE=harbour.live {APP}",
        ),
        (
            "newrelic-admin run-program python manage.py run_gunicorn -w 2",
            f"newrelic-admin run-program gunicorn -w 2 {APP}",
        ),
        (
            "A=1 exec python manage.py run_gunicorn || exit 1",
            f"A=1 exec gunicorn {APP} || exit 1",
        ),
        ("gunicorn_django -b 0.0.0.0:$PORT", f"gunicorn {APP}"),
        ("gunicorn_django --workers=4 harbour/settings.py", f"gunicorn --workers=4 {APP}"),
        ("gunicorn_django harbour", f"gunicorn {APP}"),
        ("gunicorn_django harbour.settings", f"gunicorn {APP}"),
        (
            "gunicorn_django -w 2 harbour.live",
            f"gunicorn -w 2 --env DJANGO_SETTINGS_MODULE=harbour.live {APP}",
        ),
    ],
)
def test_the_modern_line_has_the_same_options(line: str, modern: str) -> None:
    assert modern_line(line, PROJECT) == modern
    assert not old_commands(modern)


@pytest.mark.parametrize(
    ("line", "project", "modern"),
    [
        (
            "python backend/manage.py run_gunicorn",
            BELOW,
            f"gunicorn --chdir backend {APP}",
        ),
        (
            "cd backend && python manage.py run_gunicorn",
            BELOW,
            f"cd backend && gunicorn {APP}",
        ),
        ("cd harbour && gunicorn_django", PROJECT, f"cd harbour && gunicorn --chdir .. {APP}"),
        (
            "cd deploy && python ../backend/manage.py run_gunicorn",
            BELOW,
            f"cd deploy && gunicorn --chdir ../backend {APP}",
        ),
        (
            "python manage.py run_gunicorn",
            replace(PROJECT, web=None),
            f"gunicorn --env DJANGO_SETTINGS_MODULE=harbour.settings {FACTORY}",
        ),
        (
            "python manage.py run_gunicorn",
            replace(PROJECT, web=replace(WEB, target=FACTORY.strip("'"))),
            f"gunicorn --env DJANGO_SETTINGS_MODULE=harbour.settings {FACTORY}",
        ),
        (
            "python manage.py run_gunicorn",
            replace(PROJECT, web=replace(WEB, target="harbour.web:create()")),
            "gunicorn 'harbour.web:create()'",
        ),
        ("python manage.py run_gunicorn > log.txt", PROJECT, None),
        ("python manage.py run_gunicorn '", PROJECT, None),
    ],
)
def test_the_modern_line_is_for_this_project(
    line: str, project: DjangoProject, modern: str | None
) -> None:
    assert modern_line(line, project) == modern
