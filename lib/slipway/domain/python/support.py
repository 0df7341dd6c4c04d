"""What the log says about a Python whose support ends, or that has a newer release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from slipway.domain.packaging_text import parse_version
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import Series, series_of
from slipway.errors.python import ADVISED, TOGETHER

_SOON = 183
"""Days before the end of support from which on the log names it: six months."""
_EXACT = re.compile(r"==\d+\.\d+\.\d+", re.ASCII)


def support_notices(
    version: str,
    requested: PythonRequest,
    today: date,
    *,
    held_back_by: str,
    may_download: bool,
) -> Iterator[str]:
    """Yield a notice about the version that an app gets, if there is something to do.

    `held_back_by` says in a clause why the app's packages do not fit a newer Python; it is
    empty if they are not the reason for the choice. `may_download` tells whether the app can
    get a Python that is not on the image.
    """
    series = series_of(version)
    if series is None:
        return
    days = (series.support_ends - today).days
    if days <= _SOON:
        end = f"{series.support_ends.day} {series.support_ends:%B %Y}"
        state = "got security fixes" if days < 0 else "gets security fixes"
        step = _to_a_newer(requested, held_back_by, may_download=may_download)
        yield f"Python {series.minor} {state} only until {end}. {step}"
    elif may_download:
        yield from _of_exact_pins(version, series, requested)


def _to_a_newer(requested: PythonRequest, held_back_by: str, *, may_download: bool) -> str:
    """Say how the app gets a newer series of Python."""
    if held_back_by:
        return f"Newer packages may fit a newer Python: {held_back_by}"
    is_allowed = requested.may_fit(*map(int, ADVISED.split(".")))
    places = [] if is_allowed else (requested.origin or "").split(TOGETHER)
    changed = [place for place in places if place and not _lock_in(place)]
    steps = [] if may_download else ["build on an image with a newer Python"]
    if changed:
        steps.append(f"request {ADVISED} in {' and '.join(changed)}")
    elif may_download and not places:
        steps.append(f"write {ADVISED} to .python-version")
    steps += [f"make {lock} again for {ADVISED}" for lock in map(_lock_in, places) if lock]
    return f"To get a newer one, {', and '.join(steps)}"


def _of_exact_pins(version: str, series: Series, requested: PythonRequest) -> Iterator[str]:
    if parse_version(version) >= parse_version(series.newest):
        return
    for one in requested.parts or (requested,):
        origin = one.origin or ""
        if _EXACT.fullmatch(one.specifier) and not _lock_in(origin):
            operator = "==" if one.requested.startswith("==") else ""
            yield (
                f"{origin} requests Python {one.requested}, and the newest release of "
                f"{series.minor} that Slipway knows is {series.newest}. To get that, write "
                f"{operator}{series.newest} there"
            )


def _lock_in(origin: str) -> str:
    """Return the lock in `requires-python in uv.lock`; empty if it is no file of a tool."""
    file = origin.rpartition(" in ")[2]
    return file if file.endswith(".lock") or file.startswith("pylock.") else ""
