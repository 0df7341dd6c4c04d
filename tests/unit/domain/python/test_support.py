"""The log names a Python whose support ends, and an exact pin that is behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from slipway.domain.python.requests import combine
from slipway.domain.python.selection import ANY_PYTHON, PythonRequest, parse_version
from slipway.domain.python.series import series_of
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
    may_download: bool = True,
) -> list[str]:
    found = support_notices(
        version, requested, today, held_back_by=held_back_by, may_download=may_download
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
        ([("3.11", IN_FILE)], f"request {ADVISED} in .python-version"),
        ([(">=3.11", METADATA)], f"write {ADVISED} to .python-version"),
        (
            [(">=3.11", IN_FILE), ("<3.12", METADATA)],
            f"request {ADVISED} in .python-version and {METADATA}",
        ),
        ([("==3.11.*", LOCK)], f"make uv.lock again for {ADVISED}"),
        (
            [(">=3.11", IN_FILE), ("<3.12", LOCK)],
            f"request {ADVISED} in .python-version, and make uv.lock again for {ADVISED}",
        ),
    ],
)
def test_the_notice_says_where_to_request_a_newer_one(
    requests: list[tuple[str, str]], step: str
) -> None:
    requested = combine([parse_version(*one) for one in requests])
    (notice,) = notices("3.11.18", requested, END)
    assert notice.endswith(f". To get a newer one, {step}")


def test_pins_that_need_an_old_python_are_the_reason() -> None:
    (notice,) = notices("3.11.18", ANY_PYTHON, END, "greenlet 2.0.2 has no wheel for 3.12")
    assert notice.endswith(
        ". Newer packages may fit a newer Python: greenlet 2.0.2 has no wheel for 3.12"
    )


@pytest.mark.parametrize(
    ("requested", "step"),
    [
        (ANY_PYTHON, "build on an image with a newer Python"),
        (
            parse_version("3.11", IN_FILE),
            f"build on an image with a newer Python, and request {ADVISED} in .python-version",
        ),
    ],
)
def test_without_downloads_the_image_has_to_have_a_newer_one(
    requested: PythonRequest, step: str
) -> None:
    (notice,) = notices("3.11.18", requested, END, may_download=False)
    assert notice.endswith(f". To get a newer one, {step}")


@pytest.mark.parametrize(
    ("requested", "origin", "written"),
    [("3.11.3", "runtime.txt", NEWEST), ("==3.11.3", METADATA, f"=={NEWEST}")],
)
def test_a_newer_release_is_named_if_an_exact_pin_is_behind(
    requested: str, origin: str, written: str
) -> None:
    (notice,) = notices("3.11.3", parse_version(requested, origin), LONG_BEFORE)
    assert notice == (
        f"{origin} requests Python {requested}, and the newest release of 3.11 that Slipway "
        f"knows is {NEWEST}. To get that, write {written} there"
    )


@pytest.mark.parametrize(
    ("version", "requested"),
    [
        ("3.11.3", ANY_PYTHON),
        ("3.11.3", parse_version("3.11", IN_FILE)),
        ("3.11.3", parse_version(">=3.11.2", METADATA)),
        ("3.11.3", parse_version("==3.11.3", LOCK)),
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
