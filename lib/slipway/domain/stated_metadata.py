"""What a pyproject.toml states of a package, and its build therefore must not change.

https://packaging.python.org/en/latest/specifications/pyproject-toml/#dynamic
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

_DECISIVE = ("version", "dependencies", "optional-dependencies", "requires-python")


@dataclass(frozen=True, kw_only=True)
class StatedMetadata:
    name: str
    """Normalized."""
    version: str
    """Normalized."""
    requires: tuple[str, ...]
    """As METADATA has it in Requires-Dist."""
    extras: tuple[str, ...]
    """Normalized."""

    @property
    def text(self) -> str:
        """The same as a METADATA file."""
        fields = [
            ("Metadata-Version", "2.1"),
            ("Name", self.name),
            ("Version", self.version),
            *(("Provides-Extra", extra) for extra in self.extras),
            *(("Requires-Dist", requirement) for requirement in self.requires),
        ]
        return "".join(f"{name}: {value}\n" for name, value in fields)


def stated_metadata(project: Mapping[str, object]) -> StatedMetadata | None:
    """Read the table [project]; None where a build has to tell some of it."""
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or any(name in dynamic for name in _DECISIVE):
        return None
    match project.get("name"), project.get("version"), project.get("optional-dependencies", {}):
        case str(name), str(version), dict(optional):
            needs = {"": project.get("dependencies", []), **optional}
        case _:
            return None
    try:
        return StatedMetadata(
            name=canonicalize_name(name, validate=True),
            version=str(Version(version)),
            requires=tuple(_requires(needs)),
            extras=tuple(canonicalize_name(extra, validate=True) for extra in optional),
        )
    except (InvalidName, InvalidVersion, InvalidRequirement, TypeError):
        return None  # the backend says what is wrong with it


def _requires(needs: Mapping[str, object]) -> Iterator[str]:
    """Raise TypeError for what is no list of texts."""
    for extra, texts in needs.items():
        if not isinstance(texts, list):
            raise TypeError
        for text in texts:
            requirement = Requirement(text)
            if extra:
                given = f"({requirement.marker}) and " if requirement.marker else ""
                requirement.marker = Marker(f'{given}extra == "{canonicalize_name(extra)}"')
            yield str(requirement)


def normal_requirement(text: str) -> str:
    """Write a requirement as all are written; leave one that cannot be read."""
    try:
        return str(Requirement(text))
    except InvalidRequirement:
        return text
