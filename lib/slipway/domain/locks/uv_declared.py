"""What a project requires, with the sources that uv takes it from, as uv records it in a lock.

https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from packaging.requirements import InvalidRequirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from slipway.domain.locks.markers import (
    ALWAYS,
    Condition,
    is_possible,
    when,
    when_python,
)
from slipway.domain.locks.uv_workspace import (
    Project,
    Workspace,
    normalized_address,
)
from slipway.domain.packaging_text import parse_requirement, parse_specifiers
from slipway.domain.redaction import redact
from slipway.domain.toml_text import table_in, tables_in, texts_in

UNCLEAR = ("unclear",)
"""The source of a requirement that only uv itself can compare."""
_LOCAL = "(local)"
_MEMBER = ("member",)
_ARCHIVE = re.compile(
    r".*\.(?:whl|zip|tar|tar\.(?:gz|bz2|xz|zst|lz|lzma)|tgz|tbz|txz|tlz)", re.I
)
_REFERENCES = ("rev", "tag", "branch")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A requirement, with the source that uv takes it from."""

    name: str
    """Normalized."""
    extras: frozenset[str] = frozenset()
    specifiers: SpecifierSet = field(default_factory=SpecifierSet)
    source: tuple[str, ...] = ()
    """Empty for the usual indexes, else its kind and what it says."""
    condition: Condition = ALWAYS
    text: str
    """For messages."""


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """Reads the requirements of a workspace's projects, and those that its lock records."""

    workspace: Workspace

    def of(self, project: Project) -> Iterator[Declared]:
        """Yield what a project requires, and what its extras do."""
        for text in texts_in(project.table.get("dependencies")):
            yield from self.with_sources(text, project)
        for written, entries in table_in(project.table, "optional-dependencies").items():
            extra = canonicalize_name(written)
            for text in texts_in(entries):
                for one in self.with_sources(text, project, extra=extra):
                    yield replace(one, condition=one.condition & when(f"extra == '{extra}'"))

    def of_groups(self, project: Project) -> dict[str, list[Declared]]:
        """Return what the groups of a project require, those that they include as well.

        Raises InvalidSpecifier.
        """
        tables_of = table_in(project.document, "dependency-groups")
        written = {str(canonicalize_name(name)): one for name, one in tables_of.items()}
        pythons = {
            str(canonicalize_name(name)): str(value.get("requires-python", ""))
            for name, value in table_in(project.uv, "dependency-groups").items()
            if isinstance(value, dict)
        }
        found: dict[str, list[Declared]] = {}
        for group in written:
            found[group] = [
                replace(one, condition=one.condition & python)
                for text, python in _group_texts(group, written, pythons)
                for one in self.with_sources(text, project, group=group)
            ]
        if "dev-dependencies" in project.uv:
            older = found.setdefault("dev", [])
            for text in texts_in(project.uv["dev-dependencies"]):
                older += self.with_sources(text, project, group="dev")
        return found

    def with_sources(
        self, text: str, project: Project, *, extra: str = "", group: str = ""
    ) -> Iterator[Declared]:
        """Yield a requirement once for each of its sources, as uv does.

        https://docs.astral.sh/uv/concepts/projects/dependencies/#multiple-sources
        """
        try:
            parsed = parse_requirement(text)
        except InvalidRequirement:
            yield Declared(name=text, source=("invalid",), text=redact(text))
            return
        name = canonicalize_name(parsed.name)
        plain = Declared(
            name=name,
            extras=frozenset(map(canonicalize_name, parsed.extras)),
            specifiers=parsed.specifier,
            source=_address(parsed.url) if parsed.url else (),
            condition=when(str(parsed.marker)) if parsed.marker else ALWAYS,
            text=redact(text),
        )
        owner, entries = project, project.sources_of(name)
        if entries is None and self.workspace.shares_sources(project):
            owner, entries = self.workspace.root, self.workspace.root.sources_of(name)
        if entries is None or project.uv.get("no-sources") is True:
            yield plain
        elif not all(isinstance(entry, dict) for entry in entries):
            yield replace(plain, source=UNCLEAR)
        else:
            chosen = [one for one in entries if _is_for(one, extra=extra, group=group)]
            yield from self._from_each(plain, chosen, project, owner)

    def _from_each(
        self,
        plain: Declared,
        entries: Sequence[Mapping[str, Any]],
        project: Project,
        owner: Project,
    ) -> Iterator[Declared]:
        rest = plain.condition
        for entry in entries:
            marker = when(str(entry.get("marker", "")))
            condition = plain.condition & marker
            rest &= ~marker
            if is_possible(condition):
                source = self._source(entry, project, owner)
                has_versions = source[:1] in ((), ("index",))
                yield replace(
                    plain,
                    source=source,
                    specifiers=plain.specifiers if has_versions else SpecifierSet(),
                    condition=condition,
                )
        if not entries or is_possible(rest):
            yield replace(plain, condition=rest)

    def _source(
        self, entry: Mapping[str, Any], project: Project, owner: Project
    ) -> tuple[str, ...]:
        """Return the source that an entry of [tool.uv.sources] stands for.

        `owner` is the project whose file has the entry, whose folder is where paths start.
        """
        found: tuple[str, ...] = UNCLEAR
        match entry:
            case {"git": str(address)}:
                folder = str(entry.get("subdirectory", ""))
                found = _repository(address.removeprefix("git+"), _reference(entry), folder)
            case {"url": str(address)}:
                found = _archive(address, str(entry.get("subdirectory", "")))
            case {"path": str(path)}:
                place = posixpath.normpath(posixpath.join(owner.folder, path))
                if _ARCHIVE.fullmatch(place):
                    found = ("archive", place)
                elif not posixpath.isabs(place):
                    found = _folder(place, is_editable=entry.get("editable") is True)
            case {"workspace": True}:
                found = _MEMBER
            case {"index": str(name)}:
                known = (*project.indexes, *self.workspace.root.indexes)
                url = next((one.url for one in known if one.name == name), "")
                if url:
                    found = ("index", _index(url), *_chosen(entry))
        return found

    def locked(self, entry: Mapping[str, Any]) -> Declared:
        """Read a requirement of the lock, for which uv has found the source.

        Raises InvalidSpecifier.
        """
        name = canonicalize_name(str(entry.get("name", "")))
        extras = texts_in(entry.get("extras", entry.get("extra")))
        specifiers, marker = str(entry.get("specifier", "")), str(entry.get("marker", ""))
        source = self._locked_source(entry)
        parts = (
            f"[{','.join(extras)}]" if extras else "",
            specifiers,
            f" from {redact(source[1])}" if source[1:] else "",
            f" ; {marker}" if marker else "",
        )
        return Declared(
            name=name,
            extras=frozenset(map(canonicalize_name, extras)),
            specifiers=parse_specifiers(specifiers),
            source=source,
            condition=when(marker),
            text="".join((name, *parts)),
        )

    def _locked_source(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        match entry:
            case {"git": str(address)}:
                base, _, query = address.partition("#")[0].partition("?")
                options = dict(parse_qsl(query, keep_blank_values=True))
                folder = options.get("subdirectory", "")
                found = _repository(base, _reference(options), folder)
            case {"url": str(address)}:
                found = _archive(address, str(entry.get("subdirectory", "")))
            case {"path": str(path)}:
                found = ("archive", posixpath.normpath(path))
            case {"directory": str(path)} | {"editable": str(path)} | {"virtual": str(path)}:
                place = posixpath.normpath(path)
                is_editable = "editable" in entry
                is_member = place in self._member_folders
                found = _MEMBER if is_member else _folder(place, is_editable=is_editable)
            case {"index": str(url)}:
                conflict = entry.get("conflict")
                chosen = _chosen(conflict) if isinstance(conflict, dict) else ()
                found = ("index", _index(url), *chosen)
        return found

    @cached_property
    def _member_folders(self) -> frozenset[str]:
        return frozenset(project.folder for project in self.workspace.members)


def _is_for(entry: Mapping[str, Any], *, extra: str, group: str) -> bool:
    """Return whether a source is for the extra or group that has the requirement."""
    return all(
        key not in entry or canonicalize_name(str(entry[key])) == own
        for key, own in (("extra", extra), ("group", group))
    )


def _reference(options: Mapping[str, Any]) -> str:
    return next((f"{key} {options[key]}" for key in _REFERENCES if key in options), "")


def _repository(address: str, reference: str, subdirectory: str) -> tuple[str, ...]:
    base = normalized_address(address.partition("#")[0].partition("?")[0])
    folder = posixpath.normpath(subdirectory) if subdirectory else ""
    return ("git", base, folder, reference)


def _archive(address: str, subdirectory: str) -> tuple[str, ...]:
    base, _, fragment = address.partition("#")
    subdirectory = subdirectory or dict(parse_qsl(fragment)).get("subdirectory", "")
    folder = posixpath.normpath(subdirectory) if subdirectory else ""
    return ("url", normalized_address(base), folder)


def _address(url: str) -> tuple[str, ...]:
    """Return the source of a requirement with an address."""
    if url.startswith("git+"):
        base, _, fragment = url.removeprefix("git+").partition("#")
        scheme, _, rest = base.partition("://")
        host, slash, path = rest.partition("/")
        path, _, reference = path.partition("@")
        subdirectory = dict(parse_qsl(fragment)).get("subdirectory", "")
        named = {"rev": reference} if reference else {}
        address = f"{scheme}://{host}{slash}{path}"
        return _repository(address, _reference(named), subdirectory)
    return UNCLEAR if url.startswith("file:") or "://" not in url else _archive(url, "")


def _folder(path: str, *, is_editable: bool) -> tuple[str, ...]:
    return ("folder", path, "editable" if is_editable else "")


def _index(url: str) -> str:
    """Return an address to compare; that of a folder in the lock is of another machine."""
    is_local = "://" not in url or url.startswith("file:")
    return _LOCAL if is_local else normalized_address(url)


def _chosen(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the extra or group that the entry of an index is for."""
    return tuple(
        f"{key} {canonicalize_name(str(entry[key]))}"
        for key in ("extra", "group")
        if key in entry
    )


def _group_texts(
    group: str, written: Mapping[str, object], pythons: Mapping[str, str]
) -> Iterator[tuple[str, Condition]]:
    """Yield the requirements of a group and of those that it includes: PEP 735."""
    waiting, seen = [(group, ALWAYS)], {group}
    for name, outer in waiting:  # the loop appends to it
        python = outer & when_python(pythons.get(name, ""))
        entries = written.get(name)
        for text in texts_in(entries):
            yield text, python
        for entry in tables_in(entries):
            included = str(canonicalize_name(str(entry.get("include-group", ""))))
            if included not in seen:
                seen.add(included)
                waiting.append((included, python))
