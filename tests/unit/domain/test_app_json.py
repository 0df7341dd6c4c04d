"""An app.json has the commands and the variables of the tests."""

from __future__ import annotations

import json

import pytest

from slipway.domain.app_json import AppJson, notices_about_variables, parse
from slipway.errors.running_tests import AppJsonUnusable


def test_the_scripts_of_the_environment_for_tests_have_priority() -> None:
    scripts = {"test": " make test ", "test-setup": "make ready"}
    assert parse(json.dumps({"scripts": scripts})) == AppJson(
        test="make test", setup="make ready"
    )
    of_tests = {"test": {"scripts": {"test": "tox"}}}
    found = parse(json.dumps({"scripts": scripts, "environments": of_tests}))
    assert found == AppJson(test="tox", setup="make ready")


def test_a_setup_needs_no_script_for_the_tests() -> None:
    assert parse('{"scripts": {"test-setup": "make"}}') == AppJson(setup="make")


def test_the_variables_of_the_environment_for_tests_have_priority() -> None:
    """Those for all environments count too, as scripts do."""
    for_all = {"MODE": "slow", "A": "b", "SALT": "salt", "TOKEN": "token"}
    env = {
        "SECRET_KEY": "for-the-tests-only",
        "MODE": {"description": "of the site", "value": "quick"},
        "SALT": {"generator": "secret"},
        "TOKEN": {"required": True},
        "EXTRA": {"required": False},
    }
    found = parse(json.dumps({"env": for_all, "environments": {"test": {"env": env}}}))
    assert found == AppJson(
        variables={"MODE": "quick", "A": "b", "SECRET_KEY": "for-the-tests-only"},
        generated=("SALT",),
        without_value=("TOKEN",),
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (5, 'Not using `A` of app.json: its value is not a string. Write `"A": "5"`'),
        (True, 'Write `"A": "true"`'),
        (None, 'Write `"A": "VALUE"`'),
        (["b"], 'Write `"A": "VALUE"`'),
        ({"value": 7}, 'Write `"A": "7"`'),
        ({"generator": "uuid"}, 'Heroku has no such generator, only "secret"'),
        ({"required": True}, "app.json has no value for A. Write the value that tests need to"),
        ({"description": "of the site"}, "app.json has no value for A."),
    ],
)
def test_a_variable_that_tests_do_not_get_is_named(entry: object, expected: str) -> None:
    found = parse(json.dumps({"environments": {"test": {"env": {"A": entry}}}}))
    [notice] = notices_about_variables(found, ())
    assert expected in notice
    assert [*notices_about_variables(found, {"A"})] == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"env": ["A"]}, "env"),
        ({"environments": {"test": {"env": "A=b"}}}, "environments.test.env"),
    ],
)
def test_variables_that_are_no_object_are_named(document: object, path: str) -> None:
    [notice] = notices_about_variables(parse(json.dumps(document)), ())
    assert notice == f"Not using `{path}` of app.json: it is not an object"


def test_settings_that_a_build_does_not_have_are_named() -> None:
    env = {"SLIPWAY_PYTHON_VERSION": "3.11", "MODE": "quick", "SLIPWAY_NOSUCH": "1"}
    found = parse(json.dumps({"env": env}))
    [notice] = notices_about_variables(found, {"SLIPWAY_NOSUCH"})
    assert "Not using SLIPWAY_PYTHON_VERSION of app.json" in notice


@pytest.mark.parametrize(
    "document", [{"addons": ["a"]}, {"environments": {"test": {"addons": [{"plan": "a"}]}}}]
)
def test_add_ons_are_services(document: object) -> None:
    assert parse(json.dumps(document)) == AppJson(has_services=True)


def test_a_script_that_is_null_is_none() -> None:
    scripts = {"test": None, "test-setup": None}
    of_tests = {"scripts": {"test": "tox"}, "environments": {"test": {"scripts": scripts}}}
    assert parse(json.dumps(of_tests)) == AppJson()


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"scripts": {"postdeploy": "x"}}',
        '{"environments": {"test": []}}',
        '{"env": null, "environments": {"test": {"env": {}}}}',
    ],
)
def test_another_app_json_decides_nothing(text: str) -> None:
    assert parse(text) == AppJson()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n  "scripts": {},\n}', 3),
        ("", 1),
        ("[" * 100_000, 0),
        ('{"scripts": {"test": ["pytest"]}}', 0),
        ('{"scripts": {"test-setup": 1}}', 0),
        ('{"scripts": {"test": "make \\u0000"}}', 0),
        ('{"environments": {"test": {"env": {"A": "\\ud800"}}}}', 0),
        ('{"environments": {"test": {"env": {"A": "%s"}}}}' % ("a" * 200_000), 0),
    ],
)
def test_an_app_json_that_cannot_be_used_is_an_error(text: str, line: int) -> None:
    with pytest.raises(AppJsonUnusable) as raised:
        parse(text)
    assert raised.value.line == line
