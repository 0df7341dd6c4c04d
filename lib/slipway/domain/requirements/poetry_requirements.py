"""The requirements of an app that declares them for Poetry, and has no lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import Choice
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import Line, read_lines, with_relative_paths
from slipway.domain.requirements.poetry_project import (
    InvalidDependency,
    PoetryDependency,
    read_poetry_project,
)
from slipway.domain.toml_text import table_in
from slipway.errors.dependencies import PoetryDependencyInvalid


def poetry_groups(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups of Poetry's own tables, normalized."""
    poetry = table_in(document, "tool", "poetry")
    names = map(canonicalize_name, table_in(poetry, "group"))
    old = ("dev",) if table_in(poetry, "dev-dependencies") else ()
    return tuple(dict.fromkeys((*names, *old)))


def poetry_extras(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the extras in Poetry's own table, normalized."""
    return tuple(map(canonicalize_name, table_in(document, "tool", "poetry", "extras")))


def poetry_requirements(
    document: Mapping[str, Any], file: str, choice: Choice, *, is_package: bool
) -> tuple[Line, ...]:
    """Return what Poetry's tables require, and neither [project] nor the app's wheel tells.

    That is: the main dependencies and extras, if the app is not a package, and the groups.

    Raises PoetryDependencyInvalid, RequirementInvalid, AddressUnusable.
    """
    poetry, project = table_in(document, "tool", "poetry"), table_in(document, "project")
    named = choice.groups or ()
    groups = tuple(name for name in named if name in poetry_groups(document))
    is_listed = bool(project.get("dependencies") or project.get("optional-dependencies"))
    has_main = not is_package and not is_listed and bool(table_in(poetry, "dependencies"))
    if not (groups or has_main):
        return ()
    try:
        found = read_poetry_project(document)
        found = found if has_main else replace(found, dependencies=(), extras={})
        required = found.required(groups, choice.extras)
        return tuple(line for one in required for line in _lines(one, file))
    except InvalidDependency as error:
        raise PoetryDependencyInvalid(
            file=file,
            name=redact(error.text),
            reason=redact(error.reason),
            is_read_by_poetry=error.is_read_by_poetry,
        ) from None


def _lines(dependency: PoetryDependency, file: str) -> Iterator[Line]:
    for line in read_lines(with_relative_paths(dependency.requirement), file, {}):
        yield replace(line, name=line.name or dependency.name)
