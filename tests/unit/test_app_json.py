"""The examples of an app.json have only what Heroku's schema knows, of the right types.

https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conftest import FIXTURES, ROOT
from slipway.domain.app_json import parse

_FOLDER = ROOT / "docs" / "heroku"
EXAMPLES = sorted(path.name for path in _FOLDER.glob("*.json"))
KEYS: Mapping[str, type] = {
    "addons": list,
    "buildpacks": list,
    "description": str,
    "env": dict,
    "environments": dict,
    "formation": dict,
    "image": str,
    "keywords": list,
    "logo": str,
    "name": str,
    "repository": str,
    "scripts": dict,
    "stack": str,
    "success_url": str,
    "website": str,
}
_SCRIPTS = {"postdeploy", "pr-predestroy", "test", "test-setup"}
_OF_VARIABLE: Mapping[str, type | tuple[type, ...]] = {
    "description": str,
    "generator": str,
    "required": bool,
    "value": str,
}
_OF_ADDON: Mapping[str, type] = {"plan": str, "as": str, "options": dict}
_OF_FORMATION: Mapping[str, type] = {"quantity": int, "size": str}


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text("utf-8"))
    return found


def faults(found: Mapping[str, Any], types: Mapping[str, Any]) -> list[str]:
    """Return the keys that are not known, or have a value of another type."""
    return [
        key
        for key, value in found.items()
        if key not in types or not isinstance(value, types[key])
    ]


def faults_of_app(found: Mapping[str, Any]) -> list[str]:
    named = faults(found, KEYS)
    named += set(found.get("scripts", {})) - _SCRIPTS
    for key, types in (("addons", _OF_ADDON), ("buildpacks", {"url": str})):
        for one in found.get(key, []):
            is_plan = key == "addons" and isinstance(one, str)
            named += [] if is_plan else faults(one, types)
    for one in found.get("env", {}).values():
        named += [] if isinstance(one, str) else faults(one, _OF_VARIABLE)
    for one in found.get("formation", {}).values():
        named += faults(one, _OF_FORMATION)
    for one in found.get("environments", {}).values():
        named += faults_of_app(one)
    return named


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_only_what_the_schema_knows(name: str) -> None:
    assert faults_of_app(example(name)) == []


def test_faults_are_found() -> None:
    wrong = {"env": {"A": 1}, "addon": [], "scripts": {"tests": "pytest"}}
    with pytest.raises(AttributeError):
        faults_of_app(wrong)
    assert faults_of_app({**wrong, "env": {"A": {"value": 1}}}) == ["addon", "tests", "value"]


def test_the_example_that_deploys_sets_what_a_django_site_needs() -> None:
    found = example("app.json")
    assert found["env"]["SECRET_KEY"]["generator"] == "secret"
    # The release step migrates, so no script does.
    assert "scripts" not in found
    assert [one.partition(":")[0] for one in found["addons"]] == ["heroku-postgresql"]


def test_the_example_for_ci_has_the_commands_of_its_app() -> None:
    text = (_FOLDER / "app-ci.json").read_text("utf-8")
    found = parse(text)
    assert found.test == "python manage.py test --noinput"
    assert "SECRET_KEY" in found.variables
    assert (FIXTURES / "tested_with_django" / "manage.py").is_file()
    # Heroku gives the tests of an app none of its config variables.
    assert "SECRET_KEY" in example("app-ci.json")["environments"]["test"]["env"]
