"""Whether what is installed fits together, as each distribution's own metadata asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from packaging.metadata import RawMetadata

_FIELDS = re.compile(
    r"^(?:Name|Version|Requires-Dist):.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE
)
"""Those that are looked at, with the lines that go on with one: all others take their time."""


def problems(metadata: Iterable[str], markers: Mapping[str, str]) -> tuple[str, ...]:
    """Say what is missing or of another version, in the words of `pip check`.

    `metadata` are the texts of METADATA, of which the fields alone are needed; `markers`
    describe the Python.
    """
    # Loads a good deal, and where nothing is installed nothing is held together.
    from packaging.metadata import parse_email

    found = [parse_email("\n".join(_FIELDS.findall(text)))[0] for text in metadata]
    versions: dict[str, str] = {
        canonicalize_name(one.get("name", "")): one.get("version", "") for one in found
    }
    return tuple(problem for one in found for problem in _problems(one, versions, markers))


def _problems(
    metadata: RawMetadata, versions: Mapping[str, str], markers: Mapping[str, str]
) -> Iterator[str]:
    required_by = f"{metadata.get('name')} {metadata.get('version')}"
    for requirement in _asked(metadata, markers):
        name = canonicalize_name(requirement.name)
        if name not in versions:
            yield f"{required_by} requires {requirement.name}, which is not installed."
        elif not requirement.specifier.contains(versions[name], prereleases=True):
            yield (
                f"{required_by} has requirement {requirement}, but you have "
                f"{requirement.name} {versions[name]}."
            )


def _asked(metadata: RawMetadata, markers: Mapping[str, str]) -> Iterator[Requirement]:
    """Give what it needs here without any of its extras; leave out what cannot be read."""
    for text in metadata.get("requires_dist", ()):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker is None or marker.evaluate({**markers, "extra": ""}):
            yield requirement
