"""Recognize code that is too old for the Python, or for the setuptools, that builds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slipway.domain.python.removed_modules import REMOVED
from slipway.errors.python import OLDEST

_PYTHON_2 = re.compile(
    r"SyntaxError: (?:Missing parentheses in call to '(?:print|exec)'"
    r"|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer literals are not permitted)"
    r"|NameError: name '(?:basestring|cmp|execfile|file|long|raw_input|reload|unichr|unicode"
    r"|xrange)' is not"
    r"|AttributeError: 'dict' object has no attribute '(?:has_key|iteritems|itervalues)'"
)
_USE_2TO3 = re.compile(r"error in [^\n]{0,200} setup command: use_2to3 is invalid")
NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'")
_NO_ATTRIBUTE = re.compile(
    r"AttributeError: (?:module '(?P<a>[\w.]+)'|'(?P<b>\w+)' object) has no attribute "
    r"'(?P<name>\w+)'"
    r"|ImportError: cannot import name '(?P<imported>\w+)' from '(?P<c>[\w.]+)'"
)

_REMOVED: Mapping[str, int] = {
    **REMOVED,
    "numpy.distutils": 12,  # NumPy has it only for Pythons that have distutils
}
_LAST_WITH_NAME: Mapping[tuple[str, str], int] = {
    ("configparser", "SafeConfigParser"): 11,
    ("SafeConfigParser", "readfp"): 11,
    ("RawConfigParser", "readfp"): 11,
    ("ConfigParser", "readfp"): 11,
    ("pkgutil", "ImpImporter"): 11,
    ("EntryPoints", "get"): 11,
    ("locale", "format"): 11,
    ("inspect", "getargspec"): 10,
    ("inspect", "formatargspec"): 10,
    ("asyncio", "coroutine"): 10,
    ("ast", "Str"): 13,
    ("ast", "Num"): 13,
    ("ast", "NameConstant"): 13,
    **{
        ("collections", name): 9
        for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence")
    },
}
"""Attributes of modules and classes -> the minor version of the last Python that has each."""

_C_API = re.compile(
    r"error: (?:'?(?:const )?'?(?:_?Py\w+|struct _?\w+)'[^\n]{0,200} has no member named "
    r"'(?P<a>\w+)'"
    r"|no member named '(?P<b>\w+)' in '(?:struct _?\w+|_?Py\w+)'"
    r"|'(?P<c>_?Py\w+)' (?:was not declared|undeclared|does not name a type)"
    r"|unknown type name '(?P<d>_?Py\w+)'"
    r"|use of undeclared identifier '(?P<e>_?Py\w+)'"
    r"|too (?:few|many) arguments to function '(?:[\w*]+ )*\*?(?P<f>_?Py\w+)"
    r"|(?:implicit declaration of|call to undeclared) function '(?P<g>_?Py\w+)'"
    r"|invalid use of (?:incomplete|undefined) type(?:def)? '(?P<h>Py\w+)'"
    r")|fatal error: (?P<i>longintrepr\.h): No such file"
)
_LAST_WITH_C_NAME: Mapping[str, int] = {
    **dict.fromkeys(("longintrepr.h", "recursion_depth", "PyFrameObject", "f_code"), 10),
    **dict.fromkeys(("co_code", "co_varnames", "co_cellvars", "exc_type"), 10),
    **dict.fromkeys(("ob_digit", "ob_size", "use_tracing", "recursion_limit"), 11),
    **dict.fromkeys(("recursion_remaining", "wstr", "wstr_length"), 11),
    **dict.fromkeys(("curexc_type", "curexc_value", "curexc_traceback"), 11),
    **dict.fromkeys(("PyUnicode_GET_SIZE", "PyUnicode_AsUnicode", "PyUnicode_FromUnicode"), 11),
    **dict.fromkeys(("cframe", "_PyCFrame", "_PyInterpreterState_GetConfig"), 12),
    **dict.fromkeys(("_PyLong_AsByteArray", "_PyThreadState_UncheckedGet"), 12),
    **dict.fromkeys(("PyEval_CallObject", "PyEval_CallObjectWithKeywords"), 12),
    **dict.fromkeys(("Py_TRASHCAN_SAFE_BEGIN", "_PyDict_SetItem_KnownHash"), 12),
}
"""Names of Python's C API -> the minor version of the last Python that has each.

