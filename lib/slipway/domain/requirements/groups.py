"""The dependency groups and extras in pyproject.toml, for apps without a lock.

`packaging.dependency_groups` reads the groups (PEP 735). An extra, and for uv also a group, may
require extras of its own project by the project's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.errors import ExceptionGroup
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import Choice
from slipway.domain.packaging_text import parse_marker, parse_requirement
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import (
    Line,
    LineKind,
    bracketed_extras,
    read_lines,
    with_relative_paths,
)
from slipway.domain.requirements.mistyped import refuse_mistyped
from slipway.domain.requirements.poetry_requirements import poetry_extras, poetry_groups
from slipway.domain.toml_text import table_in
from slipway.errors.dependencies import DependencyGroupInvalid

_FILE, _GROUPS = "pyproject.toml", "dependency-groups"


def group_names(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups of a pyproject.toml, normalized."""
    names = map(canonicalize_name, table_in(document, _GROUPS))
    return tuple(dict.fromkeys((*names, *poetry_groups(document))))


def extra_names(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the extras of a pyproject.toml, normalized."""
    names = map(canonicalize_name, table_in(document, "project", "optional-dependencies"))
    return tuple(dict.fromkeys((*names, *poetry_extras(document))))


def lists_extras(document: Mapping[str, Any]) -> bool:
    """Return whether a pyproject.toml lists all extras, so no build has to tell them."""
    project = document.get("project")
    if not isinstance(project, Mapping):
        return "build-system" not in document
    dynamic = project.get("dynamic")
    return not (isinstance(dynamic, list) and "optional-dependencies" in dynamic)


def groups_to_install(document: Mapping[str, Any], choice: Choice) -> tuple[str, ...]:
    """Return the chosen groups, or else those that uv installs by default, except `dev`."""
    if choice.groups is not None:
        return choice.groups
    default = table_in(document, "tool", "uv").get("default-groups")
    known = group_names(document)
    named = known if default == "all" else default if isinstance(default, list) else ()
    names = (canonicalize_name(name) for name in named if isinstance(name, str))
    return tuple(name for name in dict.fromkeys(names) if name != "dev" and name in known)


def project_requirements(
    document: Mapping[str, Any], file: str, choice: Choice
) -> tuple[Line, ...]:
    """Return the dependencies in [project], with those of the chosen extras and groups.

    Raises RequirementsMistyped, RequirementInvalid, AddressUnusable, DependencyGroupInvalid.
    """
    project = table_in(document, "project")
    texts = _texts(project.get("dependencies"))
    texts += (
        text for extra in choice.extras for text in _of_extra(project, extra, seen=frozenset())
    )
    lines = _lines(texts, file)
    return (*lines, *group_requirements(document, file, choice))


def extra_requirements(
    document: Mapping[str, Any], file: str, extras: Iterable[str]
) -> tuple[Line, ...]:
    """Return the requirements of some extras in [project], and of those that they require.

    Raises RequirementsMistyped, RequirementInvalid, AddressUnusable.
    """
    project = table_in(document, "project")
    texts = (text for extra in extras for text in _of_extra(project, extra, seen=frozenset()))
    return _lines(texts, file)


def group_requirements(
    document: Mapping[str, Any], file: str, choice: Choice
) -> tuple[Line, ...]:
    """Return the requirements of the groups to install.

    A group that requires extras of the project itself has their requirements, as for uv.

    Raises as project_requirements.
    """
    project = table_in(document, "project")
    texts: list[str] = []
    for requirement in _in_groups(document, file, choice):
        extras = _own_extras(project, requirement)
        if extras is None:
            texts.append(str(requirement))
        for extra in sorted(extras or ()):
            texts += _of_extra(project, extra, frozenset(), requirement.marker)
    return _lines(texts, file)


def package_requirements(
    document: Mapping[str, Any], file: str, choice: Choice
) -> tuple[Line, ...]:
    """Require the app as a package with the chosen extras, and what the groups require.

    Raises as project_requirements.
    """
    project = table_in(document, "project")
    texts: list[str] = []
    own = [own_line(file, choice.extras)]
    for requirement in _in_groups(document, file, choice):
        extras = _own_extras(project, requirement)
        if extras is None:
            texts.append(str(requirement))
        else:
            own.append(own_line(file, extras, str(requirement.marker or "")))
    # Lines of one package may require different extras of it.
    return (*dict.fromkeys(own), *_lines(texts, file))


def own_line(file: str, extras: Iterable[str] = (), marker: str = "") -> Line:
    """Return the line that requires the app's own folder, as `pip install .[extra]` does."""
    names = bracketed_extras(extras)
    return Line(
        file=file,
        number=1,
        text=f".{names}; {marker}" if marker else f".{names}",
        kind=LineKind.DIRECT,
        value=".",
        extras=names,
        marker=marker,
    )


def reached_extras(document: Mapping[str, Any], choice: Choice) -> frozenset[str]:
    """Return the chosen extras of the app, and those that its groups and extras require.

    Raises DependencyGroupInvalid.
    """
    project = table_in(document, "project")
    found = [*choice.extras]
    for requirement in _in_groups(document, _FILE, choice):
        found += _own_extras(project, requirement) or ()
    for extra in found:  # the loop appends to it
        for text in _texts_of_extra(project, extra):
            parsed = _parsed(text)
            more = None if parsed is None else _own_extras(project, parsed)
            found += [one for one in more or () if one not in found]
    return frozenset(found)


def requirements_of_extras(
    document: Mapping[str, Any], extras: Iterable[str]
) -> tuple[str, ...]:
    """Return the requirements that some extras list themselves."""
    project = table_in(document, "project")
    return tuple(text for extra in extras for text in _texts_of_extra(project, extra))


def _in_groups(document: Mapping[str, Any], file: str, choice: Choice) -> Iterator[Requirement]:
    of_poetry = poetry_groups(document)  # poetry_requirements reads those of its own tables
    for group in groups_to_install(document, choice):
        if group not in of_poetry:
            yield from _in_group(document, file, group)


def _in_group(document: Mapping[str, Any], file: str, group: str) -> tuple[Requirement, ...]:
    """Return the requirements of a group, and of those that it includes.

    Raises DependencyGroupInvalid.
    """
    try:
        resolver = DependencyGroupResolver(table_in(document, _GROUPS))
        found = resolver.resolve(group)
        # packaging evaluates nothing, and raises other exceptions for hostile texts.
        return tuple(parse_requirement(str(one)) for one in found)
    except ExceptionGroup as errors:
        reasons = _reasons(errors)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        reasons = (str(error),)
    raise DependencyGroupInvalid(
        file=file, group=group, reasons=tuple(redact(reason) for reason in reasons)
    )


def _reasons(errors: ExceptionGroup) -> tuple[str, ...]:
    """Return what packaging says, once each: it groups its errors, and groups the groups."""
    found: dict[str, None] = {}
    for error in errors.exceptions:
        inner = _reasons(error) if isinstance(error, ExceptionGroup) else (str(error.args[0]),)
        found.update(dict.fromkeys(inner))
    return tuple(found)


def _own_extras(project: Mapping[str, Any], requirement: Requirement) -> frozenset[str] | None:
    """Return the extras of the project that it requires of itself; None for other packages."""
    name = project.get("name")
    if not isinstance(name, str) or requirement.url is not None:
        return None
    if canonicalize_name(requirement.name) != canonicalize_name(name):
        return None
    return frozenset(map(canonicalize_name, requirement.extras))


def _of_extra(
    project: Mapping[str, Any], extra: str, seen: frozenset[str], marker: object = None
) -> Iterator[str]:
    """Yield the requirements of an extra, and of those that it requires of its own project."""
    if extra in seen:
        return
    for text in _texts_of_extra(project, extra):
        requirement = _parsed(text)
        if requirement is None:
            yield text  # the line says what is wrong with it
            continue
        if marker is not None:
            both = f"({marker}) and ({requirement.marker})"
            requirement.marker = parse_marker(both if requirement.marker else str(marker))
        own = _own_extras(project, requirement)
        if own is None:
            yield str(requirement) if marker is not None else text
        for inner in sorted(own or ()):
            yield from _of_extra(project, inner, seen | {extra}, requirement.marker)


def _texts_of_extra(project: Mapping[str, Any], extra: str) -> list[str]:
    return [
        text
        for name, value in table_in(project, "optional-dependencies").items()
        if canonicalize_name(name) == extra
        for text in _texts(value)
    ]


def _parsed(text: str) -> Requirement | None:
    try:
        return parse_requirement(with_relative_paths(text))
    except InvalidRequirement:
        return None


def _lines(texts: Iterable[str], file: str) -> tuple[Line, ...]:
    texts = [*dict.fromkeys(texts)]
    refuse_mistyped("\n".join(texts), file)
    return tuple(
        line for text in texts for line in read_lines(with_relative_paths(text), file, {})
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
