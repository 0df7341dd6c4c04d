"""Pythons that Slipway does not install, by the names that pyenv, uv and mise give them."""

from __future__ import annotations

import re

from slipway.domain.python.series import MINORS
from slipway.errors.python import ADVISED, PythonKindUnsupported

_MOST_SHOWN = 60
_NAMED = re.compile(
    r"(?P<name>[a-z]+?)(?P<number>-?[23](?:\.\d+)*)?"
    r"(?:[-@+](?:\d|latest|dev|nightly|community|portable|c-jit|stm).*)?",
    re.IGNORECASE | re.DOTALL,
)
_OTHERS = {
    "activepython": "ActivePython",
    "cinder": "Cinder",
    "graalpy": "GraalPy",
    "graalpython": "GraalPy",
    "ironpython": "IronPython",
    "jython": "Jython",
    "micropython": "MicroPython",
    "nogil": "free-threaded",
    "pypy": "PyPy",
    "pyston": "Pyston",
    "stackless": "Stackless Python",
    "system": "system",
    **dict.fromkeys(
        ("anaconda", "mambaforge", "miniconda", "miniforge", "micromamba", "conda"), "conda"
    ),
}
"""As in https://github.com/pyenv/pyenv/tree/master/plugins/python-build/share/python-build."""
# As https://docs.astral.sh/uv/concepts/python-versions/#requesting-a-version names them.
_BUILD = re.compile(
    r"(?:c?python[-@]?)?\d+(?:\.\d+){0,2}"
    r"(?P<pre>(?:a|b|c|rc|alpha|beta)\d+)?"
    r"(?P<dev>-dev|\.dev\d*)?"
    r"(?P<letters>t?d?)"
    r"(?P<variant>[-+](?:[a-z]+\+)*(?:freethreaded|debug)(?:[-+].*)?)?"
    r"(?:-[a-z].*)?",
    re.IGNORECASE | re.DOTALL,
)
_MINOR = re.compile(r"(?<![\d.])3\.(\d{1,3})(?!\d)", re.ASCII)


def refuse_kind(requested: str, origin: str) -> None:
    """Stop if a request names another Python than a release of CPython.

    Raises PythonKindUnsupported.
    """
    kind = _kind_of(requested)
    if kind:
        raise unsupported(kind, requested, origin)


def unsupported(kind: str, requested: str, origin: str) -> PythonKindUnsupported:
    """Return the error that a request names this kind of Python."""
    shown = requested[:_MOST_SHOWN]
    return PythonKindUnsupported(
        origin=origin, requested=shown, kind=kind, instead=named(requested)
    )


def named(requested: str) -> str:
    """Return the minor version in a text, to advise instead; or one that most packages fit."""
    found = _MINOR.search(requested)
    if found and found[0] in MINORS:
        return found[0]
    is_newer = found and int(found[1]) > int(MINORS[0].partition(".")[2])
    return MINORS[0] if is_newer else ADVISED


def _kind_of(requested: str) -> str:
    by_name = _NAMED.fullmatch(requested)
    if by_name and by_name["name"].lower() in _OTHERS:
        return _OTHERS[by_name["name"].lower()]
    build = _BUILD.fullmatch(requested)
    if build is None:
        return ""
    variant = f"{build['letters']}{build['variant'] or ''}".lower()
    if "t" in build["letters"].lower() or "freethreaded" in variant:
        return "free-threaded"
    if variant:
        return "debug"
    if build["dev"]:
        return "development"
    return "pre-release" if build["pre"] else ""
