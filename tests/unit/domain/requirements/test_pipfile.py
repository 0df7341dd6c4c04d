"""A Pipfile without a lock becomes lines of requirements, as Pipenv would pass them to pip."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from slipway.domain.locks.brought import NO_CHOICE, Choice
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.pipfile import (
    entry_marker,
    from_pipfile,
    group_names,
    required_python,
    specifier,
)
from slipway.domain.toml_text import parse_toml
from slipway.errors.addresses import AddressUnusable
from slipway.errors.app import FileNotToml
from slipway.errors.dependencies import RequirementInvalid

SOURCES = """\
[[source]]
name = "main"
url = "https://$IX_USER:${IX_PASS}@index.example/simple"
verify_ssl = false
[[source]]
name = "own"
url = "https://own.example/simple"
"""
VARIABLES = {"IX_USER": "u", "IX_PASS": "p"}


def read(
    text: str,
    choice: Choice = NO_CHOICE,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Dependencies:
    return from_pipfile(text, "Pipfile", choice, environment)


def line_of(entry: str) -> str:
    [line] = read(f"[packages]\nsix = {entry}\n").requirements
    return line.text


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("'*'", "six"),
        ("''", "six"),
        ("'>=1,<2'", "six>=1,<2"),
        ("'~=1.4'", "six~=1.4"),
        ("'1.16'", "six==1.16"),
        ("{version = '*'}", "six"),
        ("{version = '1.16', extras = ['b', 'a']}", "six[a,b]==1.16"),
        ("{extras = ['a']}", "six[a]"),
        (
            "{version = '*', markers = \"os_name == 'nt'\"}",
            "six ; os_name == 'nt'",
        ),
        (
            "{version = '*', sys_platform = \"== 'win32'\", python_version = \"< '3.9'\"}",
            "six ; (python_version < '3.9') and (sys_platform == 'win32')",
        ),
        ("'git+https://git.example/six@main'", "six @ git+https://git.example/six@main"),
        ("{git = 'https://git.example/six'}", "six @ git+https://git.example/six"),
        (
            "{git = 'ssh://git@git.example/six.git', ref = 'v1', subdirectory = 'a'}",
            "six @ git+ssh://git@git.example/six.git@v1#subdirectory=a",
        ),
        (
            "{git = 'git@git.example:own/six.git', editable = true, extras = ['a']}",
            "six[a] @ git+ssh://git@git.example/own/six.git",
        ),
        (
            "{git = 'git+https://git.example/six@v1#egg=six'}",
            "six @ git+https://git.example/six@v1",
        ),
        ("{path = '.', editable = true}", "-e ."),
        ("{path = 'libs/six', extras = ['a']}", "./libs/six[a]"),
        (
            "{path = './six.whl', sys_platform = \"== 'linux'\"}",
            "./six.whl ; sys_platform == 'linux'",
        ),
        ("{file = 'file:./six.tar.gz'}", "./six.tar.gz"),
        (
            "{file = 'https://files.example/six.whl'}",
            "six @ https://files.example/six.whl",
        ),
    ],
)
def test_an_entry_becomes_a_line(entry: str, expected: str) -> None:
    assert line_of(entry) == expected


def test_a_line_has_its_name_and_number() -> None:
    found = read("# first\n[packages]\nDjango = '>=5'\n'zope.event' = {path = 'libs/e'}\n")
    assert [(line.name, line.place) for line in found.requirements] == [
        ("django", "Pipfile:3"),
        ("zope-event", "Pipfile:4"),
    ]
    table = read("[packages.django]\nversion = '>=5'\n")
    assert [line.place for line in table.requirements] == ["Pipfile"]


def test_variables_are_filled_in() -> None:
    text = "[packages]\nsix = {git = 'https://$WORD@git.example/six'}\n"
    [line] = read(text, environment={"WORD": "secret"}).requirements
    assert line.value == "git+https://secret@git.example/six"
    assert "secret" not in line.text


def test_only_packages_and_chosen_categories_count() -> None:
    text = "[packages]\na = '*'\n[dev-packages]\nb = '*'\n[Web_Server]\nc = '*'\n"
    text += "[scripts]\nd = 'e'\n"

    def names(choice: Choice) -> list[str | None]:
        return [line.name for line in read(text, choice).requirements]

    assert group_names(parse_toml(text, "Pipfile")) == ("dev-packages", "web-server")
    assert names(NO_CHOICE) == ["a"]
    assert names(Choice(groups=("web-server", "dev-packages"))) == ["a", "b", "c"]


def options(text: str, environment: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    return [line.text for line in read(text, environment=environment).options]


def test_the_first_source_is_the_index_unless_the_builder_sets_one() -> None:
    assert options(SOURCES, VARIABLES) == [
        "--index-url https://${IX_USER}:${IX_PASS}@index.example/simple",
        "--trusted-host index.example",
    ]
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        assert options(SOURCES, {name: "https://mirror.example/simple"}) == []


def test_settings_become_options() -> None:
    text = "[pipenv]\nallow_prereleases = true\n[packages]\nSix = {no_binary = true}\n"
    assert options(text) == ["--pre", "--no-binary six"]


def test_a_package_of_another_index_keeps_it() -> None:
    text = (
        f"{SOURCES}[packages]\na = {{version = '*', index = 'main'}}\nB = {{index = 'own'}}\n"
    )
    [unused] = read(text, environment=VARIABLES).unused_sources
    assert unused.source.name == "b"
    error = unused.error
    assert (error.tool, error.table, error.file) == ("Pipenv", "[packages]", "Pipfile")
    assert error.declaration == 'B = { index = "own" }'


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("", ""),
        ("python_version = '*'", ""),
        ("python_version = '3.12'", "3.12"),
        ("python_full_version = '3.12.1'\npython_version = '3.12'", "3.12.1"),
        ("python_full_version = '3.12.1'\npython_version = '3.11'", "==3.11.*,==3.12.1"),
        ("python_full_version = '>=3.12.1'\npython_version = '3.12'", "==3.12.*,>=3.12.1"),
        ("python_full_version = '3.12.1'\npython_version = 'three'", "3.12.1"),
        ("python_full_version = '*'\npython_version = '3.12'", "3.12"),
        ("python_full_version = ['3']\npython_version = '3.12'", "['3']"),
        ("python_version = 'three'", "three"),
    ],
)
def test_a_pipfile_may_require_a_python(requires: str, expected: str) -> None:
    assert read(f"[requires]\n{requires}\n").requires_python == expected


def test_values_of_any_type_are_read() -> None:
    assert required_python({"python_version": 3.12}) == "==3.12.*"
    assert entry_marker({"markers": 3, "sys_platform": ["x"]}) == ""
    assert specifier(3.4) == ""


@pytest.mark.parametrize(
    "entry",
    [
        "3.4",
        "['1']",
        "{version = 3}",
        "{extras = 'a'}",
        "{git = '/srv/six'}",
        "{version = '1 or 2'}",
        "{version = '*', markers = 'when'}",
        '"""1\\n--index-url https://other.example"""',
    ],
)
def test_an_entry_that_pip_could_not_read_is_named(entry: str) -> None:
    with pytest.raises(RequirementInvalid) as caught:
        line_of(entry)
    assert (caught.value.file, caught.value.line) == ("Pipfile", 2)


@pytest.mark.parametrize("name", ["'-r other.txt'", "'a b'", "''"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(RequirementInvalid):
        read(f"[packages]\n{name} = '*'\n")


def test_errors_of_the_text_are_those_of_the_project() -> None:
    with pytest.raises(FileNotToml):
        read("[packages\n")
    with pytest.raises(AddressUnusable):
        read("[[source]]\nurl = 'https://u:a#b@index.example/simple'\n")
    assert read("packages = 3\nsource = [1]\n").requirements == ()
