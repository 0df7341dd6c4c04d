"""Packages that locks leave out, although installed packages need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_requirement, parse_version
from slipway.domain.redaction import redact
from slipway.domain.requirements.consistency import InstalledMetadata
from slipway.domain.requirements.lines import Line, LineKind, marker_applies
from slipway.domain.requirements.lock import without_hashes

UNLISTED = frozenset({"distribute", "pip", "setuptools", "wheel"})
"""pip-compile (without --allow-unsafe), `pip freeze` or Poetry leave these out of a lock.

https://pip-tools.readthedocs.io/en/stable/cli/pip-compile/
"""
WITH_PKG_RESOURCES = "setuptools<81"
"""What setuptools itself says to require, since it has announced that pkg_resources goes.

https://setuptools.pypa.io/en/stable/pkg_resources.html
"""
_FIRST_WITHOUT = parse_version("81")


@dataclass(frozen=True, kw_only=True)
class Unlisted:
    """The packages to add to a lock."""

    requirements: tuple[str, ...]
    """Everything that is required of them, as lines to resolve; empty if none is missing."""
    reasons: Mapping[str, str]
    """Name -> why it is added, as the end of a sentence."""
    is_required: bool
    """Whether an installed package says that it requires one that is not installed."""
    conflict: str | None
    """Why setuptools with pkg_resources cannot be added, and what to do."""


def find_unlisted(
    installed: InstalledMetadata,
    importer: str | None,
    lines: Sequence[Line],
    markers: Mapping[str, str],
    *,
    fixed_by: str | None,
    unavailable: str | None,
) -> Unlisted:
    """Decide which packages to add to what is installed.

    `importer` is the path of a module that imports pkg_resources if that is not installed.
    `lines` are the app's own for these packages. `fixed_by` says why Slipway must not choose
    the version of setuptools, `unavailable` why it cannot, each with what to do.
    """
    missing = {
        one.name: f"because {one.required_by} requires it"
        for one in reversed(installed.requires)
        if one.name in UNLISTED and one.name not in installed.versions
    }
    is_required = bool(missing)
    own = [line for line in lines if marker_applies(line.marker, markers)]
    conflict = None
    if importer is not None:
        conflict = fixed_by or _conflict(installed, own) or unavailable
        if conflict is None:
            missing["setuptools"] = (
                f"because {importer} imports pkg_resources, which new versions do not have"
            )
    requirements = [
        *(without_hashes(line) for line in own if line.name in missing),
        *(
            f"{one.name}{one.requirement.specifier}"
            for one in installed.requires
            if one.name in missing and one.requirement.url is None
        ),
        *([WITH_PKG_RESOURCES] if importer is not None and conflict is None else []),
    ]
    return Unlisted(
        requirements=tuple(dict.fromkeys(requirements)) if missing else (),
        reasons=missing,
        is_required=is_required,
        conflict=conflict,
    )


def _conflict(installed: InstalledMetadata, lines: Iterable[Line]) -> str | None:
    """Return who requires a setuptools that is too new, or a certain file, and what to do."""
    instead = f"Write `{WITH_PKG_RESOURCES}` instead"
    for line in lines:
        if line.name != "setuptools":
            continue
        if line.kind is LineKind.DIRECT:
            return f"{line.place} requires `{line.redacted}`. {instead}"
        try:
            requirement = parse_requirement(without_hashes(line))
        except InvalidRequirement:
            continue  # it has a variable, which only the resolver fills in
        if _is_too_new(requirement):
            return f"{line.place} requires `{redact(str(requirement))}`. {instead}"
    for one in installed.requires:
        if one.name == "setuptools" and _is_too_new(one.requirement):
            return (
                f"{one.required_by} requires `{redact(str(one.requirement))}`. Use a version "
                f"of {one.required_by.partition(' ')[0]} that accepts `{WITH_PKG_RESOURCES}`"
            )
    return None


def _is_too_new(requirement: Requirement) -> bool:
    return requirement.url is not None or any(map(_excludes_older, requirement.specifier))


def _excludes_older(specifier: Specifier) -> bool:
    """Return whether a specifier accepts no version that has pkg_resources."""
    if specifier.operator not in (">=", ">", "~=", "==", "==="):
        return False
    try:
        return parse_version(specifier.version.removesuffix(".*")) >= _FIRST_WITHOUT
    except InvalidVersion:
        return True  # === accepts any text
