"""The exact versions in the files that Pipenv, Poetry, PDM and uv make locks from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from packaging.requirements import InvalidRequirement

from slipway.domain.packaging_text import parse_requirement
from slipway.domain.toml_text import Document, table_in

_ALONE = re.compile(r"\d[\w.+!-]*")
"""A version without an operator, which for Poetry is an exact one."""
_NO_PACKAGE = "python"


def exact_pins(document: Document) -> tuple[str, ...]:
    """Return the packages whose exact versions a Pipfile or pyproject.toml requires."""
    found = [*_of_tables(document, "packages"), *_of_tables(document, "dev-packages")]
    found += _of_lines(table_in(document, "project").get("dependencies"))
    for lines in table_in(document, "project", "optional-dependencies").values():
        found += _of_lines(lines)
    for lines in table_in(document, "dependency-groups").values():
        found += _of_lines(lines)
    poetry = ("tool", "poetry")
    found += _of_tables(document, *poetry, "dependencies", is_poetry=True)
    found += _of_tables(document, *poetry, "dev-dependencies", is_poetry=True)
    for name in table_in(document, *poetry, "group"):
        found += _of_tables(document, *poetry, "group", name, "dependencies", is_poetry=True)
    return tuple(dict.fromkeys(found))


def _of_tables(document: Document, *keys: str, is_poetry: bool = False) -> Iterator[str]:
    for name, value in table_in(document, *keys).items():
        version = value.get("version") if isinstance(value, Mapping) else value
        if isinstance(version, str) and name != _NO_PACKAGE:
            text = version.strip()
            is_alone = is_poetry and _ALONE.fullmatch(text)
            if is_alone or (text.startswith("==") and "," not in text and "*" not in text):
                yield name


def _of_lines(lines: object) -> Iterator[str]:
    for line in lines if isinstance(lines, list) else ():
        try:
            requirement = parse_requirement(line if isinstance(line, str) else "")
        except InvalidRequirement:
            continue
        exact = [one.version for one in requirement.specifier if one.operator == "=="]
        if any("*" not in version for version in exact):
            yield requirement.name
