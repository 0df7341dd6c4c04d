"""Compare environment markers by what they mean, and not by how they are written.

The tools simplify the markers that they put into locks, each in its own way: Poetry and uv make
`python_full_version < '3.11'` of `python_version < '3.11'`, uv makes `sys_platform == 'win32'`
of `platform_system == 'Windows'`, and leaves out what all Pythons of the lock fulfil. Two
markers are the same if they are so for each of many environments: around each version that they
name, on each kind of platform, with each other value that they name and with another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import Literal

from packaging.markers import Marker

from slipway.domain.packaging_text import parse_lock_marker, parse_specifiers

_Operator = Literal["text", "and", "or", "not"]

# Without the lookbehind, long names would take quadratic time.
_COMPARISON = re.compile(
    r"""(?P<left>(?<![a-z_.])[a-z_.]+|'[^']*'|"[^"]*")\s*"""
    r"""(?:===|==|~=|!=|<=|>=|<|>|not\s+in\b|in\b)\s*"""
    r"""(?P<right>[a-z_.]+|'[^']*'|"[^"]*")"""
)
_EXTRA = re.compile(r"""\bextra\s*(?P<operator>[!=]=)\s*(?P<name>'[^']*'|"[^"]*")""")
_EXTRA_LAST = re.compile(r"""(?P<name>'[^']*'|"[^"]*")\s*(?P<operator>[!=]=)\s*extra\b""")
_ALTERNATIVES = re.compile(r"\bor\b|[()]")
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}")
_PLATFORMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
    {"sys_platform": "other", "os_name": "other", "platform_system": "other"},
)
_PYTHONS = (
    {"implementation_name": "cpython", "platform_python_implementation": "CPython"},
    {"implementation_name": "pypy", "platform_python_implementation": "PyPy"},
)
_UNNAMED = {"platform_machine": "x86_64", "platform_release": "", "platform_version": ""}
_FREE = ("platform_machine", "platform_release", "platform_version", "extra")
_MOST_ENVIRONMENTS = 3000
_OLDEST = (3, 8, 0)


@dataclass(frozen=True)
class Condition:
    """A marker, or markers that are put together; without a marker it always holds."""

    operator: _Operator = "text"
    marker: str = ""
    parts: tuple[Condition, ...] = ()

    def holds(self, environment: Mapping[str, str | frozenset[str]]) -> bool:
        """Return whether it is so for the values of the variables.

        Raises InvalidMarker.
        """
        match self.operator:
            case "and":
                return all(part.holds(environment) for part in self.parts)
            case "or":
                return any(part.holds(environment) for part in self.parts)
            case "not":
                return not self.parts[0].holds(environment)
            case _:
                return not self.marker or holds(self.marker, environment)

    @property
    def markers(self) -> Iterator[str]:
        """Yield the text of each marker in it."""
        if self.marker:
            yield self.marker
        for part in self.parts:
            yield from part.markers

    @property
    def all_of(self) -> frozenset[str] | None:
        """Return the comparisons that must all be true; None if it is not that simple."""
        if self.operator == "text":
            is_simple = not _ALTERNATIVES.search(self.marker)
            return frozenset(self.marker.split(" and ")) if is_simple else None
        found: frozenset[str] = frozenset()
        for part in self.parts:
            more = part.all_of
            if self.operator != "and" or more is None:
                return None
            found |= more
        return found

    def __and__(self, other: Condition) -> Condition:
        if ALWAYS in (self, other):
            return self if other == ALWAYS else other
        return Condition("and", parts=(self, other))

    def __or__(self, other: Condition) -> Condition:
        if other in (self, NEVER):
            return self
        if self == NEVER:
            return other
        return ALWAYS if ALWAYS in (self, other) else Condition("or", parts=(self, other))

    def __invert__(self) -> Condition:
        return Condition("not", parts=(self,))


ALWAYS = Condition()
NEVER = ~ALWAYS


def when(marker: str) -> Condition:
    """Return the condition that a marker applies; an empty one always does."""
    text = marker.strip()
    return Condition(marker=text if "'" in text else text.replace('"', "'"))


def when_python(specifiers: str) -> Condition:
    """Return the condition that the Python fulfils version specifiers.

    Raises InvalidSpecifier.
    """
    parts = (
        when(f"python_full_version {one.operator} '{one.version}'")
        for one in parse_specifiers(specifiers)
    )
    found = ALWAYS
    for part in sorted(parts, key=lambda one: one.marker):
        found &= part
    return found


