"""Poetry's constraints; 6,000 random ones were compared with poetry-core 2.5.0 as well."""

from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier

from slipway.domain.requirements.poetry_constraints import (
    alternatives,
    is_met,
    one_specifier,
    platform_marker,
    python_marker,
)

PYTHON = {"python_version": "3.12", "python_full_version": "3.12.4"}


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("*", ("",)),
        ("x", ("",)),
        ("1.2", ("==1.2",)),
        ("=1.2", ("==1.2",)),
        ("v1.2", ("==1.2",)),
        ("1.2.*", ("==1.2.*",)),
        ("1.x", ("==1.*",)),
        ("!=1.2.*", ("!=1.2.*",)),
        ("^1.2.3", (">=1.2.3,<2.0",)),
        ("^0.2.3", (">=0.2.3,<0.3",)),
        ("^0.0.3", (">=0.0.3,<0.0.4",)),
        ("^0.0", (">=0.0,<0.1",)),
        ("^0", (">=0,<1.0",)),
        ("^1", (">=1,<2.0",)),
        ("^1.2b1", (">=1.2b1,<2.0",)),
        ("^1!2.3", (">=1!2.3,<1!3.0",)),
        ("^1.2+cpu", (">=1.2,<2.0",)),
        ("~1.2.3", (">=1.2.3,<1.3",)),
        ("~1.2", (">=1.2,<1.3",)),
        ("~1", (">=1,<2.0",)),
        ("~=1.4.5", ("~=1.4.5",)),
        ("~=1", (">=1,<2.0",)),
        (">= 1, < 2", (">=1,<2",)),
        (">=1 <2 !=1.5", (">=1,<2,!=1.5",)),
        (">=1.2.*", (">=1.2",)),
        ("^1.2 || ^3", (">=1.2,<2.0", ">=3,<4.0")),
        ("^1 | ^1", (">=1,<2.0",)),
    ],
)
def test_a_constraint_is_translated(constraint: str, expected: tuple[str, ...]) -> None:
    assert alternatives(constraint) == expected


@pytest.mark.parametrize(
    "constraint",
    ["", "||", "^1 ||", "latest", "^", "1.0 - 2.0", "^^1", "<>1", "===1", "1" * 2000, "^é"],
)
def test_what_is_no_constraint_is_refused(constraint: str) -> None:
    with pytest.raises(InvalidSpecifier):
        alternatives(constraint)


def test_pre_releases_meet_a_constraint() -> None:
    assert is_met(alternatives("^1.2 || ^3"), "3.1rc1")
    assert not is_met(alternatives("^1.2 || ^3"), "2.1")
    assert not is_met(alternatives("^1.2"), "2.0rc1")


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2", ">=1.2,<2.0"),
        ("^3.2 || ^4.0", ">=3.2,<5.0"),
        ("^4.0 || ^3.2", ">=3.2,<5.0"),
        ("<2 || ^2.0", "<3.0"),
        ("1.* || >=2", ">=1"),
        ("^1 || *", ""),
        ("~2.7 || ^2.5", ">=2.5,<3.0"),
        ("1.2.* || 1.2.*,1.*", ">=1.2,<1.3"),
        ("^1.2 || >=2 <1", ">=1.2,<2.0"),
        (">=2,<1 || >=3,<1", ">=2,<1"),
    ],
)
def test_alternatives_without_a_gap_are_one_range(constraint: str, expected: str) -> None:
    assert one_specifier(constraint) == expected


@pytest.mark.parametrize("constraint", ["^1 || ^3", "1.2 || 1.5", "<1 || >2", "^1 || !=1.5"])
def test_no_specifier_is_like_alternatives_with_a_gap(constraint: str) -> None:
    with pytest.raises(InvalidSpecifier, match="neither pip nor uv"):
        one_specifier(constraint)


@pytest.mark.parametrize(
    ("constraint", "applies"),
    [
        ("^3.8", True),
        ("*", True),
        ("3.12", True),
        ("<=3.12", False),
        (">3.12", True),
        ("!=3.12", True),
        ("3.12.4", True),
        ("3.12.*", True),
        ("!=3.12.*", False),
        (">=3.12.5", False),
        ("~3.11", False),
        ("~2.7 || ^3.9", True),
        ("~2.7 || <3.9", False),
    ],
)
def test_python_is_compared_as_poetry_does(constraint: str, *, applies: bool) -> None:
    marker = python_marker(constraint)
    assert (not marker or Marker(marker).evaluate(PYTHON)) is applies


@pytest.mark.parametrize(
    ("constraint", "applies"),
    [
        ("linux", True),
        ("== linux", True),
        ("win32 || linux", True),
        ("!=win32, !=darwin", True),
        ("win32", False),
        ("!=linux", False),
        ('linux" or "', False),
    ],
)
def test_platforms_are_compared(constraint: str, *, applies: bool) -> None:
    environment = {"sys_platform": "linux"}
    assert Marker(platform_marker(constraint)).evaluate(environment) is applies
