"""Who requires what is told by file and line, and with the version that there is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from slipway.domain.requirements.conflicts import attributed_to, conflict, with_file_and_line
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.errors.vendored import VendoredVersionUnfit
from unit.samples import dependencies

APP = dependencies(
    "Zope.Interface[x]>=6\nidna>=2.5\nidna==2.4\n./vendor/acme\n",
    "attrs<20\n",
)


@pytest.mark.parametrize(
    ("required_by", "what", "expected"),
    [
        pytest.param(
            THE_APP, "zope-interface[x]>=6", "requirements.txt:1", id="another-spelling"
        ),
        pytest.param(THE_APP, "idna==2.4", "requirements.txt:3", id="the-line-that-says-this"),
        pytest.param(THE_APP, "idna", "requirements.txt:2", id="else-the-first"),
        pytest.param(THE_APP, "attrs<20", "constraints.txt:1", id="constraint"),
        pytest.param(THE_APP, "gunicorn", THE_APP, id="no-line-of-the-app"),
        pytest.param("requests 2.32", "idna>=2.5", "requests 2.32", id="another-package"),
    ],
)
def test_what_the_app_wants_is_told_by_its_line(
    required_by: str, what: str, expected: str
) -> None:
    assert with_file_and_line(((required_by, what),), APP) == ((expected, what),)


def test_the_place_where_pip_found_a_file_is_left_out() -> None:
    conflicting = (
        (THE_APP, "acme>=2"),
        (THE_APP, "acme (from file:///tmp/x/acme-1.0.whl, file:///tmp/y/acme-1.0.whl)"),
    )
    assert [what for _, what in with_file_and_line(conflicting, APP)] == ["acme>=2", "acme"]


def test_what_is_wanted_twice_by_one_is_told_once() -> None:
    conflicting = (("a 1", "idna>=2.5"), ("a 1", "idna>=2.5"), ("b 1", "idna>=2.5"))
    assert with_file_and_line(conflicting, APP) == (("a 1", "idna>=2.5"), ("b 1", "idna>=2.5"))


def test_what_a_build_wants_is_told_by_the_package_that_is_built() -> None:
    conflicting = (
        (THE_APP, "rules>=2"),
        (THE_APP, "rules (from file:///x)"),
        ("a 1", "rules<2"),
    )
    assert attributed_to(conflicting, "vendor/acme") == (
        ("vendor/acme", "rules>=2"),
        ("vendor/acme", "rules"),
        ("a 1", "rules<2"),
    )


@dataclass(frozen=True)
class Wheel:
    version: str
    source: str
    requires: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("what", "refuses"),
    [
        ("acme-core>=2", True),
        ("Acme_Core[web]<1", True),
        ("acme-core>=1", False),
        ("acme-core", False),
        ("other>=2", False),
        ("acme-core 1.5rc1", False),
        ("Python >=3.14", False),
    ],
)
def test_a_conflict_about_what_is_shipped_names_it_and_who_refuses_it(
    what: str, *, refuses: bool
) -> None:
    conflicting = (("somebody", what), ("else", "acme-core==1.*"), ("third", "six<2"))
    offers = {"six": Wheel("1.17", "vendor/six"), "acme-core": Wheel("1.5rc1", "vendor/core")}
    error = conflict(conflicting, offers)
    if refuses:
        assert isinstance(error, VendoredVersionUnfit)
        assert (error.name, error.version, error.path) == ("acme-core", "1.5rc1", "vendor/core")
        assert error.conflicting == (("somebody", what),)
        assert not error.is_guess
    else:
        assert isinstance(error, ResolutionConflict)
        assert error.conflicting == conflicting


def test_another_package_of_the_app_is_told_with_its_path() -> None:
    conflicting = (("tools 2.0", "acme>=2"), ("requests 2.32", "acme>=3"), ("tools", "acme>=4"))
    offers = {
        "acme": Wheel("1.0", "vendor/acme"),
        "tools": Wheel("2.0", "vendor/tools-2.0-py3-none-any.whl"),
    }
    assert [required_by for required_by, _ in conflict(conflicting, offers).conflicting] == [
        "tools 2.0 (vendor/tools-2.0-py3-none-any.whl)",
        "requests 2.32",
        "tools",
    ]


def test_a_version_that_nothing_said_is_told_as_a_guess() -> None:
    offers = {"acme": Wheel("0+vendored.0123456789ab", "vendor/acme")}
    error = conflict((("requirements.txt:1", "acme>=1"),), offers)
    assert isinstance(error, VendoredVersionUnfit)
    assert error.is_guess
