"""nltk.txt names data, in a form that depends on the version of NLTK."""

import pytest

from slipway.domain.nltk_data import (
    check_index,
    in_other_form,
    index_in_key,
    notice_about_owners,
    parse,
)
from slipway.errors.nltk_data import NltkAddressUnusable


def test_names_are_read_one_from_each_line() -> None:
    assert parse("punkt\nstopwords\n") == ("punkt", "stopwords")


def test_comments_blank_lines_and_line_ends_of_windows_do_not_count() -> None:
    text = "# for the summaries\r\npunkt\r\n\r\n  stopwords  # English\r\n"
    assert parse(text) == ("punkt", "stopwords")


def test_several_names_in_a_line_are_all_read_and_each_once() -> None:
    assert parse("punkt, stopwords\nwordnet punkt") == ("punkt", "stopwords", "wordnet")


def test_a_file_without_names_has_none() -> None:
    assert parse("\n# nothing yet\n") == ()


def test_new_versions_of_nltk_read_punkt_in_another_form() -> None:
    assert [*in_other_form(("punkt", "stopwords"), "3.9.1")] == [("punkt", "punkt_tab")]
    assert [*in_other_form(("punkt", "stopwords"), "3.8.1")] == []


def test_old_versions_of_nltk_read_the_old_form() -> None:
    assert [*in_other_form(("punkt_tab",), "3.5")] == [("punkt_tab", "punkt")]


def test_both_forms_fit_all_versions() -> None:
    for version in ("3.5", "3.9.1", "not a version"):
        assert [*in_other_form(("punkt", "punkt_tab"), version)] == []


def test_only_new_versions_of_nltk_care_who_owns_the_data() -> None:
    assert "require `nltk<3.10.4`" in notice_about_owners("3.11")
    assert notice_about_owners("3.10.3") == ""
    assert notice_about_owners("") == ""


@pytest.mark.parametrize(
    ("address", "index", "has_login"),
    [
        ("http://keeper:l4mp@h.example/index.xml", "http://h.example/index.xml", True),
        ("https://l4mp@h.example:8443", "https://h.example:8443", True),
        ("127.0.0.1:5399/index.xml", "https://127.0.0.1:5399/index.xml", False),
        ("localhost:5399/index.xml", "https://localhost:5399/index.xml", False),
        ("htps://h.example/index.xml", "https://h.example/index.xml", False),
        ("keeper:l4mp@h.example/index.xml", "", True),
        ("keeper:l4/mp@h.example/index.xml", "", True),
        ("://", "", False),
    ],
)
def test_an_address_that_nltk_cannot_open_is_refused(
    address: str, index: str, *, has_login: bool
) -> None:
    with pytest.raises(NltkAddressUnusable) as unusable:
        check_index(address)
    assert (unusable.value.index, unusable.value.has_login) == (index, has_login)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://127.0.0.1:5399/index.xml",
        "HTTPS://h.example/@data/index.xml?mail=a@b.example",
        "file:///srv/nltk@1/index.xml",
    ],
)
def test_other_addresses_are_left_to_nltk(address: str) -> None:
    check_index(address)


def test_an_index_is_the_same_with_another_token() -> None:
    assert index_in_key("https://u:p@h.example/index.xml?token=s3cret#x") == (
        "https://h.example/index.xml"
    )
    assert index_in_key("") == ""
