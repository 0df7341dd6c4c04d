"""Packages whose place something else has taken are named, with what to do."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.superseded import superseded, why_superseded


def names(text: str) -> list[str]:
    return [one.name for one in superseded(read_lines(text, "requirements.txt", {}))]


def test_requirements_of_an_old_app() -> None:
    text = "Django==1.4.1\nSouth==0.7.6\ndistribute==0.6.28\nwsgiref==0.1.2\nPIL==1.1.7\n"
    found = [*superseded(read_lines(text, "requirements.txt", {}))]
    assert [(one.name, one.replacement, one.never_installs) for one in found] == [
        ("South", "", False),
        ("distribute", "", True),
        ("wsgiref", "", True),
        ("PIL", "Pillow", False),
    ]


@pytest.mark.parametrize(
    "line",
    [
        'functools32==3.2.3; python_version < "3"',
        "distribute==0.7.3",
        "distribute",
        "-e git+https://github.com/example/wsgiref.git#egg=wsgiref",
        "setuptools==80.0",
    ],
)
def test_requirements_that_may_be_needed(line: str) -> None:
    assert names(line) == []


def test_hashes_may_follow_a_requirement() -> None:
    assert names(f"wsgiref==0.1.2 --hash=sha256:{'0' * 64}") == ["wsgiref"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("WSGIRef", "Python itself has WSGIRef"),
        ("MySQL_python", "mysqlclient has replaced MySQL_python"),
        ("Django", ""),
        (
            "pkg_resources",
            "Ubuntu's `pip freeze` lists pkg_resources, which no index has and no app needs",
        ),
        ("anyjson", "Python itself has json, which replaces anyjson"),
    ],
)
def test_why_a_package_is_not_needed(name: str, reason: str) -> None:
    assert why_superseded(name) == reason
