"""What pyproject.toml states is known before a build; what it leaves open is not."""

from __future__ import annotations

import pytest
from packaging.metadata import parse_email

from slipway.domain.stated_metadata import normal_requirement, stated_metadata
from slipway.domain.toml_text import parse_toml

NAMED = 'name = "Acme.Ledger"\nversion = "1.0.0-rc1"\n'


def test_all_that_is_stated_is_known() -> None:
    text = f"""{NAMED}
        dynamic = ["readme"]
        dependencies = ["Six >= 1.9", 'tides; python_version < "3.9" or sys_platform == "x"']
        [optional-dependencies]
        Post_Gres = ["psycopg", 'buoys; os_name == "nt"']
        none = []
        """
    stated = stated_metadata(parse_toml(text, "pyproject.toml"))
    assert stated is not None
    assert (stated.name, stated.version) == ("acme-ledger", "1.0.0rc1")
    assert stated.extras == ("post-gres", "none")
    assert stated.requires == (
        "Six>=1.9",
        'tides; python_version < "3.9" or sys_platform == "x"',
        'psycopg; extra == "post-gres"',
        'buoys; os_name == "nt" and extra == "post-gres"',
    )
    raw, unknown = parse_email(stated.text)
    assert not unknown
    assert (raw["name"], raw["version"]) == ("acme-ledger", "1.0.0rc1")
    assert tuple(raw["requires_dist"]) == stated.requires
    assert tuple(raw["provides_extra"]) == stated.extras


def test_a_marker_with_a_choice_holds_for_its_extra_alone() -> None:
    text = f'{NAMED}[optional-dependencies]\nx = [\'six; os_name == "a" or os_name == "b"\']'
    stated = stated_metadata(parse_toml(text, "pyproject.toml"))
    assert stated is not None
    assert stated.requires == ('six; (os_name == "a" or os_name == "b") and extra == "x"',)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="no-table"),
        pytest.param('name = "acme"', id="no-version"),
        pytest.param('version = "1.0"', id="no-name"),
        pytest.param(f'{NAMED}dynamic = ["dependencies"]', id="dependencies"),
        pytest.param(f'{NAMED}dynamic = ["optional-dependencies"]', id="extras"),
        pytest.param(f'{NAMED}dynamic = ["requires-python"]', id="python"),
        pytest.param('name = "acme"\ndynamic = ["version"]', id="version"),
        pytest.param(f'{NAMED}dynamic = "version"', id="dynamic-of-another-type"),
        pytest.param(f'{NAMED}dependencies = "six"', id="dependencies-of-another-type"),
        pytest.param(f"{NAMED}dependencies = [1]", id="a-dependency-of-another-type"),
        pytest.param(f'{NAMED}dependencies = ["six >>> 1"]', id="no-requirement"),
        pytest.param(f"{NAMED}optional-dependencies = []", id="extras-of-another-type"),
        pytest.param('name = "acme"\nversion = "one"', id="no-version-at-all"),
        pytest.param('name = "-"\nversion = "1"', id="no-name-at-all"),
    ],
)
def test_where_a_build_has_to_tell_nothing_is_known(text: str) -> None:
    assert stated_metadata(parse_toml(text, "pyproject.toml")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("six (>=1.9,<2)", "six<2,>=1.9"),
        ("six;extra=='x'", 'six; extra == "x"'),
        ("a[y,x]", "a[x, y]"),
    ],
)
def test_requirements_are_written_alike(one: str, other: str) -> None:
    assert normal_requirement(one) == normal_requirement(other)


def test_what_is_no_requirement_stays_as_it_is() -> None:
    assert normal_requirement("six >>> 1") == "six >>> 1"
