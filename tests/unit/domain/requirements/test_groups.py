"""Groups (PEP 735) and extras of pyproject.toml are read as pip and uv read them."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import Choice
from slipway.domain.requirements.dependencies import from_pyproject
from slipway.domain.requirements.groups import extra_names, group_names, lists_extras
from slipway.domain.toml_text import parse_toml
from slipway.errors.dependencies import (
    DependencyGroupInvalid,
    ProjectTableMissing,
    RequirementInvalid,
)

BUILDS = "[build-system]\nrequires = ['setuptools']\n"
GROUPS = """
[dependency-groups]
Web_App = ["gunicorn>=23", {include-group = "base"}]
base = ["six"]
dev = ["pytest", "app[all]; python_version >= '3.11'"]
"""
PROJECT = """
[project]
name = "App"
version = "1"
dependencies = ["django>=5"]

[project.optional-dependencies]
postgres = ["psycopg>=3; os_name == 'posix'"]
"s3.files" = ["boto3", "app[postgres]"]
all = ["app[s3-files]", "APP[postgres,all]", "idna @ https://h.example/idna.zip"]
"""
ALL = ["boto3", "psycopg>=3; os_name == 'posix'", "idna @ https://h.example/idna.zip"]


def installed(pyproject: str, choice: Choice) -> list[str]:
    document = parse_toml(pyproject, "pyproject.toml")
    found = from_pyproject(document, "pyproject.toml", choice)
    assert (found.origin, found.files) == ("pyproject.toml", ("pyproject.toml",))
    return [line.text.replace('"', "'") for line in found.requirements]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param(Choice(), [], id="unset"),
        pytest.param(Choice(groups=()), [], id="none"),
        pytest.param(Choice(groups=("base",)), ["six"], id="group"),
        pytest.param(Choice(groups=("web-app",)), ["gunicorn>=23", "six"], id="included"),
        pytest.param(Choice(groups=("base", "web-app")), ["six", "gunicorn>=23"], id="once"),
        pytest.param(
            Choice(extras=("postgres",)), ["psycopg>=3; os_name == 'posix'"], id="extra"
        ),
        pytest.param(
            Choice(extras=("s3-files",)), ["boto3", "psycopg>=3; os_name == 'posix'"], id="own"
        ),
        pytest.param(Choice(extras=("all",)), ALL, id="own-extras-that-are-a-cycle"),
    ],
)
def test_what_is_chosen_is_required(choice: Choice, expected: list[str]) -> None:
    found = installed(PROJECT + GROUPS, choice)
    assert found[0] == "django>=5"
    assert sorted(found[1:]) == sorted(expected)


def test_a_group_may_require_extras_of_the_app_itself() -> None:
    found = installed(PROJECT + GROUPS, Choice(groups=("dev",)))
    assert set(found) == {
        "django>=5",
        "pytest",
        "boto3; python_version >= '3.11'",
        "psycopg>=3; python_version >= '3.11' and os_name == 'posix'",
        "idna @ https://h.example/idna.zip ; python_version >= '3.11'",
    }


def test_an_app_that_is_a_package_is_installed_with_its_extras() -> None:
    choice = Choice(groups=("dev",), extras=("postgres",))
    expected = [".[postgres]", ".[all]; python_version >= '3.11'", "pytest"]
    assert installed(PROJECT + GROUPS + BUILDS, choice) == expected


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        pytest.param("['base', 'dev']", ["django>=5", "six"], id="named"),
        pytest.param("'all'", ["django>=5", "gunicorn>=23", "six"], id="all"),
        pytest.param("['unknown', 1]", ["django>=5"], id="unknown"),
        pytest.param("5", ["django>=5"], id="not-a-list"),
    ],
)
def test_the_default_groups_of_uv_count_without_a_choice(
    default: str, expected: list[str]
) -> None:
    text = f"{PROJECT}{GROUPS}\n[tool.uv]\ndefault-groups = {default}"
    assert installed(text, Choice()) == expected
    assert installed(text, Choice(groups=())) == ["django>=5"]


def test_an_app_may_have_nothing_but_groups() -> None:
    assert installed(GROUPS, Choice(groups=("base",))) == ["six"]
    with pytest.raises(ProjectTableMissing) as missing:
        installed(GROUPS, Choice())
    assert "web-app" in missing.value.groups


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        pytest.param(
            "a = [{include-group = 'b'}]\nb = [{include-group = 'a'}]", "a -> b", id="cycle"
        ),
        pytest.param("a = [{include-group = 'gone'}]", "'gone' not found", id="unknown"),
        pytest.param("a = [{other = 'b'}]", "Invalid dependency group item", id="key"),
        pytest.param("a = [{include-group = 1}]", "not a string", id="type"),
        pytest.param("a = ['not a requirement']", "not a requirement", id="requirement"),
        pytest.param("a = 'six'", "a string rather than a list", id="text"),
        pytest.param("a = 5", "not a sequence", id="number"),
        pytest.param(
            "a = ['six']\nA = ['six']", "Duplicate dependency group names", id="twice"
        ),
    ],
)
def test_a_group_that_cannot_be_read_is_named(groups: str, reason: str) -> None:
    with pytest.raises(DependencyGroupInvalid) as invalid:
        installed(f"[dependency-groups]\n{groups}", Choice(groups=("a",)))
    assert (invalid.value.file, invalid.value.group) == ("pyproject.toml", "a")
    assert reason in " ".join(invalid.value.reasons)


def test_a_requirement_of_an_extra_that_is_not_valid_is_named() -> None:
    text = "[project]\noptional-dependencies.a = ['six', 'django=>5']"
    with pytest.raises(RequirementInvalid) as invalid:
        installed(text, Choice(extras=("a",)))
    assert invalid.value.text == "django=>5"


def test_the_names_are_normalized() -> None:
    document = parse_toml(PROJECT + GROUPS, "pyproject.toml")
    assert group_names(document) == ("web-app", "base", "dev")
    assert extra_names(document) == ("postgres", "s3-files", "all")


@pytest.mark.parametrize(
    ("pyproject", "is_complete"),
    [
        pytest.param(PROJECT, True, id="project"),
        pytest.param(GROUPS, True, id="groups-alone"),
        pytest.param("[project]\ndynamic = ['optional-dependencies']", False, id="dynamic"),
        pytest.param(BUILDS, False, id="setup.py"),
    ],
)
def test_only_a_build_tells_some_extras(pyproject: str, *, is_complete: bool) -> None:
    assert lists_extras(parse_toml(pyproject, "pyproject.toml")) is is_complete
