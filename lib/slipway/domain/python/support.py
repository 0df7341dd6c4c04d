"""What the log says about a Python whose support ends, or that has a newer release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from slipway.domain.packaging_text import parse_version
from slipway.domain.python.advice import advised, allowed, number
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import MINORS, Series, series_of

_SOON = 183
"""Days before the end of support from which on the log names it: six months."""
_EXACT = re.compile(r"={2,3}\d+\.\d+\.\d+", re.ASCII)
_RANGES = ("requires-python ", "python_requires ", "python in [tool.poetry")
"""How the origins begin that name all Pythons that the app supports."""
_LOCKED_FROM = {
    "uv.lock": ("requires-python in pyproject.toml", "uv lock"),
    "pdm.lock": ("requires-python in pyproject.toml", "pdm lock"),
    "poetry.lock": ("python in [tool.poetry.dependencies]", "poetry lock"),
    "Pipfile.lock": ("[requires] in Pipfile", "pipenv lock"),
}
"""Lock -> what it has its Pythons from, and the command that writes it again."""
_LINES = {
    ".python-version": "write {version} to .python-version",
    "runtime.txt": "write {version} to .python-version, in place of runtime.txt",
    ".tool-versions": "write `python {version}` to .tool-versions",
    "python_version in ": 'write `python_version = "{version}"` to [tool.slipway]',
    "requires-python in ": 'write `requires-python = "{range}"` to [project]',
    "python_requires in setup.cfg": "write `python_requires = {range}` to setup.cfg",
    "python_requires in setup.py": 'write `python_requires="{range}"` to setup.py',
    "python in ": 'write `python = "{range}"` to [tool.poetry.dependencies]',
    "[requires] in Pipfile": 'write `python_{full}version = "{version}"` to Pipfile',
}
"""How an origin begins -> how to request a version there, in one line of a log."""


def support_notices(
    version: str,
    requested: PythonRequest,
    today: date,
    *,
    held_back_by: str,
    has_unknown_pins: Callable[[], bool],
    newer: Callable[[Sequence[str]], Sequence[str]],
    may_download: bool,
) -> Iterator[str]:
    """Yield notices about the version that an app gets, if there is something to do.

    `held_back_by` says in a clause why the app's packages do not fit a newer Python; it is
    empty if they are not the reason for the choice. `has_unknown_pins` returns whether the
    app pins packages of which only an index knows the files. `newer` returns those of some
    minor versions that the app could have in this build, and that its packages are known to
    fit. `may_download` tells whether the app can get a Python that is not on the image.
    """
    series = series_of(version)
    if series is None:
        return
    days = (series.support_ends - today).days
    if days <= _SOON:
        end = f"{series.support_ends.day} {series.support_ends:%B %Y}"
        state = "got security fixes" if days < 0 else "gets security fixes"
        if held_back_by:
            step = f"Newer packages may fit a newer Python: {held_back_by}"
        else:
            step = _to_a_newer(series, requested, today, newer, may_download=may_download)
            if has_unknown_pins():
                step += ". Pinned packages may need newer versions then"
        yield f"Python {series.minor} {state} only until {end}. {step}"
    if may_download:
        yield from _of_exact_pins(version, series, requested)


def _to_a_newer(
    series: Series,
    requested: PythonRequest,
    today: date,
    newer: Callable[[Sequence[str]], Sequence[str]],
    *,
    may_download: bool,
) -> str:
    """Say how the app gets a newer series of Python, which is supported for longer."""
    lasting = [
        minor
        for minor in MINORS
        if number(minor) > number(series.minor) and not _ends_soon(minor, today)
    ]
    parts = _parts(requested)
    available = newer(lasting)
    ranges = [part for part in parts if (part.origin or "").startswith(_RANGES)]
    # Without another Python on the image, any that another image may have.
    minors = available or lasting
    target = advised(allowed(minors, ranges) or minors)
    excluding = [part for part in parts if not part.may_fit(*number(target))]
    steps = [*_requesting(target, (str(part.origin) for part in excluding))]
    if not available and not may_download:
        steps.insert(0, f"build on an image with Python {target}")
    elif not excluding:
        steps = [_LINES[".python-version"].format(version=target)]
    return f"To get a newer one, {_joined(steps)}"


def _ends_soon(minor: str, today: date) -> bool:
    series = series_of(minor)
    return series is not None and (series.support_ends - today).days <= _SOON


def _of_exact_pins(version: str, series: Series, requested: PythonRequest) -> Iterator[str]:
    parts = _parts(requested)
    exact = [part for part in parts if _EXACT.fullmatch(part.specifier)]
    others = [part for part in parts if part not in exact]
    target = _newest_patch(version, series, others)
    if not exact or not target:
        return
    origins = list(dict.fromkeys(str(part.origin) for part in exact))
    known = f"the newest release of {series.minor} that Slipway knows is {target}"
    if target != series.newest:
        known = f"{target} is the newest release that the app's other files allow"
    range_ = "==" if any(part.requested.startswith("==") for part in exact) else ""
    steps = _joined([*_requesting(target, origins, f"=={target}" if range_ else target)])
    yield (
        f"{_and(origins)} request{'s' * (len(origins) == 1)} Python {exact[0].requested}, and "
        f"{known}. To get that, {steps}"
    )


def _newest_patch(version: str, series: Series, others: Sequence[PythonRequest]) -> str:
    """Return the newest release of a series that is newer, and fits; empty if there is none."""
    current, newest = parse_version(version).micro, parse_version(series.newest).micro
    releases = (f"{series.minor}.{patch}" for patch in range(newest, current, -1))
    return next((one for one in releases if all(part.fits(one) for part in others)), "")


def _parts(requested: PythonRequest) -> Sequence[PythonRequest]:
    return requested.parts or ((requested,) if requested.origin else ())


def _requesting(version: str, origins: Iterable[str], specifier: str = "") -> Iterator[str]:
    """Yield what to write or run to request a version in files, keys, settings and locks."""
    commands: dict[str, None] = {}
    written: dict[str, None] = {}
    for origin in origins:
        file = origin.rpartition(" in ")[2]
        place = origin
        if file in _LOCKED_FROM:
            place, command = _LOCKED_FROM[file]
            commands[f"run `{command}`"] = None
        elif file.startswith("pylock."):
            commands[f"write {file} again for Python {version}"] = None
            continue
        written[request_line(place, version, specifier or f">={version}")] = None
    yield from (*written, *commands)


def request_line(origin: str, version: str, specifier: str) -> str:
    """Say what to write or set to request a version at an origin, in one line of a log.

    `specifier` is what to write where the app names all Pythons that it supports.
    """
    if origin.isupper():
        return f"set {origin}={version}"
    full = "full_" if version.count(".") > 1 else ""
    in_mise = f'write `python = "{{version}}"` to [tools] in {origin}'
    form = next((form for start, form in _LINES.items() if origin.startswith(start)), in_mise)
    return form.format(version=version, range=specifier, full=full)


def _joined(steps: Sequence[str]) -> str:
    *first, last = steps
    return f"{', '.join(first)}, and {last}" if first else last


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
