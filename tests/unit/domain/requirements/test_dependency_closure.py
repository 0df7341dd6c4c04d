"""Demands are followed from package to package, as a resolver would, without an index."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from slipway.domain.requirements.dependency_closure import (
    DependencyClosure,
    RequiredPackage,
    dependency_closure,
    holds,
)
from unit.samples import PYTHON

MARKERS = PYTHON.markers


@dataclass(frozen=True)
class AvailableDistribution:
    version: str
    source: str
    requires: tuple[str, ...] = ()


def closure(*requirements: str, **offers: tuple[str, ...]) -> DependencyClosure:
    """Follow what an app asks for; an offer is its version and what it requires."""
    found = {
        name.replace("_", "-"): AvailableDistribution(
            version, f"vendor/{name}", tuple(requires)
        )
        for name, (version, *requires) in offers.items()
    }
    demands = [
        RequiredPackage(requirement=text, required_by="requirements.txt:1")
        for text in requirements
    ]
    return dependency_closure(demands, found, MARKERS)


def unmet(found: DependencyClosure) -> list[tuple[str, str]]:
    return [(demand.requirement, demand.required_by) for demand in found.unmet]


def test_what_is_needed_is_followed_to_its_end() -> None:
    found = closure("acme>=1", acme=("1.2", "rules", "tides>=2"), rules=("1.0",), spare=("1",))
    assert found.met == {"acme", "rules"}
    assert unmet(found) == [("tides>=2", "vendor/acme")]


@pytest.mark.parametrize("text", ["Acme.Core", "acme_core>=1", "ACME-core[web]", "acme--core"])
def test_a_name_may_be_spelled_in_any_way(text: str) -> None:
    found = closure(text, acme_core=("1.0",))
    assert found.met == {"acme-core"}
    assert not found.unmet


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("acme>=1", "2.0rc1"),
        ("acme", "1.0.dev3"),
        ("acme==1.*", "1.5"),
        ("acme~=1.4", "1.5"),
        ("acme==1.5", "1.5+local"),
        ("acme<1", "0+vendored.0123456789ab"),
        ("acme (>=1.0)", "1.5"),
        ("acme @ https://h.example/acme.zip", "1.5"),
    ],
)
def test_a_version_that_is_there_is_taken_wherever_pip_could(text: str, version: str) -> None:
    assert closure(text, acme=(version,)).met == {"acme"}


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("acme>=2", "acme>=2"),
        ("Acme[web]>=2; python_version>'3'", "Acme[web]>=2"),
        ("acme!=1.5", "acme!=1.5"),
        ("acme === 1.5.0", "acme===1.5.0"),
    ],
)
def test_another_version_than_the_one_there_is_is_unmet(text: str, bare: str) -> None:
    found = closure(text, acme=("1.5",))
    assert found.met == frozenset()
    assert unmet(found) == [(bare, "requirements.txt:1")]
    assert found.unmet[0].name == "acme"


def test_what_another_python_needs_is_not_followed() -> None:
    found = closure(
        "acme; python_version < '3'",
        "rules; python_full_version == '3.13.1'",
        rules=("1.0", "old; sys_platform == 'win32'", "new; python_version >= '3.13'"),
    )
    assert found.met == {"rules"}
    assert unmet(found) == [("new", "vendor/rules")]


def test_an_extra_is_followed_only_where_it_is_asked_for() -> None:
    acme = ("1.0", "flask; extra == 'web'", "plot; extra == 'Fancy_Plots'", "six")
    assert unmet(closure("acme", acme=acme)) == [("six", "vendor/acme")]
    asked = closure("acme[WEB,fancy.plots]", acme=acme)
    assert [text for text, _ in unmet(asked)] == ["flask", "plot", "six"]


def test_an_extra_may_be_asked_for_on_the_way() -> None:
    found = closure(
        "acme",
        "tools",
        acme=("1.0",),
        tools=("1.0", "acme[web]"),
        extras=("1.0",),
    )
    assert unmet(found) == []
    web = closure(
        "acme", "tools", acme=("1.0", "flask; extra=='web'"), tools=("1", "acme[web]")
    )
    assert unmet(web) == [("flask", "vendor/acme")]


def test_an_extra_of_an_extra_is_followed() -> None:
    all_of_it = ("1.0", "acme[web]; extra == 'all'", "flask; extra == 'web'")
    assert unmet(closure("acme[all]", acme=all_of_it)) == [("flask", "vendor/acme")]


def test_a_circle_comes_to_an_end() -> None:
    found = closure("acme", acme=("1.0", "rules", "acme[web]"), rules=("1.0", "acme>=1"))
    assert found.met == {"acme", "rules"}
    assert not found.unmet


def test_what_is_missing_is_named_once_with_the_first_who_needs_it() -> None:
    found = closure("six", "acme", "six>=1", acme=("1.0", "six", "six>=1"))
    assert unmet(found) == [("six", "requirements.txt:1"), ("six>=1", "requirements.txt:1")]


@pytest.mark.parametrize("text", ["", "not a requirement!", "${NAME}", "six==latest"])
def test_what_cannot_be_read_is_left_for_pip_to_complain_of(text: str) -> None:
    assert closure(text) == DependencyClosure()


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ("python_version >= '3.13'", True),
        ("python_version < '3.13'", False),
        ("implementation_name == 'cpython' and python_full_version == '3.13.1'", True),
        ("sys_platform == 'linux'", True),
        ("extra == 'web'", False),
    ],
)
def test_a_marker_is_held_against_the_apps_python(marker: str, *, expected: bool) -> None:
    assert holds(marker, MARKERS) is expected
