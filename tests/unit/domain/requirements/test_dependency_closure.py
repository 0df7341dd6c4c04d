"""Requirements are followed from package to package without an index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements.dependency_closure import (
    DependencyClosure,
    dependency_closure,
    direct_references,
    missing_offline,
)
from slipway.errors.dependencies import RequiredPackage
from unit.samples import PYTHON, plan_of, requested, required, serving, tree

MARKERS = PYTHON.markers


HASH = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class Wheel:
    version: str
    source: str
    requires: tuple[str, ...] = ()


def closure(*requirements: str, **available: tuple[str, ...]) -> DependencyClosure:
    """Follow requirements of an app; `available` has a version and its requirements by name."""
    wheels = {
        name.replace("_", "-"): Wheel(version, f"vendor/{name}", tuple(requires))
        for name, (version, *requires) in available.items()
    }
    pairs = [("requirements.txt:1", text) for text in requirements]
    return dependency_closure(required(*pairs), wheels, MARKERS)


def pairs(requirements: Iterable[RequiredPackage]) -> list[tuple[str, str]]:
    return [(one.requirement, one.required_by) for one in requirements]


def test_requirements_are_followed_to_their_end() -> None:
    found = closure("acme>=1", acme=("1.2", "rules", "tides>=2"), rules=("1.0",), spare=("1",))
    assert found.required == {"acme", "rules"}
    assert pairs(found.missing) == [("tides>=2", "vendor/acme")]


@pytest.mark.parametrize("text", ["Acme.Core", "acme_core>=1", "ACME-core[web]", "acme--core"])
def test_a_name_may_be_spelled_in_any_way(text: str) -> None:
    found = closure(text, acme_core=("1.0",))
    assert found.required == {"acme-core"}
    assert not found.missing


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
def test_a_version_satisfies_the_same_requirements_as_for_pip(text: str, version: str) -> None:
    assert closure(text, acme=(version,)).required == {"acme"}


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("acme>=2", "acme>=2"),
        ("Acme[web]>=2; python_version>'3'", "Acme[web]>=2"),
        ("acme!=1.5", "acme!=1.5"),
        ("acme === 1.5.0", "acme===1.5.0"),
    ],
)
def test_a_requirement_for_another_version_is_missing(text: str, bare: str) -> None:
    found = closure(text, acme=("1.5",))
    assert found.required == frozenset()
    assert pairs(found.missing) == [(bare, "requirements.txt:1")]


def test_requirements_for_other_pythons_are_not_followed() -> None:
    found = closure(
        "acme; python_version < '3'",
        "rules; python_full_version == '3.13.1'",
        rules=("1.0", "old; sys_platform == 'win32'", "new; python_version >= '3.13'"),
    )
    assert found.required == {"rules"}
    assert pairs(found.missing) == [("new", "vendor/rules")]


def test_an_extra_is_followed_only_if_it_is_requested() -> None:
    acme = ("1.0", "flask; extra == 'web'", "plot; extra == 'Fancy_Plots'", "six")
    assert pairs(closure("acme", acme=acme).missing) == [("six", "vendor/acme")]
    requested_extras = closure("acme[WEB,fancy.plots]", acme=acme)
    assert [text for text, _ in pairs(requested_extras.missing)] == ["flask", "plot", "six"]


def test_an_extra_may_be_requested_by_another_package() -> None:
    found = closure(
        "acme",
        "tools",
        acme=("1.0",),
        tools=("1.0", "acme[web]"),
        extras=("1.0",),
    )
    assert pairs(found.missing) == []
    web = closure(
        "acme", "tools", acme=("1.0", "flask; extra=='web'"), tools=("1", "acme[web]")
    )
    assert pairs(web.missing) == [("flask", "vendor/acme")]


def test_an_extra_of_an_extra_is_followed() -> None:
    acme = ("1.0", "acme[web]; extra == 'all'", "flask; extra == 'web'")
    assert pairs(closure("acme[all]", acme=acme).missing) == [("flask", "vendor/acme")]


def test_circular_requirements_are_followed_once() -> None:
    found = closure("acme", acme=("1.0", "rules", "acme[web]"), rules=("1.0", "acme>=1"))
    assert found.required == {"acme", "rules"}
    assert not found.missing


def test_a_missing_requirement_is_reported_once_with_its_origin() -> None:
    found = closure("six", "acme", "six>=1", acme=("1.0", "six", "six>=1"))
    assert pairs(found.missing) == [
        ("six", "requirements.txt:1"),
        ("six>=1", "requirements.txt:1"),
    ]


@pytest.mark.parametrize("text", ["", "not a requirement!", "${NAME}", "six==latest"])
def test_an_invalid_requirement_is_left_to_pip(text: str) -> None:
    assert closure(text) == DependencyClosure()


def missing(plan: BuildPlan, *wheels: Wheel) -> list[tuple[str, str]]:
    """Return what is missing offline if these wheels are vendored."""
    vendored = {wheel.source.rpartition("/")[2]: wheel for wheel in wheels}
    return pairs(missing_offline(plan, vendored, MARKERS))


ACME = Wheel("1.0", "vendor/acme", ("rules>=2", "flask; extra == 'web'"))
RULES = Wheel("2.1", "vendor/rules")


def test_an_app_with_all_its_requirements_misses_nothing() -> None:
    assert missing(plan_of("acme>=1\n"), ACME, RULES) == []


def test_an_app_that_requires_nothing_misses_nothing() -> None:
    assert missing(plan_of()) == []


def test_each_missing_requirement_is_named_with_its_line() -> None:
    plan = serving(plan_of(f"# web\nDjango>=5\nsix==1.17.0 --hash={HASH}\nacme\n"))
    assert missing(plan, ACME) == [
        ("Django>=5", "requirements.txt:2"),
        ("six==1.17.0", "requirements.txt:3"),
        ("gunicorn", "the default web process"),
        ("rules>=2", "vendor/acme"),
    ]


def test_a_vendored_package_counts_even_if_no_line_names_it() -> None:
    assert missing(plan_of(), ACME) == [("rules>=2", "vendor/acme")]


@pytest.mark.parametrize(
    "text",
    [
        "./vendor/acme[web]",
        "-e ./vendor/acme[web]",
        "acme[web] @ file:vendor/acme",
        './vendor/acme[web] ; python_version >= "3.10"',
    ],
)
def test_an_extra_of_a_path_is_followed(text: str) -> None:
    plan = plan_of(text, requested(tree("vendor/acme"), text))
    assert missing(plan, ACME, RULES) == [("flask", "vendor/acme")]


def test_an_extra_of_a_name_is_followed() -> None:
    assert missing(plan_of("acme[web]"), ACME, RULES) == [("flask", "vendor/acme")]


def test_an_extra_of_an_address_is_followed() -> None:
    """The package is vendored, so the address is not used."""
    text = "acme[web] @ git+https://h.example/acme"
    assert missing(plan_of(text), ACME, RULES) == [("flask", "vendor/acme")]


def test_an_extra_for_another_python_is_not_followed() -> None:
    text = "./vendor/acme[web] ; python_version < '3'"
    plan = plan_of(text, requested(tree("vendor/acme"), text, "./vendor/acme"))
    assert missing(plan, ACME, RULES) == []


def test_missing_addresses_are_named_without_credentials() -> None:
    text = "x @ https://user:s3cret@h.example/x.zip\ngit+https://h.example/r.git\n"
    assert missing(plan_of(text)) == [
        ("x @ https://****@h.example/x.zip", "requirements.txt:1"),
        ("git+https://h.example/r.git", "requirements.txt:2"),
    ]


@pytest.mark.parametrize(
    "text", ["x @ https://h.example/x.zip", "x", "git+https://h.example/x"]
)
def test_requirements_for_other_pythons_are_not_missing(text: str) -> None:
    assert missing(plan_of(f"{text} ; python_version < '3'")) == []


def test_a_vendored_version_that_does_not_fit_is_left_to_the_resolver() -> None:
    assert missing(plan_of("acme>=9\n"), ACME, RULES) == []


@pytest.mark.parametrize(
    ("option", "may_have_it"),
    [
        ("--find-links wheels", True),
        ("-f ./wheels", True),
        ("--find-links vendor", False),
        ("--pre", False),
    ],
)
def test_a_find_links_folder_may_have_the_missing_packages(
    option: str, *, may_have_it: bool
) -> None:
    assert missing(plan_of(f"{option}\nsix\n")) == (
        [] if may_have_it else [("six", "requirements.txt:2")]
    )


def test_direct_references_of_vendored_packages_are_found() -> None:
    address = "tides @ git+https://h.example/tides"
    wheels = {"acme": Wheel("1.0", "vendor/acme", (address, "rules @ https://h.example/r.zip"))}
    wheels["rules"] = RULES
    assert pairs(direct_references(plan_of("six"), wheels, MARKERS)) == [
        (address, "vendor/acme")
    ]
