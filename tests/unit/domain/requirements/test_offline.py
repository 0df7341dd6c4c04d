"""What a build without an index lacks is named at once, with who needs it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements.offline import missing_offline
from unit.samples import PYTHON, plan_of, requested, serving, tree

HASH = "sha256:" + "ab" * 32


@dataclass(frozen=True)
class Wheel:
    version: str
    source: str
    requires: tuple[str, ...] = ()


def missing(plan: BuildPlan, *wheels: Wheel) -> list[tuple[str, str]]:
    """Give what is missing where these wheels are made of what the app ships."""
    offers = {wheel.source.rpartition("/")[2]: wheel for wheel in wheels}
    found = missing_offline(plan, offers, PYTHON.markers)
    return [(demand.requirement, demand.required_by) for demand in found]


ACME = Wheel("1.0", "vendor/acme", ("rules>=2", "flask; extra == 'web'"))
RULES = Wheel("2.1", "vendor/rules")


def test_an_app_that_has_all_it_needs_misses_nothing() -> None:
    assert missing(plan_of("acme>=1\n"), ACME, RULES) == []


def test_an_app_that_asks_for_nothing_misses_nothing() -> None:
    assert missing(plan_of()) == []


def test_all_that_is_missing_is_named_with_its_line_or_package() -> None:
    plan = serving(plan_of(f"# web\nDjango>=5\nsix==1.17.0 --hash={HASH}\nacme\n"))
    assert missing(plan, ACME) == [
        ("Django>=5", "requirements.txt:2"),
        ("six==1.17.0", "requirements.txt:3"),
        ("gunicorn", "the default web process"),
        ("rules>=2", "vendor/acme"),
    ]


def test_what_nothing_names_needs_its_own_too() -> None:
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


def test_an_extra_that_an_address_asks_for_is_followed() -> None:
    """The package is shipped, and nobody goes to the address."""
    text = "acme[web] @ git+https://h.example/acme"
    assert missing(plan_of(text), ACME, RULES) == [("flask", "vendor/acme")]


def test_an_extra_that_another_python_asks_for_is_not() -> None:
    text = "./vendor/acme[web] ; python_version < '3'"
    plan = plan_of(text, requested(tree("vendor/acme"), text, "./vendor/acme"))
    assert missing(plan, ACME, RULES) == []


def test_what_stands_at_an_address_is_missing_without_its_credentials() -> None:
    text = "x @ https://user:s3cret@h.example/x.zip\ngit+https://h.example/r.git\n"
    assert missing(plan_of(text)) == [
        ("x @ https://****@h.example/x.zip", "requirements.txt:1"),
        ("git+https://h.example/r.git", "requirements.txt:2"),
    ]


@pytest.mark.parametrize(
    "text", ["x @ https://h.example/x.zip", "x", "git+https://h.example/x"]
)
def test_what_another_python_needs_is_not_missing(text: str) -> None:
    assert missing(plan_of(f"{text} ; python_version < '3'")) == []


def test_another_version_is_left_for_the_resolver_to_tell_in_full() -> None:
    assert missing(plan_of("acme>=9\n"), ACME, RULES) == []


@pytest.mark.parametrize(
    ("option", "is_silent"),
    [
        ("--find-links wheels", True),
        ("-f ./wheels", True),
        ("--find-links vendor", False),
        ("--pre", False),
    ],
)
def test_nothing_is_said_where_another_folder_may_have_it(
    option: str, *, is_silent: bool
) -> None:
    assert missing(plan_of(f"{option}\nsix\n")) == (
        [] if is_silent else [("six", "requirements.txt:2")]
    )
