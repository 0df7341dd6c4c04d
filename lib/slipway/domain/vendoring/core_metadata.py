"""The metadata of a wheel or an sdist, in METADATA or PKG-INFO."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import (
    parse_fields,
    parse_requirement,
    parse_specifiers,
    parse_version,
)
from slipway.errors.vendored import VendoredBroken


@dataclass(frozen=True, kw_only=True)
class CoreMetadata:
    name: str
    """Normalized."""
    version: str
    """Normalized, as in the file name of a wheel."""
    requires: tuple[str, ...]
    """Requires-Dist as written."""
    requires_python: str | None


def parse_metadata(text: str, path: str) -> CoreMetadata:
    """Parse the fields that a resolver needs; `path` is for errors.

    Raises VendoredBroken.

    https://packaging.python.org/en/latest/specifications/core-metadata/
    """
    raw = parse_fields(text)
    return CoreMetadata(
        name=_name(raw.get("name", ""), path),
        version=_version(raw.get("version", ""), path),
        requires=tuple(raw.get("requires_dist", ())),
        requires_python=_specifier(raw.get("requires_python")),
    )


def minimal_metadata(name: str, version: str, summary: str) -> str:
    """Write METADATA for a package that has none."""
    summary = " ".join(summary.split())
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n"


def require_by_name(text: str, names: Collection[str]) -> str:
    """Rewrite METADATA to require packages of these names by name, not by address."""
    return _without_addresses(text, lambda one: canonicalize_name(one.name) in names)


def require_files_by_name(text: str) -> str:
    """Rewrite METADATA to require packages by name, not by the URL of a file or folder."""
    return _without_addresses(text, lambda one: (one.url or "").startswith("file:"))


def _without_addresses(text: str, is_chosen: Callable[[Requirement], bool]) -> str:
    return "".join(_by_name(line, is_chosen) for line in text.splitlines(keepends=True))


def _by_name(line: str, is_chosen: Callable[[Requirement], bool]) -> str:
    field, colon, value = line.partition(":")
    if field.lower() != "requires-dist":
        return line
    try:
        requirement = parse_requirement(value.strip())
    except InvalidRequirement:
        return line
    if requirement.url is None or not is_chosen(requirement):
        return line
    requirement.url = None
    return f"{field}{colon} {requirement}\n"


def _specifier(written: str | None) -> str | None:
    """Normalize a specifier; None if it is not valid, because pip ignores it too."""
    try:
        return str(parse_specifiers(written)) if written else None
    except InvalidSpecifier:
        return None


def _name(written: str, path: str) -> str:
    if not written.strip():
        raise VendoredBroken(path=path, reason="it has no `Name:` line, or more than one")
    try:
        return canonicalize_name(written.strip(), validate=True)
    except InvalidName:
        reason = f"its name `{written}` is not a valid package name"
        raise VendoredBroken(path=path, reason=reason) from None


def _version(written: str, path: str) -> str:
    if not written.strip():
        raise VendoredBroken(path=path, reason="it has no `Version:` line, or more than one")
    try:
        return str(parse_version(written))
    except InvalidVersion:
        reason = f"its version `{written}` is not a valid version (PEP 440)"
        raise VendoredBroken(path=path, reason=reason) from None
