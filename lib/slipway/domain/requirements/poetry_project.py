"""Read the dependencies that Poetry's tables in a pyproject.toml declare.

https://python-poetry.org/docs/dependency-specification/ and
https://python-poetry.org/docs/managing-dependencies/. A build of the app would tell them as
well, but not those of groups, and with `package-mode = false` there is no build.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.packaging_text import parse_marker, parse_requirement
from slipway.domain.requirements.declared_sources import SourceKind, both, place_of
from slipway.domain.requirements.lines import bracketed_extras
from slipway.domain.requirements.poetry_constraints import (
    alternatives,
    one_specifier,
    platform_marker,
    python_marker,
)
from slipway.domain.toml_text import table_in

_MAIN, _DEV = "main", "dev"


class InvalidDependency(ValueError):
    """A dependency that Poetry cannot read, or that neither pip nor uv can be told."""

    def __init__(self, text: str, reason: str, *, is_read_by_poetry: bool = False) -> None:
        super().__init__(f"{text}: {reason}")
        self.text = text
        """Its name, or all of it, as in the file."""
        self.reason = reason
        """The predicate of a sentence, or a sentence without its end."""
        self.is_read_by_poetry = is_read_by_poetry


@dataclass(frozen=True, kw_only=True)
class PoetryDependency:
    """One dependency, with one of its constraints."""

    name: str
    """Normalized."""
    constraint: str = "*"
    """Of its version."""
    marker: str = ""
    """What `markers`, `python` and `platform` say together."""
    extras: tuple[str, ...] = ()
    """Normalized."""
    is_optional: bool = False
    """Whether only extras of its own project need it."""
    kind: SourceKind | None = None
    """Where it comes from: None for an index."""
    target: str = ""
    """PATH: as written; ADDRESS: as in PEP 508; UNKNOWN: the reason."""
    index: str = ""
    """The name of the one index that it comes from."""

    @property
    def specifiers(self) -> tuple[str, ...]:
        """The specifiers of which its version meets one."""
        return alternatives(self.constraint)

    @property
    def requirement(self) -> str:
        """The line for a requirements file.

        Raises InvalidDependency if pip has no line like it.
        """
        suffix = f" ; {self.marker}" if self.marker else ""
        extras = bracketed_extras(self.extras)
        if self.kind is SourceKind.PATH:
            path = self.target if self.target.startswith((".", "/")) else f"./{self.target}"
            return f"{path}{extras}{suffix}"
        if self.kind is SourceKind.ADDRESS:
            return f"{self.name}{extras} @ {self.target}{suffix}"
        if self.kind is SourceKind.UNKNOWN:
            raise InvalidDependency(
                self.name, self.target.removesuffix("."), is_read_by_poetry=True
            )
        try:
            return f"{self.name}{extras}{one_specifier(self.constraint)}{suffix}"
        except InvalidSpecifier as error:
            raise InvalidDependency(self.name, str(error), is_read_by_poetry=True) from None


@dataclass(frozen=True, kw_only=True)
class PoetryProject:
    """What a pyproject.toml declares for Poetry."""

    dependencies: tuple[PoetryDependency, ...] = ()
    """The main ones, with the optional ones."""
    groups: Mapping[str, tuple[PoetryDependency, ...]] = field(default_factory=dict)
    """Of each group, those of the groups that it includes too; names are normalized."""
    extras: Mapping[str, tuple[PoetryDependency, ...]] = field(default_factory=dict)
    """The optional dependencies of each extra; names are normalized."""

    @property
    def every(self) -> Iterator[PoetryDependency]:
        """All dependencies, of groups and extras too."""
        yield from self.dependencies
        for found in (*self.groups.values(), *self.extras.values()):
            yield from found

    def required(
        self, groups: Collection[str], extras: Collection[str]
    ) -> tuple[PoetryDependency, ...]:
        """Return the main dependencies, and those of some groups and extras."""
        main = [one for one in self.dependencies if not one.is_optional]
        more = [one for name in extras for one in self.extras.get(name, ())]
        grouped = [one for name in groups for one in self.groups.get(name, ())]
        always = (replace(one, is_optional=False) for one in (*main, *more, *grouped))
        return tuple(dict.fromkeys(always))


def read_poetry_project(document: Mapping[str, Any]) -> PoetryProject:
    """Read the dependencies, groups and extras, as Poetry 2 understands them.

    Raises InvalidDependency.
    """
    poetry, project = table_in(document, "tool", "poetry"), table_in(document, "project")
    table = table_in(poetry, "dependencies")
    optional = table_in(project, "optional-dependencies")
    extras: dict[str, tuple[PoetryDependency, ...]]
    if project.get("dependencies") or optional:
        # Poetry's own table only says more about these, unless [project] calls them dynamic.
        dependencies = [*_listed(project.get("dependencies"))]
        dynamic = project.get("dynamic")
        if isinstance(dynamic, list) and "dependencies" in dynamic:
            dependencies += dependencies_in(table)
        extras = {canonicalize_name(key): tuple(_listed(optional[key])) for key in optional}
    else:
        dependencies = [*dependencies_in(table)]
        extras = {
            canonicalize_name(key): tuple(_of_extra(value, dependencies))
            for key, value in table_in(poetry, "extras").items()
        }
    return PoetryProject(
        dependencies=tuple(dependencies), groups=_groups(document, poetry), extras=extras
    )


def dependencies_in(table: Mapping[str, Any]) -> Iterator[PoetryDependency]:
    """Read a table of Poetry's, such as [tool.poetry.dependencies].

    Raises InvalidDependency.
    """
    for written, value in table.items():
        if written.lower() == "python":
            continue
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, str):
                yield _dependency(written, {"version": entry})
            elif isinstance(entry, Mapping):
                yield _dependency(written, entry)
            else:
                raise InvalidDependency(written, "it is neither a version nor a table")


def _dependency(written: str, entry: Mapping[str, Any]) -> PoetryDependency:
    texts = {}
    for key in ("version", "markers", "python", "platform", "source"):
        value = entry.get(key, "")
        if not isinstance(value, str):
            raise InvalidDependency(written, f"its `{key}` is not a string")
        texts[key] = value.strip()
    extras = entry.get("extras", [])
    if not isinstance(extras, list) or not all(isinstance(one, str) for one in extras):
        raise InvalidDependency(written, "its `extras` are not a list of names")
    constraint = texts["version"] or "*"
    try:
        alternatives(constraint)
        marker = _marker(texts["markers"], texts["python"], texts["platform"])
    except (InvalidSpecifier, InvalidMarker) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidDependency(written, reason) from None
    kind, target = place_of(entry) or (None, "")
    if kind is SourceKind.PATH and isinstance(entry.get("subdirectory"), str):
        target = f"{target}/{entry['subdirectory']}"
    return PoetryDependency(
        name=_name(written),
        constraint=constraint,
        marker=marker,
        extras=tuple(sorted(canonicalize_name(one) for one in extras)),
        is_optional=entry.get("optional") is True,
        kind=kind,
        target=target,
        index=texts["source"],
    )


def _marker(markers: str, python: str, platform: str) -> str:
    """Join the conditions of a dependency. Raises InvalidMarker, InvalidSpecifier."""
    if markers:
        parse_marker(markers)
    marker = both(markers, python_marker(python) if python else "")
    marker = both(marker, platform_marker(platform) if platform else "")
    if marker:
        parse_marker(marker)
    return marker


def _name(written: str) -> str:
    try:
        return canonicalize_name(parse_requirement(written).name)
    except InvalidRequirement:
        raise InvalidDependency(written, "this is not the name of a package") from None


def _listed(texts: object) -> Iterator[PoetryDependency]:
    """Read requirements as in PEP 508."""
    for text in texts if isinstance(texts, list) else []:
        if not isinstance(text, str):
            continue  # a group that another one includes
        try:
            requirement = parse_requirement(text)
            constraint = str(requirement.specifier) or "*"
            alternatives(constraint)
        except (InvalidRequirement, InvalidSpecifier) as error:
            raise InvalidDependency(text, str(error).partition("\n")[0]) from None
        url = requirement.url or ""
        is_local = url.startswith("file:")
        kind = (SourceKind.PATH if is_local else SourceKind.ADDRESS) if url else None
        yield PoetryDependency(
            name=canonicalize_name(requirement.name),
            constraint=constraint,
            marker=str(requirement.marker or ""),
            extras=tuple(sorted(canonicalize_name(one) for one in requirement.extras)),
            kind=kind,
            target=url,
        )


def _of_extra(
    names: object, dependencies: Sequence[PoetryDependency]
) -> Iterator[PoetryDependency]:
    """Yield the dependencies that an extra of Poetry's names."""
    for text in names if isinstance(names, list) else []:
        wanted = _name(text) if isinstance(text, str) else ""
        yield from (one for one in dependencies if one.name == wanted)


