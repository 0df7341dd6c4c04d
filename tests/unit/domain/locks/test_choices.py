"""Settings choose groups and extras that the app has."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import Choice
from slipway.domain.locks.choices import chosen, in_words
from slipway.domain.settings import parse, with_paketo_names
from slipway.errors.locks import LockChoiceUnknown
from slipway.messages import explain, render


def test_the_choice_has_normalized_names() -> None:
    settings = parse({"groups": ["Web_App"], "extras": ["postgres", "S3"]}, {})
    choice = chosen(settings, "uv.lock", ("web-app", "dev"), ("postgres", "s3"))
    assert choice == Choice(groups=("web-app",), extras=("postgres", "s3"))


def test_an_empty_list_is_not_the_default() -> None:
    assert chosen(parse({"groups": []}, {}), "uv.lock", (), ()).groups == ()
    assert chosen(parse({}, {}), "uv.lock", (), ()).groups is None


@pytest.mark.parametrize("setting", ["groups", "extras"])
def test_an_unknown_name_is_an_error(setting: str) -> None:
    settings = parse({}, {f"SLIPWAY_{setting.upper()}": "web,wbe"})
    with pytest.raises(LockChoiceUnknown) as error:
        chosen(settings, "uv.lock", ("web", "dev"), ("web", "dev"))
    found = error.value
    assert (found.setting, found.names, found.known) == (setting, ("wbe",), ("dev", "web"))
    assert found.origin == f"The variable SLIPWAY_{setting.upper()}"
    assert found.is_possible


def test_the_variable_of_paketo_is_corrected_with_the_main_dependencies() -> None:
    environment = with_paketo_names({"BP_POETRY_INSTALL_ONLY": "main,wbe"})
    with pytest.raises(LockChoiceUnknown) as error:
        chosen(parse({}, environment), "poetry.lock", ("web", "dev"), ())
    words = "\n".join(render(explain(error.value)))
    assert "BP_POETRY_INSTALL_ONLY=main,web" in words
    assert "remove it from BP_POETRY_INSTALL_ONLY." in words


def test_no_group_for_development_is_proposed() -> None:
    environment = with_paketo_names({"BP_POETRY_INSTALL_ONLY": "main,nope"})
    with pytest.raises(LockChoiceUnknown) as error:
        chosen(parse({}, environment), "poetry.lock", ("dev", "test"), ())
    words = "\n".join(render(explain(error.value)))
    assert "It has dev and test." in words
    assert "Remove it from BP_POETRY_INSTALL_ONLY." in words
    assert "=" not in words


def test_a_file_that_cannot_have_groups_is_an_error() -> None:
    settings = parse({"groups": ["web"]}, {})
    with pytest.raises(LockChoiceUnknown) as error:
        chosen(settings, "requirements.txt", None, None)
    assert not error.value.is_possible
    none = chosen(parse({"groups": []}, {}), "requirements.txt", None, None)
    assert none == Choice(groups=())


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(), ""),
        (Choice(groups=()), ""),
        (Choice(groups=("web",)), ", with the group web"),
        (
            Choice(groups=("web", "jobs"), extras=("s3",)),
            ", with groups web, jobs and the extra s3",
        ),
    ],
)
def test_a_choice_in_words(choice: Choice, words: str) -> None:
    assert in_words(choice) == words
