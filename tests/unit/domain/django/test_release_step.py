"""The decisions of a build about the release step."""

from __future__ import annotations

import pytest

from slipway.domain.django.project import DjangoProject
from slipway.domain.django.release_step import migrate_in, place_in_words, release_step, render
from slipway.domain.settings import Settings

PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=None
)
DEFAULT = {"web": "gunicorn a:b", "release": "slipway-release"}


def test_the_file_has_the_settings_of_the_app() -> None:
    settings = Settings(migrate="start", database_wait=5, initial_fixtures=("berths",))
    text = render(release_step(PROJECT, settings, "shop"))
    assert migrate_in(text) == "start"
    assert '"root": "shop"' in text
    assert '"database_wait": 5' in text


@pytest.mark.parametrize(
    ("migrate", "processes", "expected"),
    [
        (None, DEFAULT, "in the release phase; on Cloud Foundry before `web` starts; "),
        ("release", DEFAULT, "in the release phase; "),
        ("start", {"web": "gunicorn a:b"}, "before `web` starts; "),
        ("off", {"web": "gunicorn a:b"}, ""),
        (None, {"release": "make release"}, "on Cloud Foundry before `web` starts; "),
    ],
)
def test_a_plan_says_where_it_runs(
    migrate: str | None, processes: dict[str, str], expected: str
) -> None:
    found = place_in_words(Settings(migrate=migrate), processes)
    assert found == f"{expected}by hand: slipway-release"
