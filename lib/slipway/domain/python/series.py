"""The series of Python releases, 3.13 and so on: how long each is supported, and its newest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from slipway.errors.python import OLDEST


@dataclass(frozen=True, kw_only=True)
class Series:
    """The releases of Python with the same first two numbers."""

    minor: str
    """Such as `3.13`."""
    released: date
    support_ends: date
    """The last day with security fixes."""
    newest: str
    """Its newest release when this table was written, such as `3.13.18`."""


SERIES = (
    Series(
        minor="3.15",
        released=date(2026, 10, 1),
        support_ends=date(2031, 10, 31),
        newest="3.15.2",
    ),
    Series(
        minor="3.14",
        released=date(2025, 10, 7),
        support_ends=date(2030, 10, 31),
        newest="3.14.10",
    ),
    Series(
        minor="3.13",
        released=date(2024, 10, 7),
        support_ends=date(2029, 10, 31),
        newest="3.13.18",
    ),
    Series(
        minor="3.12",
        released=date(2023, 10, 2),
        support_ends=date(2028, 10, 31),
        newest="3.12.16",
    ),
    Series(
        minor="3.11",
        released=date(2022, 10, 24),
        support_ends=date(2027, 10, 31),
        newest="3.11.18",
    ),
    Series(
        minor="3.10",
        released=date(2021, 10, 4),
        support_ends=date(2026, 10, 31),
        newest="3.10.22",
    ),
)
"""The newest first. https://devguide.python.org/versions/"""

MINORS = tuple(
    series.minor for series in SERIES if int(series.minor.partition(".")[2]) >= OLDEST[1]
)
"""The minor versions that an app can have, the newest first."""


def series_of(version: str) -> Series | None:
    """Return the series of a version, such as `3.13` or `3.13.1`; None if it is unknown."""
    minor = minor_of(version)
    return next((series for series in SERIES if series.minor == minor), None)


def minor_of(python: str) -> str:
    """Return the minor version of a release, or a minor version itself."""
    return ".".join(python.split(".")[:2])
