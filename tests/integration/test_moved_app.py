"""A built app runs in any folder and as any user."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from conftest import App
from integration.bare_root import make_bare_root
from integration.classic_platform import Platform, machine_env
from integration.isolation import as_nobody, read_only, with_mounts
from integration.serving import HEROKU, HEROKUISH, Dyno, processes

START_SCRIPTS = pytest.mark.parametrize(
    "start_script",
    [
        pytest.param(HEROKU, id="heroku", marks=pytest.mark.long),
        pytest.param(HEROKUISH, id="herokuish"),
    ],
)


@pytest.fixture
def open_harbour(harbour: Path, open_folder: Path) -> Path:
    """Return a copy of the built site that every user can access."""
    ignored = shutil.ignore_patterns(".gunicorn")
    return shutil.copytree(harbour, open_folder / "app", symlinks=True, ignore=ignored)


@pytest.fixture
def writable(open_folder: Path) -> Path:
    """Return a folder that every user may write to."""
    folder = open_folder / "writable"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@START_SCRIPTS
def test_the_site_runs_as_another_user_on_a_read_only_file_system(
    open_harbour: Path, writable: Path, start_script: str
) -> None:
    dyno = Dyno(
        app=open_harbour,
        start_script=start_script,
        within=[*read_only(open_harbour), *as_nobody()],
        env={"DATABASE_FILE": str(writable / "berths.db")},
    )
    written = dyno.run('touch "$HOME/new"')
    assert written.status != 0
    if start_script == HEROKU:
        assert int(dyno.run('echo "$WEB_CONCURRENCY"').out) >= 1
    migrated = dyno.run(processes(open_harbour)["release"])
    assert migrated.status == 0, migrated.all
    with dyno.serve() as site:
        assert site.get("/").status == 200
        assert site.get("/berths/").status == 200


def test_programs_run_from_any_working_directory(harbour: Path, tmp_path: Path) -> None:
    source = 'source "$HOME/.profile.d/slipway.sh"; eval "$1"'
    dyno = Dyno(app=harbour, start_script=source, cwd=tmp_path)
    checked = dyno.run('python "$HOME/manage.py" check')
    assert checked.status == 0, checked.all
    with dyno.serve('gunicorn --chdir "$HOME" --bind :$PORT harbour.wsgi') as site:
        assert site.get("/").status == 200


def test_programs_run_through_links_and_after_a_second_move(
    harbour: Path, tmp_path: Path
) -> None:
    ignored = shutil.ignore_patterns(".gunicorn")
    place = tmp_path / "a place with spaces"
    moved = shutil.copytree(harbour, place, symlinks=True, ignore=ignored)
    link = tmp_path / "gunicorn"
    link.symlink_to(moved / ".slipway" / "venv" / "bin" / "gunicorn")
    version = Dyno(app=moved, start_script='"$1" --version').run(str(link))
    assert version.status == 0, version.all
    assert version.out.startswith("gunicorn (version ")


def homes() -> list[str]:
    """Return two homes: the build may find pyenv's Pythons in ours, and none in the other."""
    return [os.environ.get("HOME", "/root"), "/nowhere"]


@pytest.mark.parametrize("home", homes(), ids=["newest", "of_the_image"])
def test_the_site_runs_on_an_image_without_python(
    platform: Platform, app: App, tmp_path: Path, home: str
) -> None:
    platform = Platform(
        slipway=platform.slipway,
        folder=platform.folder,
        cache=platform.cache,
        env=machine_env(HOME=home),
    )
    build = app("django_site")
    platform.build(build)
    moved = platform.move(build)
    root = make_bare_root(tmp_path / "root", moved / ".slipway")
    assert [path for path in root.rglob("*python*") if path.is_file()] == []
    into_root = with_mounts(
        f"mount --bind '{moved}' '{root}/app'",
        f"mount -o remount,ro,bind '{root}/app'",
        f"mount --rbind /dev '{root}/dev'",
        f"mount --rbind /proc '{root}/proc'",
        f"cd '{root}'",
    )
    within = [*into_root, "/usr/sbin/chroot", str(root), "env", "--chdir=/app"]
    dyno = Dyno(app=moved, within=within, home="/app", env={"DATABASE_FILE": "/data/berths.db"})
    python = dyno.run("python -c 'import sys, ssl, sqlite3, ctypes, bz2; print(sys.prefix)'")
    assert python.out == "/app/.slipway/python\n", python.all
    migrated = dyno.run(processes(moved)["release"])
    assert migrated.status == 0, migrated.all
    with dyno.serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text
        assert site.get("/berths/").status == 200


def test_an_unbundled_app_runs_with_the_images_python(platform: Platform, app: App) -> None:
    build = app("django_site")
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    moved = platform.move(build)
    assert sorted(os.listdir(moved / ".slipway")) == [
        "build.json",
        "lock.txt",
        "release.json",
        "release.yml",
        "runtime",
        "venv",
    ]
    with Dyno(app=moved).serve() as site:
        assert "<h1>Harbour</h1>" in site.get("/").text
