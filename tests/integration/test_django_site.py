"""The Django site is built, moved and served."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import App
from integration.classic_platform import Platform
from integration.serving import HEROKU, HEROKUISH, Dyno, processes

WEB = "gunicorn harbour.wsgi:application"
DEFAULT_PROCESSES = {
    "web": WEB,
    "release": "slipway-release",
    "manage": "python manage.py",
}


def match(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


def test_release_prints_the_processes_of_the_procfile_as_yaml(
    platform: Platform, app: App
) -> None:
    build = app("django_site")
    platform.build(build)
    assert processes(build) == DEFAULT_PROCESSES
    # herokuish passes the cache folder, too.
    release = platform.run_script("release", build, platform.cache)
    assert (release.status, release.err) == (0, "")
    first, second, *entries = release.out.splitlines()
    assert (first, second) == ("---", "default_process_types:")
    pairs = (entry.partition(": ") for entry in entries)
    assert {
        name.strip(): json.loads(command) for name, _, command in pairs
    } == DEFAULT_PROCESSES


@pytest.mark.parametrize("start_script", [HEROKU, HEROKUISH], ids=["heroku", "herokuish"])
def test_the_moved_site_serves_pages_and_static_files(harbour: Path, start_script: str) -> None:
    with Dyno(app=harbour, start_script=start_script).serve() as site:
        page = site.get("/")
        assert page.status == 200
        assert "<h1>Harbour</h1>" in page.text
        style = site.get(match(r'href="(/static/berths/site\.[0-9a-f]{12}\.css)"', page.text))
        assert style.status == 200
        picture = match(r'url\("(anchor\.[0-9a-f]{12}\.svg)"\)', style.text)
        assert site.get(f"/static/berths/{picture}").status == 200
        assert site.get("/admin/login/").status == 200


@pytest.mark.parametrize("start_script", [HEROKU, HEROKUISH], ids=["heroku", "herokuish"])
def test_the_release_process_migrates_and_pages_read_the_database(
    harbour: Path, tmp_path: Path, start_script: str
) -> None:
    dyno = Dyno(
        app=harbour,
        start_script=start_script,
        env={"DATABASE_FILE": str(tmp_path / "berths.db")},
    )
    migrated = dyno.run(processes(harbour)["release"])
    assert migrated.status == 0, migrated.all
    assert "Applying berths.0001_initial... OK" in migrated.out
    with dyno.serve() as site:
        page = site.get("/berths/")
    assert page.status == 200
    assert "There is no berth yet." in page.text


def test_the_manage_process_takes_arguments(harbour: Path) -> None:
    checked = Dyno(app=harbour).run(f"{processes(harbour)['manage']} check")
    assert checked.status == 0, checked.all
    assert checked.out == "System check identified no issues (0 silenced).\n"


def test_a_traceback_names_files_at_the_place_of_the_moved_app(harbour: Path) -> None:
    code = "import sqlparse; sqlparse.parse(sql=None)"
    failed = Dyno(app=harbour).run(f'python -c "{code}"')
    assert failed.status == 1
    files = re.findall(r'File "(/[^"]+)"', failed.err)
    assert files
    assert all(name.startswith(f"{harbour}/.slipway/venv/lib/") for name in files)
