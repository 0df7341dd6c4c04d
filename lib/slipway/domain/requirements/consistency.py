"""Check whether installed distributions satisfy each other's requirements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_FIELDS = re.compile(
    r"^(?:Name|Version|Requires-Dist):.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE
)
"""The fields that are read, with continuation lines; parsing all the others takes long."""


def problems(metadata: Iterable[str], markers: Mapping[str, str]) -> tuple[str, ...]:
    """Report missing distributions and wrong versions, in the words of `pip check`.

    `metadata` has the texts of METADATA files; `markers` describe the Python. Extras are not
    followed, and a requirement that cannot be parsed is ignored.
    """
    # Loads many modules, and most builds install nothing.
    from packaging.metadata import parse_email

    distributions = [parse_email("\n".join(_FIELDS.findall(text)))[0] for text in metadata]
    versions = {
        canonicalize_name(one.get("name", "")): one.get("version", "") for one in distributions
    }
    found = []
    for distribution in distributions:
        required_by = f"{distribution.get('name')} {distribution.get('version')}"
        for text in distribution.get("requires_dist", ()):
            try:
                requirement = Requirement(text)
            except InvalidRequirement:
                continue
            marker = requirement.marker
            if marker and not marker.evaluate({**markers, "extra": ""}):
                continue
            version = versions.get(canonicalize_name(requirement.name))
            if version is None:
                found.append(
                    f"{required_by} requires {requirement.name}, which is not installed."
                )
            elif not requirement.specifier.contains(version, prereleases=True):
                found.append(
                    f"{required_by} has requirement {requirement}, but you have "
                    f"{requirement.name} {version}."
                )
    return tuple(found)
