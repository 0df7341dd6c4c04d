"""An app in a folder of its repository is built, moved and served like one at the top."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import App
from integration.classic_platform import Platform, run
from integration.packages import write_tree
from integration.serving import HEROKU, HEROKUISH, Dyno, processes
from integration.test_fixtures_served import sentences

ROOT = {"SLIPWAY_ROOT": "backend", "SLIPWAY_BUNDLE_PYTHON": "false"}
TWO_APPS = {
    "backend/requirements.txt": "",
    "backend/Procfile": "web: python -m http.server $PORT\n"
    "clock: cd jobs && python -c 'import jobs_of_shop; print(jobs_of_shop.NAME)'\n",
    "backend/jobs_of_shop.py": "NAME = 'clock'\n",
    "backend/jobs/empty.txt": "",
    "backend/index.html": "the shop\n",
    "admin/requirements.txt": "",
    "admin/index.html": "the admin\n",
    "bin/post_compile": "touch wrong-hook.txt\n",
}


def test_a_django_site_in_a_folder_is_built_and_served(platform: Platform, app: App) -> None:
    build = app("monorepo_backend")
    first = platform.build(build, ROOT)
    expected = {
        "web": "env -C backend gunicorn harbour.wsgi:application",
        "release": "env -C backend slipway-release",
        "manage": "env -C backend python manage.py",
    }
    assert processes(build) == expected
    released = platform.run_script("release", build).out
    assert all(f'"{command}"' in released for command in expected.values())
    assert "App in backend/" in first.out
    assert not (build / "backend" / ".slipway").exists()

    again = platform.build(build, ROOT)
    assert again.cache_misses == set()
    assert processes(build) == expected

    moved = platform.move(build)
    with Dyno(app=moved, start_script=HEROKUISH).serve() as site:
        page, style = site.get("/"), site.get("/static/harbour/site.css")
    assert page.text == "monorepo_backend has 3 buoys, 40 m of quay; the hook ran\n"
    assert style.text == (moved / "backend/harbour/static/harbour/site.css").read_text()


def test_the_procfile_of_the_folder_reaches_the_platform(
    platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", TWO_APPS)
    result = platform.build(build, ROOT)
    assert processes(build) == {
        "web": "env -C backend python -m http.server $PORT",
        "clock": "cd backend; cd jobs && python -c "
        "'import jobs_of_shop; print(jobs_of_shop.NAME)'",
    }
    log = sentences(result.all)
    assert "platforms that use herokuish cannot start `clock` in backend/" in log
    assert "Only the files in backend/ count, not bin/post_compile" in log
    assert not (build / "wrong-hook.txt").exists()
    moved = platform.move(build)
    dyno = Dyno(app=moved, start_script=HEROKU)
    assert dyno.run(processes(moved)["clock"]).out == "clock\n"
    with dyno.serve() as site:
        assert site.get("/").text == "the shop\n"


@pytest.mark.long
def test_a_procfile_at_the_top_is_the_users(platform: Platform, tmp_path: Path) -> None:
    procfile = "web: cd admin && python -m http.server $PORT\n"
    build = write_tree(tmp_path / "build", {**TWO_APPS, "Procfile": procfile})
    result = platform.build(build, ROOT)
    assert (build / "Procfile").read_text() == procfile
    assert platform.run_script("release", build).out == ""
    assert "backend/Procfile has no effect" in sentences(result.all)
    assert "is not a folder of the app" not in sentences(result.all)
    with Dyno(app=platform.move(build)).serve() as site:
        assert site.get("/").text == "the admin\n"


def test_a_build_without_a_root_names_the_folders(platform: Platform, tmp_path: Path) -> None:
    build = write_tree(tmp_path / "build", TWO_APPS)
    assert platform.run_script("detect", build).out == "Python\n"
    result = platform.compile(build)
    assert result.status == 1
    log = sentences(result.all)
    assert "admin/ has requirements.txt and backend/ has requirements.txt." in log
    assert "heroku config:set SLIPWAY_ROOT=admin" in log


@pytest.mark.long
def test_the_commands_use_the_folder(platform: Platform, tmp_path: Path) -> None:
    files = {"backend/requirements.txt": "six\n", "frontend/package.json": "{}"}
    repository = write_tree(tmp_path / "repository", files)
    env = {**platform.env, "SLIPWAY_ROOT": "backend"}
    slipway = platform.slipway / "bin" / "slipway"
    plan = run([slipway, "plan", repository], env)
    assert plan.status == 0, plan.all
    locked = run([slipway, "lock", repository], env)
    assert locked.status == 0, locked.all
    assert "Wrote backend/pylock.toml" in sentences(locked.all)
    assert (repository / "backend" / "pylock.toml").exists()
