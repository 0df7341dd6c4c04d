"""The requirements of apps that declare them for Poetry, and have no lock."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import NO_CHOICE, Choice
from slipway.domain.requirements.dependencies import from_pyproject
from slipway.domain.requirements.groups import extra_names, group_names
from slipway.domain.toml_text import parse_toml
from slipway.errors.dependencies import PoetryDependencyInvalid

NAME = "pyproject.toml"
TABLES = """
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.10"
{dependencies}
"""


def lines(text: str, choice: Choice = NO_CHOICE) -> list[str]:
    return [
        line.text for line in from_pyproject(parse_toml(text, NAME), NAME, choice).requirements
    ]


@pytest.mark.parametrize(
    ("dependency", "expected"),
    [
        ('six = "^1.16"', ["six>=1.16,<2.0"]),
        ('six = "*"', ["six"]),
        ('Six_x = { version = "~1.2", extras = ["B", "a"] }', ["six-x[a,b]>=1.2,<1.3"]),
        ('django = "^4.2 || ^5.0"', ["django>=4.2,<6.0"]),
        (
            'six = { version = "1.*", python = "<3.12", markers = "os_name == \'posix\'" }',
            ["six==1.* ; (os_name == 'posix') and (python_version < \"3.12\")"],
        ),
        ('six = { version = "1", platform = "win32" }', ['six==1 ; sys_platform == "win32"']),
        (
            'six = [{ version = "1.15.0", python = "<3.11" }, { version = "^1.16" }]',
            ['six==1.15.0 ; python_version < "3.11"', "six>=1.16,<2.0"],
        ),
        ('tool = { path = "libs/tool", develop = true }', ["./libs/tool"]),
        (
            'tool = { path = "libs", subdirectory = "tool", extras = ["x"] }',
            ["./libs/tool[x]"],
        ),
        (
            'six = { git = "https://git.example/six.git", tag = "v1", subdirectory = "src" }',
            ["six @ git+https://git.example/six.git@v1#subdirectory=src"],
        ),
        (
            'six = { git = "git@git.example:own/six.git", rev = "abc" }',
            ["six @ git+ssh://git@git.example/own/six.git@abc"],
        ),
        (
            'six = { url = "https://files.example/six.whl", python = ">=3.12" }',
            ['six @ https://files.example/six.whl ; python_version >= "3.12"'],
        ),
        ('six = { version = "1", optional = true }', []),
    ],
)
def test_a_dependency_becomes_a_line(dependency: str, expected: list[str]) -> None:
    text = TABLES.format(dependencies=dependency)
    assert lines(text) == expected


def test_lines_of_paths_have_the_name() -> None:
    text = TABLES.format(dependencies='tool = { path = "libs/tool" }')
    [line] = from_pyproject(parse_toml(text, NAME), NAME).requirements
    assert (line.name, line.local_path) == ("tool", "./libs/tool")


OF_KINDS = (
    TABLES.format(dependencies='six = "1.16"\nredis = { version = "5.0", optional = true }')
    + """
[tool.poetry.extras]
Cache = ["redis"]
[tool.poetry.dev-dependencies]
pytest = "8.0"
[tool.poetry.group.prod]
include-groups = ["web"]
[tool.poetry.group.prod.dependencies]
whitenoise = "6.0"
[dependency-groups]
web = ["gunicorn==23", { include-group = "base" }]
base = ["anyio==4"]
"""
)


@pytest.mark.parametrize(
    ("groups", "extras", "expected"),
    [
        (None, (), {"six==1.16"}),
        ((), (), {"six==1.16"}),
        (None, ("cache",), {"six==1.16", "redis==5.0"}),
        (("dev",), (), {"six==1.16", "pytest==8.0"}),
        (("web",), (), {"six==1.16", "gunicorn==23", "anyio==4"}),
        (("prod",), (), {"six==1.16", "gunicorn==23", "anyio==4", "whitenoise==6.0"}),
    ],
)
@pytest.mark.parametrize("is_package", [False, True])
def test_groups_and_extras_are_installed_if_they_are_chosen(
    groups: tuple[str, ...] | None,
    extras: tuple[str, ...],
    expected: set[str],
    *,
    is_package: bool,
) -> None:
    text = f"{OF_KINDS}\n[build-system]\nrequires = []\n" if is_package else OF_KINDS
    found = {*lines(text, Choice(groups=groups, extras=extras))}
    if is_package:  # the wheel tells the main dependencies
        expected = {
            *expected - {"six==1.16", "redis==5.0"},
            f".[{extras[0]}]" if extras else ".",
        }
    assert found == expected


def test_the_names_of_groups_and_extras_are_known() -> None:
    document = parse_toml(OF_KINDS, NAME)
    assert {*group_names(document)} == {"dev", "prod", "web", "base"}
    assert extra_names(document) == ("cache",)


def test_dependencies_of_project_count_instead_of_those_of_poetry() -> None:
    text = '[project]\ndependencies = ["six==1"]\n' + TABLES.format(dependencies='x = "1"')
    assert lines(text) == ["six==1"]


@pytest.mark.parametrize(
    ("dependency", "reason", "is_read_by_poetry"),
    [
        ('six = "latest"', "Invalid version", False),
        ("six = 1", "neither a version nor a table", False),
        ("six = { version = 1 }", "`version` is not a string", False),
        ('six = { extras = "x" }', "not a list of names", False),
        ("six = { markers = \"os_name = 'x'\" }", "", False),
        ('"a b" = "1"', "not the name of a package", False),
        ('six = "1.2 || 1.5"', "neither pip nor uv knows `||`", True),
        ('six = { git = "../six" }', "The repository is not at a URL", True),
    ],
)
def test_what_cannot_be_used_is_named(
    dependency: str, reason: str, *, is_read_by_poetry: bool
) -> None:
    with pytest.raises(PoetryDependencyInvalid) as raised:
        lines(TABLES.format(dependencies=dependency))
    assert reason in raised.value.reason
    assert raised.value.is_read_by_poetry is is_read_by_poetry