https://docs.python.org/3/whatsnew/3.12.html#id3 and its successors.
"""

_TOO_NEW = re.compile(
    r"configured Python interpreter version \([\d.]+\) is newer than PyO3's maximum supported "
    r"version \((?P<pyo3>3\.\d+)\)"
    r"|only versions? >=?\s?[\d.]+, ?<\s?(?P<below>3\.\d+)(?:\.0)? (?:are|is) supported"
)
"""Builds that know for which Pythons their package is."""


@dataclass(frozen=True, kw_only=True)
class OutdatedCode:
    position: int
    """Where the output has it."""
    uses: str
    """As in PackageTooOld."""
    last_python: str
    """As in PackageTooOld."""


def outdated_code(output: str, python: str, exception: int) -> OutdatedCode | None:
    """Return what the code uses that `python`, such as 3.13.1, does not have.

    `exception` is the position of the exception that ended a script, the end of the output if
    none did. Of several things, the one that the oldest Python removed counts. Quotation marks
    in the output must be straight.
    """
    minor = int(python.split(".")[1])
    found = [*_of_script(output, exception), *_of_c_code(output, minor), *_of_limits(output)]
    found = [one for one in found if one.last < minor or not one.is_removed]
    if not found:
        return None
    oldest = min(found, key=lambda one: one.last)
    is_supported = OLDEST[1] <= oldest.last < minor
    return OutdatedCode(
        position=max(one.position for one in found),
        uses=oldest.words,
        last_python=f"3.{oldest.last}" if is_supported else "",
    )


@dataclass(frozen=True, kw_only=True)
class _Use:
    position: int
    words: str
    last: int
    """The minor version of the last Python that has it; 0 if no Python 3 has."""
    is_removed: bool = True
    """Whether it is known which Python has removed it."""


def _of_script(output: str, exception: int) -> Iterator[_Use]:
    """Yield what the script used when it stopped."""
    text = output[exception:]
    if _PYTHON_2.match(text):
        yield _Use(position=exception, words="is written for Python 2", last=0)
    if setup := _USE_2TO3.search(output):
        yield _Use(position=setup.start(), words="is written for Python 2", last=0)
    if missing := NO_MODULE.match(text):
        module = missing["module"]
        if module in _REMOVED:
            # A module of Python 2 has 0 there.
            last = max(0, _REMOVED[module] - 1)
            of = f", {_gone(last)}" if last else " of Python 2"
            words = f"imports the module {module}{of}"
            yield _Use(position=exception, words=words, last=last)
    if absent := _NO_ATTRIBUTE.match(text):
        owner = absent["a"] or absent["b"] or absent["c"]
        name = absent["name"] or absent["imported"]
        if (owner, name) in _LAST_WITH_NAME:
            last = _LAST_WITH_NAME[owner, name]
            words = f"uses {owner}.{name}, {_gone(last)}"
            yield _Use(position=exception, words=words, last=last)


def _of_c_code(output: str, minor: int) -> Iterator[_Use]:
    for error in _C_API.finditer(output):
        name = next(group for group in error.groups() if group)
        last = _LAST_WITH_C_NAME.get(name)
        if last is not None and last < minor:
            words = f"uses {name} of Python's C API, {_gone(last)}"
            yield _Use(position=error.start(), words=words, last=last)
        else:
            words = f"uses {name} in a way that the C API of Python 3.{minor} does not allow"
            yield _Use(position=error.start(), words=words, last=minor, is_removed=False)


def _of_limits(output: str) -> Iterator[_Use]:
    """Yield the newest Python that a package says it supports."""
    for limit in _TOO_NEW.finditer(output):
        newest = limit["pyo3"] or limit["below"]
        last = int(newest.split(".")[1]) - (limit["below"] is not None)
        words = f"supports no Python that is newer than 3.{last}"
        yield _Use(position=limit.start(), words=words, last=last)


def _gone(last: int) -> str:
    return f"which Python 3.{last + 1} removed"
