"""Check whether installed distributions satisfy each other's requirements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_fields, parse_requirement

_FIELDS = re.compile(
    r"^(?:Name|Version|Requires-Dist):.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE
)
"""The fields that are read, with continuation lines; parsing all the others takes long."""


@dataclass(frozen=True, kw_only=True)
class Requires:
    """A requirement of an installed distribution that applies to the app's Python."""

    required_by: str
    """The name and version, such as `gunicorn 20.1.0`."""
    requirement: Requirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)


@dataclass(frozen=True, kw_only=True)
class InstalledMetadata:
    """The versions and requirements of all installed distributions."""

    versions: Mapping[str, str]
    """By normalized name."""
    requires: Sequence[Requires]


def installed_metadata(
    metadata: Iterable[str], markers: Mapping[str, str]
) -> InstalledMetadata:
    """Read the texts of METADATA files; `markers` describe the Python.

    Extras are not followed, and a requirement that cannot be parsed is ignored.
    """
    versions: dict[str, str] = {}
    requires = []
    for text in metadata:
        fields = parse_fields("\n".join(_FIELDS.findall(text)))
        name, version = fields.get("name", ""), fields.get("version", "")
        versions[canonicalize_name(name)] = version
        for one in fields.get("requires_dist", ()):
            try:
                requirement = parse_requirement(one)
                marker = requirement.marker
                applies = not marker or marker.evaluate({**markers, "extra": ""})
            except (
                *(InvalidRequirement, InvalidVersion),
                *(UndefinedComparison, UndefinedEnvironmentName),
            ):
                continue
            if applies:
                required_by = f"{name} {version}"
                requires.append(Requires(required_by=required_by, requirement=requirement))
    return InstalledMetadata(versions=versions, requires=requires)


def missing(installed: InstalledMetadata) -> tuple[str, ...]:
    """Report requirements of distributions that are not installed, as `pip check` does."""
    return tuple(
        f"{one.required_by} requires {one.requirement.name}, which is not installed."
        for one in installed.requires
        if one.name not in installed.versions
    )


def unfit(installed: InstalledMetadata) -> tuple[str, ...]:
    """Report installed versions that do not satisfy a requirement, as `pip check` does."""
    return tuple(
        f"{one.required_by} has requirement {one.requirement}, but you have "
        f"{one.requirement.name} {installed.versions[one.name]}."
        for one in installed.requires
        if one.name in installed.versions
        and not _satisfies(installed.versions[one.name], one.requirement)
    )


def problems(installed: InstalledMetadata) -> tuple[str, ...]:
    """Report missing distributions and wrong versions, in the words of `pip check`."""
    return (*missing(installed), *unfit(installed))


def _satisfies(version: str, requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return True  # an installer has accepted it
