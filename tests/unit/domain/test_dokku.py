"""On Dokku, a build says that nothing migrates the database, unless something does."""

from __future__ import annotations

import json

import pytest

from slipway.domain.dokku import DOKKU, notice_about_release, tasks_in

ON_DOKKU = {DOKKU: "true", "STACK": "heroku-24"}
DEFAULT = {"web": "gunicorn harbour.wsgi:application", "release": "slipway-release"}


def app_json(**tasks: object) -> str:
    return json.dumps({"name": "harbour", "scripts": {"postdeploy": "seed", "dokku": tasks}})


def test_the_notice_names_what_to_commit() -> None:
    notice = notice_about_release(DEFAULT, [], ON_DOKKU)
    code = notice.split("`")[3]
    assert tasks_in(code) == ("slipway-release",)
    assert not notice_about_release(DEFAULT, [code], ON_DOKKU)


@pytest.mark.parametrize(
    "text",
    [
        app_json(),
        app_json(postdeploy="curl x"),
        "{",
        "[]",
        '{"scripts": "migrate"}',
        "[" * 99999,
    ],
)
def test_an_app_json_that_migrates_nothing_does_not_count(text: str) -> None:
    assert notice_about_release(DEFAULT, [text], ON_DOKKU)


def test_a_script_of_the_first_deployment_does_not_count() -> None:
    text = json.dumps({"scripts": {"postdeploy": "python manage.py migrate", "dokku": {}}})
    assert notice_about_release(DEFAULT, [text], ON_DOKKU)


@pytest.mark.parametrize("command", ["slipway-release", "python manage.py migrate --noinput"])
@pytest.mark.parametrize("name", ["predeploy", "postdeploy"])
def test_a_task_that_migrates_needs_no_notice(name: str, command: str) -> None:
    text = app_json(**{name: command})
    assert not notice_about_release(DEFAULT, ["", text], ON_DOKKU)


def test_other_platforms_and_other_apps_get_no_notice() -> None:
    assert not notice_about_release(DEFAULT, [], {"STACK": "heroku-24"})
    assert not notice_about_release({"web": "gunicorn a:b"}, [], ON_DOKKU)
