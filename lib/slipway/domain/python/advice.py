"""Which Python to advise to an app, so that doing what the words say works."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from slipway.domain.python.selection import PythonRequest
from slipway.domain.settings import Settings
from slipway.errors.python import ADVISED

NO_DOWNLOADS = "UV_PYTHON_DOWNLOADS"
"""The variable of uv that forbids downloads if it is `never`."""

_MOST = 100
"""More than any minor version has as its number."""


def may_download(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether a build may let uv download a Python."""
    is_forbidden = settings.offline or environment.get(NO_DOWNLOADS) == "never"
    return settings.python_source != "image" and not is_forbidden


def advised(minors: Collection[str], preferred: str = ADVISED) -> str:
    """Return the minor version to advise, of those that the app could have.

    That is the preferred one, or else the newest; if nothing is known to be possible, it is
    the preferred one as well.
    """
    return preferred if preferred in minors or not minors else max(minors, key=number)


def allowed(minors: Iterable[str], requests: Sequence[PythonRequest]) -> tuple[str, ...]:
    """Return the minor versions that all requests allow."""
    return tuple(one for one in minors if all(each.may_fit(*number(one)) for each in requests))


def nearest(minors: Collection[str], request: PythonRequest) -> str:
    """Return the minor version to request instead: the nearest, or the newest if it is open.

    Empty if there is none.
    """
    fitting = allowed(minors, [request]) or tuple(minors)
    wanted = _MOST
    if not request.is_open:
        wanted = next((minor for minor in range(_MOST) if request.may_fit(3, minor)), _MOST)
    return min(fitting, key=lambda minor: abs(number(minor)[1] - wanted), default="")


def number(minor: str) -> tuple[int, int]:
    """Return the two numbers of a minor version."""
    major, _, rest = minor.partition(".")
    return int(major), int(rest)
