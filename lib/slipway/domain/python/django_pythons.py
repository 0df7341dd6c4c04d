"""The Pythons that each release of Django names in its metadata.

Its `Requires-Python` has no upper bound, but its classifiers name the Pythons that it has been
tested with. vendor/update_pythons.py writes the tables of this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_version

PYTHONS: Mapping[str, tuple[str, str]] = {
    "1.5.2": ("3.2", "3.3"),
    "1.6": ("3.2", "3.3"),
    "1.7": ("3.2", "3.4"),
    "1.8": ("3.2", "3.4"),
    "1.8.8": ("3.2", "3.5"),
    "1.9": ("3.4", "3.5"),
    "1.10": ("3.4", "3.5"),
    "1.11": ("3.4", "3.6"),
    "1.11.17": ("3.4", "3.7"),
    "2.0": ("3.4", "3.6"),
    "2.0.7": ("3.4", "3.7"),
    "2.1": ("3.5", "3.7"),
    "2.2": ("3.5", "3.7"),
    "2.2.8": ("3.5", "3.8"),
    "2.2.17": ("3.5", "3.9"),
    "3.0": ("3.6", "3.8"),
    "3.0.11": ("3.6", "3.9"),
    "3.1": ("3.6", "3.8"),
    "3.1.3": ("3.6", "3.9"),
    "3.2": ("3.6", "3.9"),
    "3.2.9": ("3.6", "3.10"),
    "4.0": ("3.8", "3.10"),
    "4.1": ("3.8", "3.10"),
    "4.1.3": ("3.8", "3.11"),
    "4.2": ("3.8", "3.11"),
    "4.2.8": ("3.8", "3.12"),
    "5.0": ("3.10", "3.12"),
    "5.1": ("3.10", "3.12"),
    "5.1.3": ("3.10", "3.13"),
    "5.2": ("3.10", "3.13"),
    "5.2.8": ("3.10", "3.14"),
    "6.0": ("3.12", "3.14"),
    "6.1": ("3.12", "3.14"),
    "6.1.3": ("3.12", "3.15"),
}
"""A release of Django -> the oldest and the newest Python 3 that it names, as do all later ones
of its series, up to the next row."""

NEWEST_RELEASES: Mapping[str, str] = {
    "1.5": "1.5.12",
    "1.6": "1.6.11",
    "1.7": "1.7.11",
    "1.8": "1.8.19",
    "1.9": "1.9.13",
    "1.10": "1.10.8",
    "1.11": "1.11.29",
    "2.0": "2.0.13",
    "2.1": "2.1.15",
    "2.2": "2.2.28",
    "3.0": "3.0.14",
    "3.1": "3.1.14",
    "3.2": "3.2.25",
    "4.0": "4.0.10",
    "4.1": "4.1.13",
    "4.2": "4.2.30",
    "5.0": "5.0.14",
    "5.1": "5.1.15",
    "5.2": "5.2.19",
    "6.0": "6.0.10",
    "6.1": "6.1.3",
}
"""A series of Django -> its newest release when these tables were written. A newer one may name
newer Pythons, too."""

_FUTURE = "9999"
"""Greater than any release."""


@lru_cache
def named_pythons(version: str) -> tuple[str, str] | None:
    """Return the oldest and the newest Python that a release of Django names.

    The newest is empty for a release that is newer than the tables. Returns None for a series
    that they do not have.
    """
    try:
        release = parse_version(version)
    except InvalidVersion:
        return None
    series = f"{release.major}.{release.minor}"
    newest_release = NEWEST_RELEASES.get(series)
    if newest_release is None:
        return None
    rows = [(parse_version(row), pythons) for row, pythons in PYTHONS.items()]
    of_series = [row for row in rows if f"{row[0].major}.{row[0].minor}" == series]
    # A pre-release of a series comes before its first row.
    reached = [row for row in of_series if row[0] <= release] or of_series[:1]
    oldest, newest = max(reached)[1]
    return oldest, newest if release <= parse_version(newest_release) else ""


def newest_release(specifiers: SpecifierSet) -> str:
    """Return the newest known release in a range; empty if that has no upper bound.

    The range may have newer releases of the same series, which name at least these Pythons.
    """
    if specifiers.contains(_FUTURE):
        return ""
    known = {*NEWEST_RELEASES.values(), *PYTHONS}
    return max(specifiers.filter(known), key=parse_version, default="")
