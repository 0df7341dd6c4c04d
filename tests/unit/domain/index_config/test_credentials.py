"""The credentials of an index come from the variables of the tool that names it."""

from __future__ import annotations

import pytest

from slipway.domain.index_config.credentials import (
    addresses_of_indexes,
    credential_variables,
    with_credentials,
)
from slipway.domain.locks.brought import Index
from slipway.errors.fetching import IndexVariablesUnset

URL = "https://index.example/simple"


def index(tool: str, url: str = URL, name: str = "") -> Index:
    return Index(url=url, name=name, tool=tool)


@pytest.mark.parametrize(
    ("of", "variables"),
    [
        (
            index("uv", name="my-yard.2"),
            ("UV_INDEX_MY_YARD_2_USERNAME", "UV_INDEX_MY_YARD_2_PASSWORD"),
        ),
        (
            index("Poetry", name="yard"),
            ("POETRY_HTTP_BASIC_YARD_USERNAME", "POETRY_HTTP_BASIC_YARD_PASSWORD"),
        ),
        (index("uv"), ()),
        (index("pip", name="yard"), ()),
        (index("Pipenv", "https://$USER:${TOKEN}@h.example/$USER"), ("USER", "TOKEN")),
        (index("PDM", "https://$USER:${TOKEN}@h.example/"), ("TOKEN",)),
    ],
)
def test_each_tool_has_its_variables(of: Index, variables: tuple[str, ...]) -> None:
    assert credential_variables(of) == variables


@pytest.mark.parametrize("tool", ["uv", "Poetry"])
def test_the_variables_of_an_index_are_put_into_its_address(tool: str) -> None:
    yard = index(tool, name="yard")
    user, password = credential_variables(yard)
    assert with_credentials(yard, {user: "ci", password: "a/b"}) == (
        "https://ci:a%2Fb@index.example/simple"
    )
    assert with_credentials(yard, {password: "x"}) == "https://:x@index.example/simple"
    assert with_credentials(yard, {}) == URL


def test_variables_win_over_the_address() -> None:
    yard = index("uv", "https://old:one@index.example/simple", "yard")
    variables = {"UV_INDEX_YARD_USERNAME": "ci", "UV_INDEX_YARD_PASSWORD": "x"}
    assert with_credentials(yard, variables) == "https://ci:x@index.example/simple"
    assert with_credentials(yard, {}) == "https://old:one@index.example/simple"


def test_variables_in_an_address_are_filled_in() -> None:
    variables = {"TOKEN": "a@b", "PLACE": "team/simple"}
    address = "https://ci:${TOKEN}@h.example/${PLACE}"
    for tool in ("PDM", "Pipenv"):
        filled = with_credentials(index(tool, address), variables)
        assert filled == "https://ci:a%40b@h.example/team/simple"
    bare = index("Pipenv", "https://ci:$TOKEN@h.example/")
    assert with_credentials(bare, variables) == "https://ci:a%40b@h.example/"
    # uv takes them literally, and pip must not fill them in either.
    literal = with_credentials(index("uv", address), variables)
    assert literal == "https://ci:%24{TOKEN}@h.example/%24{PLACE}"


def test_variables_of_a_requirements_file_are_filled_in_as_by_pip() -> None:
    address = "https://ci:${TOKEN}@h.example/${place}/$TOKEN"
    filled = with_credentials(index("Slipway", address), {"TOKEN": "a%2Fb", "place": "no"})
    assert filled == "https://ci:a%2Fb@h.example/%24{place}/$TOKEN"


def test_unset_variables_are_named_without_the_password() -> None:
    address = "https://${NAME}:${TOKEN}-s3cret@h.example/"
    with pytest.raises(IndexVariablesUnset) as raised:
        with_credentials(index("PDM", address), {"NAME": "ci"}, (), "pdm.lock")
    assert raised.value.variables == ("TOKEN",)
    assert raised.value.file == "pdm.lock"
    assert "s3cret" not in raised.value.index


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("https://ci:x@index.example/other", "https://ci:x@index.example/simple"),
        ("https://ci:x@index.example:443/other", "https://ci:x@index.example/simple"),
        ("https://ci:x@index.example:8443/simple", URL),
        ("http://ci:x@index.example/simple", URL),
        ("https://ci:x@other.example/simple", URL),
        ("https://index.example/simple", URL),
        (
            "https://ci:x@index.example/a https://me:y@index.example/simple/b",
            "https://me:y@index.example/simple",
        ),
        ("http://[", URL),
        ("https://ci:x@index.example:no/simple", URL),
    ],
)
def test_an_index_of_the_builder_lends_its_credentials_to_the_same_host(
    known: str, expected: str
) -> None:
    assert with_credentials(index("pip"), {}, known.split()) == expected


def test_an_address_that_nobody_can_read_stays_as_it_is() -> None:
    assert with_credentials(index("uv", "http://[", "yard"), {}) == "http://["
    assert with_credentials(index("uv", "https://h.example:no/"), {}, [URL]) == (
        "https://h.example:no/"
    )


def test_the_builder_sets_indexes_in_variables_and_settings() -> None:
    variables = {
        "UV_INDEX": "yard=https://a.example/ https://b.example/x=y",
        "UV_DEFAULT_INDEX": "https://c.example/",
        "UV_INDEX_URL": "https://d.example/",
        "UV_EXTRA_INDEX_URL": "https://e.example/",
    }
    assert {*addresses_of_indexes(["https://f.example/ https://g.example/"], variables)} == {
        *(f"https://{letter}.example/" for letter in "acdefg"),
        "https://b.example/x=y",
    }
