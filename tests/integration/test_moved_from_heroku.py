"""Apps as people wrote them for Heroku over the years, and what moves them to Slipway.

fixtures/heroku_apps/ has each app as it was, and the files that its developer changes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import PATH, Platform, Result
from integration.databases import Database
from integration.index import fill_in_the_index
from integration.serving import Dyno, processes
from integration.words import normalised

APPS = FIXTURES / "heroku_apps"
FIRST_STOPS = Path(__file__).parent / "first_stops"
CONFIG_VARS = {"SECRET_KEY": "harbour", "SLIPWAY_BUNDLE_PYTHON": "false"}


@dataclass(frozen=True, kw_only=True)
class Era:
    """An app of its time."""

    name: str
    page: str
    """What its page has, once it is moved."""
    deleted: tuple[str, ...] = ()
    """The files that its developer deletes."""
    has_tls: bool = False
    """Whether it asks for a database with TLS."""
    is_long: bool = True


ERAS = (
    Era(name="2012_pip", page="<h1>Guestbook</h1>"),
    Era(name="2016_runtime_txt", page="<p>1 notes</p>", deleted=("runtime.txt",)),
    Era(
        name="2020_pipenv",
        page="<p>0 questions</p>",
        deleted=("runtime.txt",),
        has_tls=True,
    ),
    Era(name="2023_poetry", page="<p>0 recipes</p>", deleted=("runtime.txt",)),
    Era(name="2026_uv", page="<p>0 tides</p>", is_long=False),
    Era(name="2026_flask", page="<h1>Ledger</h1><p>0 lines</p>"),
)
STOPPED = ("2012_pip", "2016_runtime_txt", "2020_pipenv")
"""The apps that no build accepts as they were."""


def put(era: str, build: Path, *parts: str) -> Path:
    for part in parts:
        folder = APPS / era / part
        if folder.is_dir():
            shutil.copytree(folder, build, dirs_exist_ok=True)
    fill_in_the_index(build)
    version = build / ".python-version"
    if version.exists() and not shutil.which(f"python{version.read_text().strip()}", path=PATH):
        version.unlink()  # any Python of this machine will do
    return build


@pytest.mark.parametrize(
    "era",
    [pytest.param(era, marks=pytest.mark.long if "runtime" in era else ()) for era in STOPPED],
)
def test_the_first_error_names_all_that_is_too_old(
    era: str, fresh_platform: Platform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    result = fresh_platform.compile(put(era, tmp_path / "build", "as_it_was"), CONFIG_VARS)
    assert result.status == 1, result.all
    words = normalised(result.words, tmp_path)
    stored = FIRST_STOPS / f"{era}.txt"
    if request.config.getoption("--update-words", default=False):
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(words, "utf-8")
    assert words == stored.read_text("utf-8")


def moved(era: Era, platform: Platform, build: Path, config_vars: Mapping[str, str]) -> Result:
    """Build an app after the changes; nothing of it is too old any more."""
    put(era.name, build, "as_it_was", "changed")
    for name in era.deleted:
        (build / name).unlink()
    result = platform.compile(build, {**CONFIG_VARS, **config_vars})
    assert result.status == 0, result.all
    assert "does not have" not in result.out
    assert "will stop at start" not in result.out
    return result


@pytest.mark.parametrize(
    "era",
    [
        pytest.param(era, id=era.name, marks=pytest.mark.long if era.is_long else ())
        for era in ERAS
        if era.name != "2026_flask"
    ],
)
def test_a_moved_app_serves_its_page(era: Era, platform: Platform, tmp_path: Path) -> None:
    moved(era, platform, tmp_path / "build", {})
    app = platform.move(tmp_path / "build")
    assert_serves(era, app, CONFIG_VARS)


@pytest.mark.long
@pytest.mark.parametrize(
    "era", [pytest.param(era, id=era.name) for era in ERAS if not era.has_tls]
)
def test_a_moved_app_serves_its_page_from_postgresql(
    era: Era, platform: Platform, tmp_path: Path, postgresql_server: Database
) -> None:
    """As on Heroku, the URL of the database begins with `postgres://`."""
    database = postgresql_server.create(f"of_{era.name}")
    url = re.sub(r"^\w+://", "postgres://", database.url)
    moved(era, platform, tmp_path / "build", {"DATABASE_URL": url})
    app = platform.move(tmp_path / "build")
    assert_serves(era, app, {**CONFIG_VARS, "DATABASE_URL": url})
    assert database.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")


def assert_serves(era: Era, app: Path, config_vars: Mapping[str, str]) -> None:
    dyno = Dyno(app=app, env=config_vars)
    release = processes(app).get("release")
    if release:
        ran = dyno.run(release)
        assert ran.status == 0, ran.all
    with dyno.serve() as site:
        page = site.get("/")
        assert page.status == 200
        assert era.page in page.text
        stylesheet = re.search(r'href="(/static/[^"]+)"', page.text)
        if stylesheet and "whitenoise" in (app / ".slipway" / "lock.txt").read_text():
            assert site.get(stylesheet[1]).status == 200


@pytest.mark.long
def test_old_names_of_django_and_of_packages_are_named_before_the_app_starts(
    platform: Platform, tmp_path: Path
) -> None:
    """Only the requirements are new: all else is as it was in 2016."""
    build = put("2016_runtime_txt", tmp_path / "build", "as_it_was")
    changed = APPS / "2016_runtime_txt" / "changed"
    for name in ("requirements.txt", "board/models.py", "notes/settings.py"):
        shutil.copy(changed / name, build / name)
    (build / "runtime.txt").unlink()
    (build / "bin" / "post_compile").unlink()
    said = " ".join(platform.build(build, CONFIG_VARS).out.replace("!", "").split())
    assert "{% load staticfiles %} (line 1 of board/templates/index.html)" in said
    assert "include(admin.site.urls) (line 10 of notes/urls.py), use admin.site.urls" in said
    assert (
        "`web` will stop at start, because notes/wsgi.py, line 8, fails: No module named "
        "'whitenoise.django'"
    ) in said
