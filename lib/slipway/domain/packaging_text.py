"""Parse what the standards of packaging define, with one kind of exception for each.

The package `packaging` raises its own exceptions for most invalid texts. Python raises others
for numbers with thousands of digits, and for thousands of parentheses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import (
    BuildTag,
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from packaging.metadata import RawMetadata

# Python converts at most 4300 digits, and versions are compared later than they are parsed.
_LONG_NUMBER = re.compile(r"[0-9]{1000}")
_MOST_NESTED = 50
_LONG = "a number in it is too long"
_NESTED = "it has too many parentheses"


def parse_requirement(text: str) -> Requirement:
    """Parse a requirement (PEP 508).

    Raises InvalidRequirement.
    """
    problem = _problem(text)
    if problem:
        raise InvalidRequirement(problem)
    try:
        requirement = Requirement(text)
        _evaluate(requirement.marker)
    except InvalidRequirement:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidRequirement(str(error)) from None
    return requirement


def parse_marker(text: str) -> Marker:
    """Parse an environment marker.

    Raises InvalidMarker.
    """
    problem = _problem(text)
    if problem:
        raise InvalidMarker(problem)
    try:
        marker = Marker(text)
        _evaluate(marker)
    except InvalidMarker:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidMarker(str(error)) from None
    return marker


def parse_lock_marker(text: str) -> Marker:
    """Parse an environment marker of a lock, which may name `extras` and `dependency_groups`.

    It is evaluated with `context="lock_file"`: PEP 751.

    Raises InvalidMarker.
    """
    problem = _problem(text)
    if problem:
        raise InvalidMarker(problem)
    try:
        marker = Marker(text)
        marker.evaluate(context="lock_file")
    except InvalidMarker:
        raise
    except UndefinedEnvironmentName as error:  # `extra` is for metadata: PEP 508
        raise InvalidMarker(f"{error.args[0]} cannot be used here") from None
    except (ValueError, RecursionError) as error:
        raise InvalidMarker(str(error)) from None
    return marker


def _evaluate(marker: Marker | None) -> None:
    """Evaluate a marker for any Python, because `os_name ~= "posix"` fails only then.

    Raises ValueError.
    """
    if marker:
        try:
            marker.evaluate({"extra": ""})
        except UndefinedEnvironmentName as error:  # `extras` is for locks: PEP 751
            raise ValueError(f"{error.args[0]} cannot be used here") from None


def parse_specifiers(text: str) -> SpecifierSet:
    """Parse a set of version specifiers (PEP 440).

    Raises InvalidSpecifier.
    """
    problem = _problem(text)
    if problem:
        raise InvalidSpecifier(problem)
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        raise
    except ValueError as error:
        raise InvalidSpecifier(str(error)) from None


def parse_version(text: str) -> Version:
    """Parse a version (PEP 440).

    Raises InvalidVersion.
    """
    problem = _problem(text)
    if problem:
        raise InvalidVersion(problem)
    try:
        return Version(text)
    except InvalidVersion:
        raise
    except ValueError as error:
        raise InvalidVersion(str(error)) from None


def parse_wheel_name(
    name: str,
) -> tuple[NormalizedName, Version, BuildTag, frozenset[Tag]]:
    """Parse the file name of a wheel.

    Raises InvalidWheelFilename.
    """
    problem = _problem(name)
    if problem:
        raise InvalidWheelFilename(problem)
    try:
        return parse_wheel_filename(name)
    except InvalidWheelFilename:
        raise
    except ValueError as error:
        raise InvalidWheelFilename(str(error)) from None


def parse_sdist_name(name: str) -> tuple[NormalizedName, Version]:
    """Parse the file name of an sdist.

    Raises InvalidSdistFilename.
    """
    problem = _problem(name)
    if problem:
        raise InvalidSdistFilename(problem)
    try:
        return parse_sdist_filename(name)
    except InvalidSdistFilename:
        raise
    except ValueError as error:
        raise InvalidSdistFilename(str(error)) from None


def parse_fields(text: str) -> RawMetadata:
    """Parse the fields of METADATA or PKG-INFO; those that are not valid are left out.

    Lone surrogates, which no encoding has, are replaced.
    """
    # Loads many modules, and an unchanged build reads no metadata.
    from packaging.metadata import parse_email

    return parse_email(text.encode("utf-8", "replace").decode())[0]


def _problem(text: str) -> str:
    if _LONG_NUMBER.search(text):
        return _LONG
    return _NESTED if text.count("(") > _MOST_NESTED else ""