def holds(marker: str, environment: Mapping[str, str | frozenset[str]]) -> bool:
    """Evaluate a marker; `extras` in the environment are all that `extra` is equal to.

    That is how uv evaluates them, and PEP 508 says nothing about several extras.

    Raises InvalidMarker.
    """
    return _parsed(marker).evaluate(environment, context="lock_file")


@cache
def _parsed(marker: str) -> Marker:
    text = _EXTRA_LAST.sub(_as_extras, _EXTRA.sub(_as_extras, marker))
    return parse_lock_marker(text)


def _as_extras(found: re.Match[str]) -> str:
    return f"{found['name']} {'in' if found['operator'] == '==' else 'not in'} extras"


def are_same(first: Condition, second: Condition, requires_python: str = "") -> bool:
    """Return whether two conditions hold for the same environments of a range of Pythons.

    Raises InvalidMarker.
    """
    parts = first.all_of
    if first == second or (parts is not None and parts == second.all_of):
        return True
    markers = (*first.markers, *second.markers)
    return all(
        first.holds(environment) == second.holds(environment)
        for environment in _environments(markers, requires_python)
    )


def is_possible(condition: Condition, requires_python: str = "") -> bool:
    """Return whether a condition holds for any environment.

    Raises InvalidMarker.
    """
    environments = _environments(tuple(condition.markers), requires_python)
    return any(condition.holds(environment) for environment in environments)


def _environments(
    markers: Iterable[str], requires_python: str
) -> Iterator[Mapping[str, str | frozenset[str]]]:
    """Yield the environments in which markers may differ."""
    named = _named_values(markers)
    versions = {"python_version", "python_full_version", "implementation_version"}
    texts = [text for name in versions & named.keys() for text in named[name]]
    pythons = [_python(version) for version in _versions(texts, requires_python)]
    implementations = [
        one for one in _PYTHONS if one is _PYTHONS[0] or not named.keys().isdisjoint(one)
    ]
    free = [
        [{name: value} for value in sorted({*named[name], "other"})]
        for name in _FREE
        if name in named
    ]
    choices: tuple[Iterable[Mapping[str, str]], ...] = (
        [*_platforms(named)],
        *free,
        implementations,
        pythons,
    )
    for chosen in islice(product(*choices), _MOST_ENVIRONMENTS):
        values = {**_UNNAMED, **{name: value for one in chosen for name, value in one.items()}}
        extra = values.pop("extra", "")
        yield {**values, "extras": frozenset({extra})}


def _platforms(named: Mapping[str, set[str]]) -> Iterator[Mapping[str, str]]:
    yield from _PLATFORMS
    for name in _PLATFORMS[0]:
        known = {one[name] for one in _PLATFORMS}
        for value in sorted(named.get(name, set()) - known):
            yield {**_PLATFORMS[-1], name: value}


def _named_values(markers: Iterable[str]) -> dict[str, set[str]]:
    """Map each variable to the values that markers compare it with."""
    named: dict[str, set[str]] = {}
    for marker in markers:
        for found in _COMPARISON.finditer(marker):
            left, right = found["left"], found["right"]
            if right[0] not in "'\"":
                left, right = right, left
            if left[0] not in "'\"":
                # Of `in`, the text may be a list.
                named.setdefault(left, set()).update(re.split(r"[\s,]+", right[1:-1]))
    return named


def _versions(texts: Iterable[str], requires_python: str) -> list[tuple[int, int, int]]:
    """Return Pythons around each version in texts, of those that a lock is for."""
    usual = sorted({_OLDEST, (3, 30, 0), *pythons_around((*texts, requires_python))})
    specifiers = parse_specifiers(requires_python)
    fitting = [one for one in usual if specifiers.contains(".".join(map(str, one)))]
    return fitting or usual


def pythons_around(texts: Iterable[str]) -> set[tuple[int, int, int]]:
    """Return each version that texts name, and the nearest ones below and above it.

    If something holds for some Pythons only, these are on both sides of its limits.
    """
    found: set[tuple[int, int, int]] = set()
    for text in texts:
        for version in _VERSION.findall(text):
            major, minor, patch, *_ = (*map(int, version.split(".")), 0, 0)
            found |= {
                (major, minor, 0),
                (major, minor, max(patch - 1, 0)),
                (major, minor, patch),
                (major, minor, patch + 1),
                (major, max(minor - 1, 0), 99),
                (major, minor + 1, 0),
                (max(major - 1, 0), 99, 0),
            }
    return found


def _python(version: tuple[int, int, int]) -> Mapping[str, str]:
    full = ".".join(map(str, version))
    return {
        "python_version": f"{version[0]}.{version[1]}",
        "python_full_version": full,
        "implementation_version": full,
    }
