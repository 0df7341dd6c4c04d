"""Pythons that Slipway does not install, by the names that pyenv, uv and mise give them."""

from __future__ import annotations

import re

from slipway.domain.python.series import MINORS
from slipway.errors.python import ADVISED, PythonKindUnsupported

_MOST_SHOWN = 60
_NAMED = re.compile(
    r"(?:python-)?(?P<name>[a-z]+?)(?P<number>-?[23]\d*(?:\.\d+)*)?"
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
    "pp": "PyPy",
    "pypy": "PyPy",
    "pyston": "Pyston",
    "rustpython": "RustPython",
    "stackless": "Stackless Python",
    "system": "system",
    **dict.fromkeys(
        ("anaconda", "mambaforge", "miniconda", "miniforge", "micromamba", "conda"), "conda"
    ),
}
"""As in https://github.com/pyenv/pyenv/tree/master/plugins/python-build/share/python-build.
`pp` is in the tags of wheels."""
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
_OPERATOR = re.compile(r"\s*[<>=!~]+\s*")
_MINOR = re.compile(r"(?<![\d.])3(?:\.(\d{1,3})|(\d{2}))(?!\d)", re.ASCII)
"""A minor version, also without its dot, as in `pypy310`."""


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
    if found is None:
        return ADVISED
    minor = int(found[1] or found[2])
    if f"3.{minor}" in MINORS:
        return f"3.{minor}"
    is_newer = found[1] and minor > int(MINORS[0].partition(".")[2])
    return MINORS[0] if is_newer else ADVISED


def _kind_of(requested: str) -> str:
    by_name = _NAMED.fullmatch(requested)
    if by_name and by_name["name"].lower() in _OTHERS:
        return _OTHERS[by_name["name"].lower()]
    for part in requested.split(","):
        operator = _OPERATOR.match(part)
        kind = _kind_of_build(part[operator.end() :] if operator else part)
        # A range may begin with a pre-release, as in `>=3.14.0rc1`.
        if kind and not (operator and kind == "pre-release"):
            return kind
    return ""


def _kind_of_build(requested: str) -> str:
    build = _BUILD.fullmatch(requested.strip())
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
