"""pip's settings are read and combined as pip does: the last one has priority."""

from __future__ import annotations

import configparser
import getopt

import pytest

from slipway.domain.index_config.pip_settings import (
    IndexConfig,
    effective_config,
    forbids_indexes,
    from_files,
    from_lines,
    from_variables,
)

ONE, TWO, THREE = "https://one.example/", "https://two.example/", "https://three.example/"


def found(*files: str, lines: str = "", **variables: str) -> IndexConfig:
    named = [(f"/etc/{number}.conf", text) for number, text in enumerate(files)]
    settings = [*from_files(named), *from_variables(variables)]
    return effective_config(settings, from_lines(lines, variables))


def test_without_settings_the_default_index_is_used() -> None:
    assert found() == IndexConfig(indexes=("",))


def test_later_files_override_earlier_ones_and_variables_override_all() -> None:
    first, second = (f"[global]\nindex-url = {address}\n" for address in (ONE, TWO))
    assert found(first, second).indexes == (TWO,)
    assert found(first, second, PIP_INDEX_URL=THREE).indexes == (THREE,)


def test_the_section_of_the_command_wins() -> None:
    first = f"[install]\nindex-url = {ONE}\n"
    assert found(first, f"[global]\nindex-url = {TWO}\n").indexes == (ONE,)


def test_sections_of_other_commands_are_ignored() -> None:
    assert found("[freeze]\nindex-url = https://other.example/\n").indexes == ("",)


@pytest.mark.parametrize("name", ["extra-index-url", "extra_index_url", "--extra-index-url"])
def test_a_value_may_list_several_addresses(name: str) -> None:
    assert found(f"[global]\n{name} =\n    {ONE}\n    {TWO}\n").indexes == ("", ONE, TWO)


def test_a_list_in_a_variable_replaces_that_of_a_file() -> None:
    text = f"[global]\nextra-index-url = {ONE}\n"
    assert found(text, PIP_EXTRA_INDEX_URL=f"{TWO} {THREE}").indexes == ("", TWO, THREE)


def test_empty_settings_are_ignored() -> None:
    text = f"[global]\nindex-url = {ONE}\nfind-links =\n"
    assert found(text, PIP_INDEX_URL="", PIP_NO_INDEX="") == found(text)


def test_an_index_in_the_requirements_replaces_all_the_others() -> None:
    lines = f"--index-url {TWO}\n--extra-index-url={THREE}\n"
    assert found(PIP_EXTRA_INDEX_URL=ONE, lines=lines).indexes == (TWO, THREE)
    assert found(PIP_INDEX_URL=ONE, lines=f"-i {TWO} --extra-index-url {THREE}\n").indexes == (
        TWO,
        THREE,
    )


def test_folders_in_the_requirements_are_added() -> None:
    lines = "--find-links '/a b'\n-f /c # why\n"
    assert found(PIP_FIND_LINKS="/d /e", lines=lines).find_links == ("/d", "/e", "/a b", "/c")


def test_no_index_wins_wherever_it_is_set() -> None:
    assert found(PIP_NO_INDEX="1", lines=f"--index-url {ONE}\n").indexes == ()
    assert found(PIP_INDEX_URL=ONE, lines="--no-index\n").indexes == ()
    assert found(PIP_NO_INDEX="false", PIP_INDEX_URL=ONE).indexes == (ONE,)


def test_variables_in_the_requirements_are_filled_in() -> None:
    lines = "--extra-index-url https://u:${KEY_1}@h.example/\n"
    assert found(KEY_1="x", lines=lines).indexes == ("", "https://u:x@h.example/")


def test_no_binary_and_only_binary_override_each_other() -> None:
    """See https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-only-binary."""
    both = found(PIP_NO_BINARY=":all:", lines="--only-binary numpy,pandas\n")
    assert both.no_binary == {":all:"}
    assert both.only_binary == {"numpy", "pandas"}
    swapped = found(PIP_NO_BINARY="numpy", lines="--only-binary=:all:\n")
    assert not swapped.no_binary
    assert swapped.only_binary == {":all:"}
    assert found(PIP_NO_BINARY="a,:none:,b").no_binary == {"b"}


def test_pre_releases_are_allowed_for_all_or_some() -> None:
    assert found(PIP_PRE="1").releases == {":all:": True}
    assert found(PIP_PRE="0").releases == {}
    some = found(PIP_ALL_RELEASES="django,rich", PIP_ONLY_FINAL=":all:", lines="--pre\n")
    assert some.releases == {"django": True, "rich": True, ":all:": True}


def test_the_last_value_of_other_settings_counts_with_its_origin() -> None:
    config = found("[global]\ntimeout = 5\ncert = a.pem\n", PIP_TIMEOUT="60")
    assert config.others["timeout"].value == "60"
    assert config.others["cert"].origin == "cert in /etc/0.conf"


def test_constraints_are_files() -> None:
    config = found(PIP_CONSTRAINT="a.txt https://h.example/b.txt")
    assert config.values("constraint") == ["a.txt", "https://h.example/b.txt"]
    assert config.values("build-constraint") == []


def test_settings_that_pip_cannot_read_are_errors() -> None:
    with pytest.raises(configparser.Error):
        found("index-url = 1\n")
    with pytest.raises(getopt.GetoptError):
        found(lines="--colour blue\n")
    with pytest.raises(ValueError, match="quotation"):
        found(lines="--find-links 'a\n")


@pytest.mark.parametrize(
    ("variables", "lines", "origin"),
    [
        ({"PIP_NO_INDEX": "1"}, "", "PIP_NO_INDEX"),
        ({"PIP_NO_INDEX": "0"}, "", None),
        ({"UV_NO_INDEX": "true"}, "", "UV_NO_INDEX"),
        ({}, "--no-index\n--find-links wheels\n", "--no-index in the requirements"),
        ({}, "--no-such-option\n", None),
        ({}, "", None),
    ],
)
def test_the_setting_that_forbids_indexes_is_named(
    variables: dict[str, str], lines: str, origin: str | None
) -> None:
    assert forbids_indexes(from_variables(variables), lines, variables) == origin
