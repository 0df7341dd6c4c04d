"""herokuish builds an app as a random user, and Dokku's tasks and checks work with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import DEBUG, Result, copy_slipway
from integration.conftest import open_to_all
from integration.herokuish import (
    Herokuish,
    mounted,
    owners,
    processes_of_release,
    random_user,
)
from integration.serving import processes
from integration.test_fixtures_served import sentences

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts as other users")

SITE = FIXTURES / "django_site"
EXAMPLE = ROOT / "docs" / "dokku" / "app.json"
DOMAIN = "harbour.example"
KEY = "a-key-of-the-first-deployment"
VARIABLES = {
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": DOMAIN,
    "GREETING": "two words, and 'quotes'",
    "DISABLE_COLLECTSTATIC": "0",
    "SLIPWAY_BUNDLE_PYTHON": "false",  # which would take time
    **DEBUG,
}


@dataclass(frozen=True)
class Deployed:
    """An app that a user has built, with the log of the build."""

    container: Herokuish
    user: int
    result: Result


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with open_to_all("herokuish-") as folder:
        cache = folder / "cache"
        cache.mkdir()
        with mounted(cache, 600) as within:
            slipway = copy_slipway(folder / "buildpacks")
            container = Herokuish(folder=folder, slipway=slipway, within=within)
            user = random_user()
            result = container.compile(SITE, user, VARIABLES)
            assert result.status == 0, result.all
            yield Deployed(container, user, result)


def test_a_random_user_builds_with_a_cache_on_another_file_system(deployed: Deployed) -> None:
    container, result = deployed.container, deployed.result
    there = int(container.in_cache("stat", "-c", "%d", str(container.cache)).out)
    assert there != container.app.stat().st_dev
    assert result.err == ""
    assert "Dokku runs `release` only from a committed Procfile" in sentences(result.out)
    assert owners(container.app) == {deployed.user}
    assert [*processes(container.app)] == processes_of_release(container.app)
    assert processes(container.app)["web"] == "gunicorn harbour.wsgi:application"


def test_no_value_of_env_is_logged_or_kept_in_the_cache(deployed: Deployed) -> None:
    container = deployed.container
    assert KEY not in deployed.result.all
    found = container.in_cache("grep", "-rlF", KEY, str(container.cache), str(container.app))
    assert found.out.splitlines() == [str(container.app / ".env")]


def test_root_starts_web_for_the_owner_of_the_app(deployed: Deployed) -> None:
    """Its release step runs while root sources the profile scripts."""
    container = deployed.container
    dyno = container.dyno(DYNO="web.1", SLIPWAY_MIGRATE="start", ALLOWED_HOSTS=DOMAIN)
    with dyno.serve() as site:
        page = site.get("/berths/", {"Host": DOMAIN})
    assert page.status == 200
    assert (container.app / "db.sqlite3").stat().st_uid == deployed.user
    assert owners(container.app) == {deployed.user}


def test_dokku_runs_the_tasks_and_checks_of_the_example(deployed: Deployed) -> None:
    container = deployed.container
    example = json.loads(EXAMPLE.read_text())
    database = container.app / "db.sqlite3"
    database.unlink(missing_ok=True)
    tasks = example["scripts"]["dokku"]
    assert [*tasks] == ["predeploy"]
    migrated = container.run_task(tasks["predeploy"], ALLOWED_HOSTS=DOMAIN)
    assert migrated.status == 0, migrated.all
    assert "Release step finished: " in migrated.out
    assert database.stat().st_uid == deployed.user

    # The check asks for the first domain of the app, and takes only 2xx for success:
    # https://github.com/dokku/docker-container-healthchecker/blob/main/appjson/healthcheck.go
    with container.dyno(DYNO="web.1", ALLOWED_HOSTS=DOMAIN).serve() as site:
        statuses = [
            site.get(check["path"], {"Host": DOMAIN}).status
            for check in example["healthchecks"]["web"]
        ]
        refused = site.get("/", {"Host": "10.0.0.2:5000"}).status
    assert statuses == [200]
    assert refused == 400


@pytest.mark.long  # test_heroku_builds.py has failed builds of one user
def test_a_failed_build_leaves_the_cache_whole_for_another_user(deployed: Deployed) -> None:
    container, user = deployed.container, random_user()
    variables = {**VARIABLES, "SECRET_KEY": "a-key-of-the-next-deployment"}
    broken = container.folder / "broken"
    shutil.copytree(SITE, broken)
    (broken / "harbour" / "settings.py").write_text("import no_such_module\n")
    failed = container.compile(broken, user, variables)
    assert failed.status == 1
    assert "Error: The module no_such_module is not installed" in failed.err

    again = container.compile(SITE, user, {**variables, "DISABLE_COLLECTSTATIC": "1"})
    assert again.status == 0, again.all
    assert again.cache_misses == set()
    assert owners(container.app) == {user}
