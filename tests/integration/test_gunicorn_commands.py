"""Lines with Gunicorn's old commands for Django start a current site."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.conftest import FreshApp
from integration.serving import HEROKU, HEROKUISH, Dyno, processes
from integration.test_fixtures_served import digests, sentences

FIXTURE = "run_gunicorn_procfile"
UNBUNDLED = {"SLIPWAY_BUNDLE_PYTHON": "false"}
MODERN = "gunicorn --config gunicorn_config.py -b 0.0.0.0:$PORT harbour.wsgi:application"


def added(build: Path) -> set[str]:
    """Return the names of the files that are there for old commands."""
    venv = build / ".slipway" / "venv"
    found = [*venv.glob("lib/*/site-packages/slipway_gunicorn.py")]
    found += venv.glob("lib/*/site-packages/django/core/management/commands/run_gunicorn.py")
    found += venv.glob("bin/gunicorn_django")
    return {path.name for path in found}


def compiled(platform: Platform, build: Path) -> Result:
    result = platform.compile(build, UNBUNDLED)
    assert result.status == 0, result.all
    return result


def test_old_lines_start_a_site(platform: Platform, fresh_app: FreshApp) -> None:
    build = fresh_app(FIXTURE)
    before = digests(build)
    log = sentences(compiled(platform, build).all)
    for command, name in (("run_gunicorn", "web"), ("gunicorn_django", "older")):
        assert f"no longer has the command `{command}`, which `{name}` starts" in log
        assert f"Write `{name}: {MODERN}`" in log
    assert "does not work" not in log
    assert digests(build) == before
    moved = platform.move(build)
    lines = processes(moved)
    for command, script in (
        (lines["web"], HEROKUISH),
        (lines["older"], HEROKU),
        (MODERN, HEROKU),
    ):
        with Dyno(app=moved, start_script=script).serve(command) as site:
            assert site.get("/").text == "run_gunicorn_procfile\n"


@pytest.mark.long
def test_old_commands_go_with_their_lines(platform: Platform, fresh_app: FreshApp) -> None:
    build = fresh_app(FIXTURE)
    compiled(platform, build)
    assert added(build) == {"run_gunicorn.py", "slipway_gunicorn.py", "gunicorn_django"}
    again = compiled(platform, build)
    assert "Reusing the virtual environment" in again.out
    assert added(build) == {"run_gunicorn.py", "slipway_gunicorn.py", "gunicorn_django"}
    (build / "Procfile").write_text("web: python manage.py run_gunicorn -w 3 --debug $PORT\n")
    compiled(platform, build)
    assert added(build) == {"run_gunicorn.py", "slipway_gunicorn.py"}
    with Dyno(app=build).serve() as site:
        assert site.get("/").status == 200
    (build / "Procfile").write_text(f"web: {MODERN}\n")
    assert "no longer has" not in compiled(platform, build).out
    assert added(build) == set()


@pytest.mark.long
@pytest.mark.parametrize(
    "line",
    [
        "python manage.py run_gunicorn -b 0.0.0.0:$PORT",
        "python manage.py run_gunicorn -w 2 -k gevent 0.0.0.0:$PORT",
        "python manage.py run_gunicorn --settings=harbour.settings -v 2 --traceback",
        "./manage.py run_gunicorn --preload",
        "cd harbour && python ../manage.py run_gunicorn",
        "django-admin run_gunicorn --settings harbour.settings --pythonpath apps",
        "gunicorn_django",
        "gunicorn_django --workers=2 harbour",
        "gunicorn_django -b 0.0.0.0:$PORT harbour.settings",
        "gunicorn_django --settings harbour.settings --bind=0.0.0.0:$PORT",
    ],
)
def test_an_old_line_with_other_options_starts_a_site(
    line: str, platform: Platform, fresh_app: FreshApp
) -> None:
    build = fresh_app(FIXTURE)
    (build / "Procfile").write_text(f"web: {line}\n")
    with (build / "requirements.txt").open("a") as requirements:
        requirements.write("gevent\n")
    compiled(platform, build)
    with Dyno(app=platform.move(build)).serve() as site:
        assert site.get("/").text == "run_gunicorn_procfile\n"


def test_a_command_of_the_project_is_used(platform: Platform, fresh_app: FreshApp) -> None:
    build = fresh_app(FIXTURE)
    folder = build / "apps" / "berths" / "management" / "commands"
    folder.mkdir(parents=True)
    (folder / "run_gunicorn.py").write_text(
        "from django.core.management.base import BaseCommand\n\n\n"
        "class Command(BaseCommand):\n"
        "    def handle(self, **options):\n"
        "        print('the command of the project')\n"
    )
    (build / "Procfile").write_text("web: python manage.py run_gunicorn\n")
    assert "no longer has" not in compiled(platform, build).out
    assert added(build) == set()
    assert Dyno(app=build).run("python manage.py run_gunicorn").out == (
        "the command of the project\n"
    )
