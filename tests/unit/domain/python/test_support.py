"""The log names a Python whose support ends, and an exact pin that is behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from slipway.domain.python.requests import combine
from slipway.domain.python.selection import ANY_PYTHON, PythonRequest, parse_version
from slipway.domain.python.series import MINORS, series_of
from slipway.domain.python.support import support_notices
from slipway.errors.python import ADVISED

IN_FILE = ".python-version"
METADATA = "requires-python in pyproject.toml"
LOCK = "requires-python in uv.lock"
SERIES = series_of("3.11")
assert SERIES is not None
END, NEWEST = SERIES.support_ends, SERIES.newest
LONG_BEFORE = date(2025, 1, 1)


def notices(
    version: str,
    requested: PythonRequest,
    today: date,
    held_back_by: str = "",
    *,
    has_unknown_pins: bool = False,
    may_download: bool = True,
    available: Sequence[str] = MINORS,
) -> list[str]:
    found = support_notices(
        version,
        requested,
        today,
        held_back_by=held_back_by,
        has_unknown_pins=lambda: has_unknown_pins,
        newer=lambda minors: [minor for minor in minors if minor in available],
        may_download=may_download,
    )
    return [*found]


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (END - timedelta(days=200), ""),
        (END - timedelta(days=183), "gets security fixes only until 31 October 2027"),
        (END, "gets security fixes only until 31 October 2027"),
        (END + timedelta(days=1), "got security fixes only until 31 October 2027"),
    ],
)
def test_the_end_of_support_is_named_from_six_months_before_it(today: date, state: str) -> None:
    expected = f"Python 3.11 {state}. To get a newer one, write {ADVISED} to .python-version"
    assert notices("3.11.18", ANY_PYTHON, today) == ([expected] if state else [])


@pytest.mark.parametrize(
    ("requests", "step"),
    [
        ([("3.11", IN_FILE)], f"write {ADVISED} to .python-version"),
        (
            [("3.11", "runtime.txt")],
            f"write {ADVISED} to .python-version, in place of runtime.txt",
        ),
        ([("3.11", ".tool-versions")], f"write `python {ADVISED}` to .tool-versions"),
        ([("3.11", "mise.toml")], f'write `python = "{ADVISED}"` to [tools] in mise.toml'),
        ([("3.11", "SLIPWAY_PYTHON_VERSION")], f"set SLIPWAY_PYTHON_VERSION={ADVISED}"),
        (
            [("3.11", "python_version in pyproject.toml")],
            f'write `python_version = "{ADVISED}"` to [tool.slipway]',
        ),
        ([("3.11", "[requires] in Pipfile")], f'`python_version = "{ADVISED}"` to Pipfile'),
        ([("<3.12", "python_requires in setup.py")], f'`python_requires=">={ADVISED}"` to '),
        ([("<3.12", "python_requires in setup.cfg")], f"`python_requires = >={ADVISED}` to "),
        ([(">=3.11", METADATA)], f"write {ADVISED} to .python-version"),
        ([("3.11", IN_FILE), (">=3.10,<3.13", METADATA)], "write 3.12 to .python-version"),
        (
            [("3.11", IN_FILE), ("<3.12", METADATA)],
            f'to .python-version, and write `requires-python = ">={ADVISED}"` to [project]',
        ),
        (
            [("==3.11.*", METADATA), ("==3.11.*", LOCK)],
            f'write `requires-python = ">={ADVISED}"` to [project], and run `uv lock`',
        ),
        (
            [("3.11", "`requires` in Pipfile.lock")],
            f'write `python_version = "{ADVISED}"` to Pipfile, and run `pipenv lock`',
        ),
        (
            [("==3.11.*", "requires-python in pylock.toml")],
            f"write pylock.toml again for Python {ADVISED}",
        ),
    ],
)
def test_the_notice_says_where_to_request_a_newer_one(
    requests: list[tuple[str, str]], step: str
) -> None:
    requested = combine([parse_version(*one) for one in requests])
    (notice,) = notices("3.11.18", requested, END)
    assert step in notice.partition(". To get a newer one, ")[2]


def test_pins_that_need_an_old_python_are_the_reason() -> None:
    (notice,) = notices("3.11.18", ANY_PYTHON, END, "greenlet 2.0.2 has no wheel for 3.12")
    assert notice.endswith(
        ". Newer packages may fit a newer Python: greenlet 2.0.2 has no wheel for 3.12"
    )


def test_pins_of_which_nothing_is_known_are_named() -> None:
    requested = parse_version("3.11", IN_FILE)
    (notice,) = notices("3.11.18", requested, END, has_unknown_pins=True)
    assert notice.endswith(" to .python-version. Pinned packages may need newer versions then")


@pytest.mark.parametrize(
    ("requested", "step"),
    [
        (ANY_PYTHON, f"build on an image with Python {ADVISED}"),
        (
            parse_version("3.11", IN_FILE),
            f"build on an image with Python {ADVISED}, and write {ADVISED} to .python-version",
        ),
    ],
)
def test_without_downloads_the_image_has_to_have_a_newer_one(
    requested: PythonRequest, step: str
) -> None:
    (notice,) = notices("3.11.18", requested, END, may_download=False, available=["3.11"])
    assert notice.endswith(f". To get a newer one, {step}")


def test_only_a_python_is_named_that_the_build_can_use() -> None:
    requested = parse_version("3.11", IN_FILE)
    (notice,) = notices(
        "3.11.18", requested, END, may_download=False, available=["3.11", "3.12", "3.13"]
    )
    assert notice.endswith(". To get a newer one, write 3.13 to .python-version")


def test_a_python_whose_support_ends_as_well_is_not_named() -> None:
    (notice,) = notices("3.10.22", parse_version("3.10", IN_FILE), END, available=["3.11"])
    assert "3.11" not in notice


@pytest.mark.parametrize(
    ("requested", "origin", "step"),
    [
        (
            "3.11.3",
            "runtime.txt",
            f"write {NEWEST} to .python-version, in place of runtime.txt",
        ),
        ("==3.11.3", METADATA, f'write `requires-python = "=={NEWEST}"` to [project]'),
        ("===3.11.3", METADATA, f'write `requires-python = "=={NEWEST}"` to [project]'),
        (
            "3.11.3",
            "`requires` in Pipfile.lock",
            f'write `python_full_version = "{NEWEST}"` to Pipfile, and run `pipenv lock`',
        ),
        (
            "==3.11.3",
            "requires-python in pylock.toml",
            f"write pylock.toml again for Python {NEWEST}",
        ),
    ],
)
def test_a_newer_release_is_named_if_an_exact_pin_is_behind(
    requested: str, origin: str, step: str
) -> None:
    (notice,) = notices("3.11.3", parse_version(requested, origin), LONG_BEFORE)
    assert notice == (
        f"{origin} requests Python {requested}, and the newest release of 3.11 that Slipway "
        f"knows is {NEWEST}. To get that, {step}"
    )


def test_a_newer_release_is_named_also_after_the_end_of_support() -> None:
    ended, behind = notices("3.11.3", parse_version("3.11.3", ".tool-versions"), END)
    assert "only until" in ended
    assert behind.endswith(f"write `python {NEWEST}` to .tool-versions")


@pytest.mark.parametrize(
    ("metadata", "named"), [(">=3.11", NEWEST), ("<3.11.6", "3.11.5"), ("<=3.11.3", "")]
)
def test_only_a_newer_release_is_named_that_other_files_allow(
    metadata: str, named: str
) -> None:
    requested = combine([parse_version("3.11.3", IN_FILE), parse_version(metadata, METADATA)])
    found = notices("3.11.3", requested, LONG_BEFORE)
    assert len(found) == bool(named)
    assert all(notice.endswith(f"write {named} to .python-version") for notice in found)


def test_a_newer_release_is_named_once_for_a_lock_and_its_source() -> None:
    requested = combine([parse_version("==3.11.3", one) for one in (METADATA, LOCK)])
    (notice,) = notices("3.11.3", requested, LONG_BEFORE)
    assert notice.startswith(f"{METADATA} and {LOCK} request Python ==3.11.3, and ")
    assert notice.endswith(f'`requires-python = "=={NEWEST}"` to [project], and run `uv lock`')


@pytest.mark.parametrize(
    ("version", "requested"),
    [
        ("3.11.3", ANY_PYTHON),
        ("3.11.3", parse_version("3.11", IN_FILE)),
        ("3.11.3", parse_version(">=3.11.2", METADATA)),
        (NEWEST, parse_version(NEWEST, IN_FILE)),
        ("3.11.99", parse_version("3.11.99", IN_FILE)),
        ("3.99.1", parse_version("3.99.1", IN_FILE)),
    ],
)
def test_nothing_is_said_if_there_is_nothing_to_write(
    version: str, requested: PythonRequest
) -> None:
    assert notices(version, requested, LONG_BEFORE) == []


def test_a_newer_release_is_not_named_if_it_cannot_be_downloaded() -> None:
    requested = parse_version("3.11.3", IN_FILE)
    assert notices("3.11.3", requested, LONG_BEFORE, may_download=False) == []


def test_the_exact_one_of_several_requests_is_named() -> None:
    requested = combine([parse_version("3.11.3", IN_FILE), parse_version("==3.11.*", METADATA)])
    (notice,) = notices("3.11.3", requested, LONG_BEFORE)
    assert notice.startswith(".python-version requests Python 3.11.3, and")
