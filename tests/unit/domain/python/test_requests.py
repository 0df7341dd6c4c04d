"""Requests of several files are combined, and contradictions are found."""

from __future__ import annotations

import pytest

from slipway.domain.python.requests import (
    combine,
    contradict,
    poetry_specifier,
    refuse_too_old,
)
from slipway.domain.python.selection import PythonRequest, parse_version
from slipway.errors.python import PythonsContradict, PythonTooOld


def requests(*texts: str) -> list[PythonRequest]:
    return [parse_version(text, f"file {number}") for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("texts", "specifier", "origin"),
    [
        (["3.12"], "==3.12.*", "file 1"),
        (["3.12", ">=3.11"], "==3.12.*", "file 1"),
        (["3.12.4", ">=3.11,<4"], "==3.12.4", "file 1"),
        (["3.12", ">=3.12.5"], "==3.12.*,>=3.12.5", "file 1 together with file 2"),
        (["3.12", "3.12.4"], "==3.12.4", "file 1 together with file 2"),
        ([">=3.10", ">=3.12,<3.14"], "<3.14,>=3.12", "file 1 together with file 2"),
        (["3", "<3.14"], "<3.14", "file 1 together with file 2"),
        ([">=3.11", "3.12", "!=3.12.3"], "==3.12.*,!=3.12.3", None),
    ],
)
def test_compatible_requests_are_combined(
    texts: list[str], specifier: str, origin: str | None
) -> None:
    found = combine(requests(*texts))
    assert found.specifier == specifier
    if origin:
        assert found.origin == origin


@pytest.mark.parametrize(
    ("texts", "nearest", "widened"),
    [
        (["3.13", "==3.12.*"], ("3.12", "3.13"), ">=3.13"),
        (["3.12", ">=3.13"], ("3.13", "3.12"), ">=3.12"),
        (["3.12.4", ">=3.12.5"], ("3.13", "3.12.4"), ">=3.12.4"),
        (["3.14", "==3.12.4"], ("3.12.4", "3.14"), ">=3.14"),
        (["3.12", "2.7.18"], ("", "3.12"), ">=3.12"),
        ([">=3.12,<3.13", "<3.12"], ("3.11", "3.12"), "<3.13,>=3.12"),
        (["3.12", "<3.10"], ("", "3.12"), ">=3.12"),
    ],
)
def test_requests_that_no_version_fits_are_an_error(
    texts: list[str], nearest: tuple[str, str], widened: str
) -> None:
    first, second = requests(*texts)
    assert contradict(first, second)
    with pytest.raises(PythonsContradict) as error:
        combine([first, second])
    assert error.value.origins == ("file 1", "file 2")
    assert (error.value.nearest, error.value.widened) == (nearest, widened)


@pytest.mark.parametrize(
    "requested",
    ["2", "2.7.18", "python-3.9.18", "3.9", "3.1", "<3.10", ">=3.7,<3.10", "~=3.8.2", "<=3.9"],
)
def test_a_version_that_is_too_old_is_reported_without_a_prefix(requested: str) -> None:
    with pytest.raises(PythonTooOld) as old:
        refuse_too_old(parse_version(requested, "runtime.txt"))
    assert (old.value.requested, old.value.oldest) == (
        requested.removeprefix("python-"),
        "3.10",
    )


@pytest.mark.parametrize("requested", ["3", "3.10", ">=3.8", "<3.11", "4", ">=3.13,<3.12"])
def test_a_version_that_is_not_too_old_is_accepted(requested: str) -> None:
    refuse_too_old(parse_version(requested, "runtime.txt"))


@pytest.mark.parametrize(
    ("texts", "origins"),
    [
        (["3.12", ">=3.12.5", "3.12.4"], ("file 2", "file 3")),
        (["3.12", ">=3.11", "3.13"], ("file 1", "file 3")),
        ([">=3.12", "<3.13", "!=3.12.*"], ("file 1 together with file 2", "file 3")),
    ],
)
def test_a_contradiction_names_two_files_and_only_if_necessary_more(
    texts: list[str], origins: tuple[str, str]
) -> None:
    with pytest.raises(PythonsContradict) as error:
        combine(requests(*texts))
    assert error.value.origins == origins


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^3.11", ">=3.11,<4"),
        ("^3", ">=3,<4"),
        ("~3.12", ">=3.12,<3.13"),
        ("~3", ">=3,<4"),
        ("~3.12.1", ">=3.12.1,<3.13"),
        ("3.12.*", "==3.12.*"),
        ("3.12", "==3.12.*"),
        ("3.12.4", "==3.12.4"),
        (">=3.11,<3.14", ">=3.11,<3.14"),
        (">=3.11 <3.14", ">=3.11,<3.14"),
        (">= 3.11", ">=3.11"),
        ("*", ">=3"),
        ("~2.7 || ^3.5", ">=3.5,<4"),
        ("3.11.* | 3.13.*", None),
        ("whatever", None),
    ],
)
def test_constraints_of_poetry_become_specifiers(
    constraint: str, specifier: str | None
) -> None:
    assert poetry_specifier(constraint) == specifier
