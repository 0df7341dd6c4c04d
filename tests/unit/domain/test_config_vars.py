"""Config variables reach the processes of a build, except for dangerous ones."""

from __future__ import annotations

import pytest

from slipway.domain.config_vars import REFUSED, combine


def test_config_variables_override_the_builders_variables() -> None:
    made = combine(
        {"PATH": "/usr/bin", "HOME": "/root", "PIP_INDEX_URL": "https://builder.example"},
        {"PIP_INDEX_URL": "https://app.example", "SECRET_KEY": "x"},
    )
    assert made.variables == {
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin",
        "HOME": "/root",
        "PIP_INDEX_URL": "https://app.example",
        "SECRET_KEY": "x",
    }
    assert made.refused == {}


@pytest.mark.parametrize(
    ("builder", "config_vars", "expected"),
    [
        ({}, {}, "C.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, {}, "de_DE.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, {"LANG": "fr_FR.UTF-8"}, "fr_FR.UTF-8"),
    ],
)
def test_the_default_locale_is_utf8(
    builder: dict[str, str], config_vars: dict[str, str], expected: str
) -> None:
    assert combine(builder, config_vars).variables["LANG"] == expected


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_dangerous_config_variable_is_refused_with_a_reason(name: str) -> None:
    made = combine({"PATH": "/usr/bin", "HOME": "/root"}, {name: "/evil"})
    assert "/evil" not in made.variables.values()
    assert made.refused[name].startswith(("it would ", "the platform "))


@pytest.mark.parametrize("name", ["A-B", "1A", "A B", "", "Ä"])
def test_a_name_that_is_not_valid_in_a_shell_is_refused(name: str) -> None:
    made = combine({}, {name: "x"})
    assert (set(made.variables), set(made.refused)) == ({"LANG"}, {name})


@pytest.mark.parametrize(
    ("name", "passed_on"),
    [
        ("PATH", True),
        ("HOME", True),
        ("LC_ALL", True),
        ("https_proxy", True),
        ("NO_PROXY", True),
        ("PIP_EXTRA_INDEX_URL", True),
        ("SSL_CERT_FILE", True),
        ("STACK", True),
        ("PIP_TARGET", False),
        ("PYTHONPATH", False),
        ("LD_PRELOAD", False),
        ("VIRTUAL_ENV", False),
        ("GIT_DIR", False),
        ("BUILDER_TOKEN", False),
    ],
)
def test_only_some_of_the_builders_variables_are_passed_on(
    name: str, *, passed_on: bool
) -> None:
    assert (name in combine({name: "x"}, {}).variables) is passed_on
