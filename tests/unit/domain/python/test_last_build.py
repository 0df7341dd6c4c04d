"""A cache remembers which Python each app has used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.python.last_build import (
    LastBuild,
    most_similar,
    parse,
    remember,
    render,
)

SHOP = LastBuild(
    minor="3.12",
    requested=".python-version",
    names=frozenset({"django", "gunicorn", "psycopg2-binary"}),
    digest="ab",
    fitting=frozenset({"psycopg2-binary==2.9.9"}),
    excluded=("3.12.1",),
)
WIKI = replace(SHOP, minor="3.11", names=frozenset({"flask", "gunicorn"}), digest="cd")
BARE = replace(SHOP, names=frozenset(), digest="ef")
STOOD_IN = replace(SHOP, stand_in="3.11")
"""A build that used 3.11, because 3.12 could not be downloaded."""


def test_builds_are_read_as_they_were_written() -> None:
    assert parse(render([SHOP, WIKI])) == (SHOP, WIKI)
    nothing_own = replace(STOOD_IN, minor="")
    assert parse(render([STOOD_IN, nothing_own])) == (STOOD_IN, nothing_own)
    assert render([SHOP]) == render(parse(render([SHOP])))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "7",
        '{"minor": "3.12"}',
        "[1, null, []]",
        render([replace(SHOP, minor="4.1")]),
        render([replace(SHOP, minor="3.x")]),
        render([replace(SHOP, minor="")]),
        render([replace(STOOD_IN, minor="3.x")]),
        render([SHOP]).replace('"ab"', "[]"),
        render([SHOP]).replace('["psycopg2-binary==2.9.9"]', "7"),
    ],
)
def test_whatever_else_is_in_the_file_does_not_count(text: str) -> None:
    assert parse(text) == ()


def test_builds_of_other_slipways_have_used_the_python_of_the_app() -> None:
    text = render([SHOP])
    assert parse(text.replace(', "stand_in": ""', "")) == (SHOP,)
    assert parse(text.replace('"stand_in": ""', '"stand_in": "x"')) == (SHOP,)


def test_the_python_that_stood_in_for_another_is_the_one_that_was_used() -> None:
    assert (SHOP.used, STOOD_IN.used) == ("3.12", "3.11")
    assert SHOP.as_it_was() == SHOP
    assert STOOD_IN.as_it_was() == replace(SHOP, minor="3.11", excluded=())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("django gunicorn psycopg2-binary", SHOP),
        ("django gunicorn", SHOP),
        ("django gunicorn psycopg2-binary redis whitenoise sentry-sdk", SHOP),
        ("django gunicorn psycopg2-binary redis whitenoise sentry-sdk boto3", None),
        ("flask gunicorn jinja2", WIKI),
        ("numpy", None),
        ("", BARE),
    ],
)
def test_an_app_is_recognized_by_half_of_its_packages(
    names: str, expected: LastBuild | None
) -> None:
    assert most_similar([SHOP, WIKI, BARE], frozenset(names.split())) == expected


def test_of_similar_builds_the_most_similar_or_else_the_last_counts() -> None:
    same = replace(SHOP, minor="3.13")
    assert most_similar([same, SHOP], SHOP.names) == same
    assert most_similar([replace(same, names=SHOP.names | {"redis"}), SHOP], SHOP.names) == SHOP


def test_one_build_of_each_app_is_remembered() -> None:
    newer = replace(SHOP, minor="3.13")
    assert remember(newer, [WIKI, SHOP]) == (newer, WIKI)
    many = [replace(SHOP, names=frozenset({str(number)})) for number in range(50)]
    assert len(remember(newer, many)) == 20


def test_a_build_replaces_the_one_that_it_went_on_from() -> None:
    newer = replace(SHOP, minor="3.13", names=SHOP.names | {"redis"})
    assert remember(newer, [WIKI, SHOP], SHOP) == (newer, WIKI)
    assert remember(newer, [WIKI, SHOP]) == (newer, WIKI, SHOP)
