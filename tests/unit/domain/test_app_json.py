"""An app.json has the commands and the variables of the tests."""

from __future__ import annotations

import json

import pytest

from slipway.domain.app_json import AppJson, parse
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


def test_the_variables_are_those_of_the_environment_for_tests() -> None:
    env = {
        "SECRET_KEY": "for-the-tests-only",
        "MODE": {"description": "of the site", "value": "quick"},
        "SALT": {"generator": "secret"},
        "TOKEN": {"required": True},
        "RETRIES": 3,
    }
    found = parse(json.dumps({"env": {"A": "b"}, "environments": {"test": {"env": env}}}))
    assert found.variables == {"SECRET_KEY": "for-the-tests-only", "MODE": "quick"}
    assert found.generated == ("SALT",)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"scripts": {"postdeploy": "x"}}',
        '{"environments": {"test": []}}',
        '{"environments": {"test": {"env": ["A"]}}}',
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