def _groups(
    document: Mapping[str, Any], poetry: Mapping[str, Any]
) -> dict[str, tuple[PoetryDependency, ...]]:
    own: dict[str, list[PoetryDependency]] = {}
    included: dict[str, list[str]] = {}

    def add(written: str, more: Iterable[PoetryDependency], includes: object) -> None:
        name = canonicalize_name(written)
        own.setdefault(name, []).extend(more)
        names = includes if isinstance(includes, list) else []
        included.setdefault(name, []).extend(
            canonicalize_name(one) for one in names if isinstance(one, str)
        )

    standard = table_in(document, "dependency-groups")
    for written, entries in standard.items():
        tables = entries if isinstance(entries, list) else []
        includes = [one.get("include-group") for one in tables if isinstance(one, dict)]
        add(written, _listed(entries), includes)
    for written in table_in(poetry, "group"):
        group = table_in(poetry, "group", written)
        add(
            written,
            dependencies_in(table_in(group, "dependencies")),
            group.get("include-groups"),
        )
    if table_in(poetry, "dev-dependencies"):
        add(_DEV, dependencies_in(table_in(poetry, "dev-dependencies")), [])
    found = {}
    for name in own:
        names = [name]
        for one in names:  # the loop appends to it
            names += [more for more in included.get(one, ()) if more not in names]
        found[name] = tuple(one for part in names for one in own.get(part, ()))
    found.pop(_MAIN, None)
    return found
