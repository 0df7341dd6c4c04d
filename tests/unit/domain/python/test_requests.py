"""Requests of several files are combined, and contradictions are found."""

from __future__ import annotations

import pytest

from slipway.domain.python.requests import (
    combine,
    contradict,
    poetry_specifier,
    refuse_too_old,
    refuse_unusable,
)
from slipway.domain.python.selection import PythonRequest, parse_version
from slipway.errors.python import ADVISED, NoSuchPython, PythonsContradict, PythonTooOld


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


@pytest.mark.parametrize("requested", ["3", "3.10", ">=3.8", "<3.11", "<4", "==3.99.*"])
def test_a_version_that_is_not_too_old_is_accepted(requested: str) -> None:
    refuse_too_old(parse_version(requested, "runtime.txt"))
    refuse_unusable([parse_version(requested, "runtime.txt")])


@pytest.mark.parametrize(
    ("requested", "is_range", "instead"),
    [
        ("4", False, ADVISED),
        ("312", False, "3.12"),
        ("27", False, ADVISED),
        (">=4", False, ADVISED),
        (">=3.12,<3.12", True, "3.12"),
        ("==3.11.*,==3.12.1", True, "3.11"),
    ],
)
def test_a_version_that_does_not_exist_is_reported(
    requested: str, *, is_range: bool, instead: str
) -> None:
    wrong = parse_version(requested, "runtime.txt")
    for among in ([wrong], [parse_version("3.12", ".python-version"), wrong]):
        with pytest.raises(NoSuchPython) as error:
            refuse_unusable(among)
        assert (error.value.is_range, error.value.instead) == (is_range, instead)
        assert (error.value.origin, error.value.requested) == ("runtime.txt", requested)


def test_only_the_first_request_is_refused_because_it_is_too_old() -> None:
    refuse_unusable(requests("3.12", "3.9"))
    with pytest.raises(PythonTooOld):
        refuse_unusable(requests("3.9", "3.12"))


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


def test_a_contradiction_of_several_files_says_which_of_them_to_change() -> None:
    with pytest.raises(PythonsContradict) as error:
        combine(requests("!=3.13.*", "!=3.12.*", "<3.14", ">=3.12"))
    assert error.value.parts == (
        ("file 1", "!=3.13.*"),
        ("file 2", "!=3.12.*"),
        ("file 3", "<3.14"),
    )
    assert error.value.nearest[0] == "3.12"
    assert error.value.changes == ("file 2",)
    with pytest.raises(PythonsContradict) as error:
        combine(requests("3.12", "3.13"))
    assert (error.value.parts, error.value.changes) == ((), ())


@pytest.mark.parametrize(
    ("constraint", "specifier"),
    [
        ("^3.11", ">=3.11,<4.0"),
        ("^3", ">=3,<4.0"),
        ("~3.12", ">=3.12,<3.13"),
        ("~3", ">=3,<4.0"),
        ("=3.12", "==3.12.*"),
        ("==3.12", "==3.12.*"),
        ("==3.12.1", "==3.12.1"),
        ("===3.12", None),
        ("~3.12.1", ">=3.12.1,<3.13"),
        ("3.12.*", "==3.12.*"),
        ("3.12", "==3.12.*"),
        ("3.12.4", "==3.12.4"),
        (">=3.11,<3.14", ">=3.11,<3.14"),
        (">=3.11 <3.14", ">=3.11,<3.14"),
        (">= 3.11", ">=3.11"),
        ("*", ">=3"),
        ("~2.7 || ^3.5", ">=3.5,<4.0"),
        ("^2.7", ">=2.7,<3.0"),
        ("3.8 || 3.9", "==3.8.*"),
        ("~3.11 || ~3.12", ">=3.11,<3.13"),
        ("~3.12|~3.11", ">=3.11,<3.13"),
        ("^3.9 || ^3.12", ">=3.10,<4"),
        ("^3.12 || *", ">=3.10,<4"),
        ("3.12 || >=3.14", ">=3.12,<4,!=3.13.*"),
        ("3.11.* | 3.13.*", ">=3.11,<3.14,!=3.12.*"),
        ("3.12.1 || 3.12.3", ">=3.12.1,<3.12.4,!=3.12.2"),
        ("3.12.1 || 3.999.1", None),
        ("3.12.1 || 3.12.99", None),
        ("whatever", None),
        ("3.11 - 3.12", None),
        ("", None),
    ],
)
def test_constraints_of_poetry_become_specifiers(
    constraint: str, specifier: str | None
) -> None:
    assert poetry_specifier(constraint) == specifier


def test_alternatives_of_poetry_leave_out_the_releases_between_them() -> None:
    specifier = poetry_specifier("<3.11.2 || >=3.13.1")
    assert specifier
    request = PythonRequest(specifier=specifier, requested="", origin=None)
    fitting = ("3.10.0", "3.10.30", "3.11.1", "3.13.1", "3.13.9", "3.14.0", "3.30.1")
    assert all(map(request.fits, fitting))
    assert not any(map(request.fits, ("3.11.2", "3.11.18", "3.12.0", "3.12.9", "3.13.0")))
