"""What pyproject.toml declares for PDM: requirements, indexes, what a lock is compared with.

https://pdm-project.org/latest/reference/pep621/ and https://pdm-project.org/latest/usage/config/
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote

from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import FromPath, Index, Pin, ReadText
from slipway.domain.packaging_text import parse_requirement, parse_specifiers
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.errors.app import FileNotToml

DEFAULT_GROUP, DEFAULT_SOURCE = "default", "pypi"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_OTHER_IN_PATTERNS = re.compile(r"[^A-Za-z0-9?*\[\]-]+")


def app_pin(project: Document, folder: str) -> Pin | None:
    """Return the app itself, if PDM installs it and the app says how it is built."""
    name = table_in(project, "project").get("name")
    settings = table_in(project, "tool", "pdm")
    is_package = settings.get("distribution", True) is not False
    if "package-type" in settings:
        is_package = settings["package-type"] == "library"
    if not isinstance(name, str) or not is_package or "build-system" not in project:
        return None
    return Pin(name=canonicalize_name(name), source=FromPath(path=folder or "."))


# Requirements


def requirements_by_group(project: Document) -> Mapping[str, tuple[str, ...]]:
    """Return the requirements of each group and extra, by its normalized name.

    Those of the groups that a group includes are among them.
    """
    metadata = table_in(project, "project")
    name = metadata.get("name")
    own = canonicalize_name(name) if isinstance(name, str) else ""
    entries: dict[str, list[object]] = {DEFAULT_GROUP: [*_list(metadata.get("dependencies"))]}
    for table in (
        table_in(metadata, "optional-dependencies"),
        table_in(project, "dependency-groups"),
        table_in(project, "tool", "pdm", "dev-dependencies"),
    ):
        for group, texts in table.items():
            entries.setdefault(canonicalize_name(group), []).extend(_list(texts))
    return {group: tuple(dict.fromkeys(_texts(group, entries, own))) for group in entries}


def _texts(group: str, entries: Mapping[str, Sequence[object]], own: str) -> Iterator[str]:
    waiting, seen = [group], {group}
    for name in waiting:  # the loop appends to it
        for entry in entries.get(name, ()):
            included = [*_included(entry, own)]
            waiting += [one for one in included if one not in seen]
            seen.update(included)
            if isinstance(entry, str) and not included:
                yield entry


def _included(entry: object, own: str) -> Iterator[str]:
    """Yield the groups that an entry stands for: `{include-group = "x"}`, or `app[x]`."""
    match entry:
        case {"include-group": str(name)}:
            yield canonicalize_name(name)
        case str() if own and canonicalize_name(entry.partition("[")[0].strip() or "-") == own:
            try:
                extras = parse_requirement(entry).extras
            except InvalidRequirement:
                return
            yield from (canonicalize_name(extra) for extra in sorted(extras))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


# The comparison with a lock


def content_hashes(
    project: Document, folder: str, read: ReadText, places: Iterable[str]
) -> Iterator[str]:
    """Yield the SHA-256 that each version of PDM computes of what a lock was made from.

    `places` are the folders that the lock takes packages from, relative to the app: members of
    a workspace that a pattern names are found among them.
    """
    members = _members(project, folder, read, places)
    for version in (_since_2_19, _since_2_13, _until_2_12):
        root = _digest(version(project))
        if not members:
            yield root
            continue
        total = hashlib.sha256(root.encode())
        for path, member in members:
            digest = _digest(version(member))
            total.update(f"\0{path}\0{digest}".encode("utf-8", "replace"))
        yield total.hexdigest()


def _since_2_19(project: Document) -> Document:
    groups = {
        canonicalize_name(group): [*_list(texts)]
        for group, texts in table_in(project, "dependency-groups").items()
    }
    for group, texts in table_in(project, "tool", "pdm", "dev-dependencies").items():
        groups.setdefault(canonicalize_name(group), []).extend(_list(texts))
    return {**_since_2_13(project), "dev-dependencies": groups}


def _since_2_13(project: Document) -> Document:
    metadata = table_in(project, "project")
    settings = table_in(project, "tool", "pdm")
    return {
        "sources": settings.get("source", []),
        "dependencies": metadata.get("dependencies", []),
        "dev-dependencies": settings.get("dev-dependencies", {}),
        "optional-dependencies": metadata.get("optional-dependencies", {}),
        "requires-python": metadata.get("requires-python", ""),
        "resolution": settings.get("resolution", {}),
    }


def _until_2_12(project: Document) -> Document:
    hashed = _since_2_13(project)
    del hashed["resolution"]
    overrides = table_in(project, "tool", "pdm", "resolution").get("overrides", {})
    return {**hashed, "overrides": overrides}


def _digest(hashed: Document) -> str:
    # Dates are never in what PDM hashes, because JSON has none.
    text = json.dumps(hashed, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def has_patterns(project: Document) -> bool:
    """Return whether patterns name the members of PDM's workspace, and not only paths."""
    members = table_in(project, "tool", "pdm", "workspace").get("members")
    return any(isinstance(one, str) and re.search(r"[*?\[]", one) for one in _list(members))


def _members(
    project: Document, folder: str, read: ReadText, places: Iterable[str]
) -> list[tuple[str, Document]]:
    written = table_in(project, "tool", "pdm", "workspace").get("members")
    patterns = [posixpath.normpath(one) for one in _list(written) if isinstance(one, str)]
    inside = [posixpath.relpath(place, folder or ".") for place in places]
    paths = {one for one in patterns if not re.search(r"[*?\[]", one)}
    paths |= {one for one in inside if any(fnmatchcase(one, pattern) for pattern in patterns)}
    found = []
    for path in sorted(paths):
        file = posixpath.normpath(posixpath.join(folder, path, "pyproject.toml"))
        is_inside = not posixpath.isabs(file) and file.split("/")[0] != ".."
        text = read(file) if is_inside else None
        if text is not None:
            try:
                found.append((path, parse_toml(text, file)))
            except FileNotToml:
                continue  # finding the vendored packages reports it
    return found


def fits_inputs(inputs: object, project: Document) -> bool:
    """Return whether the `lock_inputs` of a lock, which PDM 2.29 can write, fit a project.

    They have everything but the versions that are required: a lock stays valid if its own
    versions meet them. Markers are not compared, because PDM writes them in a form of its own.
    """
    locked = table_in({"lock": inputs}, "lock", "project")
    settings = table_in(project, "tool", "pdm")
    resolution = {**table_in(settings, "resolution")}
    resolution.pop("lock_inputs", None)
    sources = [
        {
            key: sorted(value) if key.endswith("_packages") and _is_texts(value) else value
            for key, value in source.items()
            if key not in ("username", "password")
        }
        for source in _list(settings.get("source"))
        if isinstance(source, dict)
    ]
    python = table_in(project, "project").get("requires-python", "")
    required = requirements_by_group(project)
    groups = table_in(locked, "groups")
    return (
        _fingerprinted(resolution) == locked.get("resolution", {})
        and _fingerprinted(sources) == locked.get("sources", [])
        and _same_specifiers(python, locked.get("requires-python", ""))
        and {canonicalize_name(group) for group in groups} == {*required}
        and all(
            _names(required.get(canonicalize_name(group), ())) == _names(_list(texts))
            for group, texts in groups.items()
        )
    )


def _fingerprinted(value: object) -> object:
    """Replace texts that have an address by their hash, as PDM does to hide credentials."""
    if isinstance(value, dict):
        return {key: _fingerprinted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_fingerprinted(one) for one in value]
    if isinstance(value, str) and _ADDRESS.search(value):
        return f"sha256:{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()}"
    return value


def _same_specifiers(one: object, other: object) -> bool:
    try:
        return parse_specifiers(str(one)) == parse_specifiers(str(other))
    except InvalidSpecifier:
        return one == other


def _names(requirements: Iterable[object]) -> set[tuple[str, frozenset[str]]]:
    found: set[tuple[str, frozenset[str]]] = set()
    for text in requirements:
        try:
            requirement = parse_requirement(str(text))
        except InvalidRequirement:
            continue  # an address, of which PDM writes only a hash
        if requirement.url is None:
            found.add((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


# Indexes


@dataclass(frozen=True, kw_only=True)
class Source:
    """An entry of [[tool.pdm.source]]."""

    index: Index
    included: tuple[str, ...]
    """Patterns of the packages that only this source may have."""
    excluded: tuple[str, ...]

    @property
    def is_default(self) -> bool:
        """Whether it replaces the index that PDM uses by default."""
        return self.index.name == DEFAULT_SOURCE

    @property
    def is_for_all(self) -> bool:
        """Whether it does not say which packages it has."""
        return not (self.included or self.excluded)


PUBLIC = Source(index=Index(url="", name=DEFAULT_SOURCE, tool="PDM"), included=(), excluded=())
"""The source that PDM uses if the project has none of this name."""


def declared_sources(project: Document) -> tuple[Source, ...]:
    """Return the sources that have an address; others are in the settings of a machine."""
    return tuple(
        _source(entry)
        for entry in _list(table_in(project, "tool", "pdm").get("source"))
        if isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("url"), str)
    )


def _source(entry: Document) -> Source:
    url, user, password = entry["url"], entry.get("username"), entry.get("password")
    if isinstance(user, str) and isinstance(password, str) and user and password:
        url = _with_user(url, user, password)
    index = Index(
        url=url,
        name=entry["name"],
        tool="PDM",
        is_verified=entry.get("verify_ssl") is not False,
        is_page=entry.get("type") == "find_links",
    )
    return Source(
        index=index,
        included=_patterns(entry.get("include_packages")),
        excluded=_patterns(entry.get("exclude_packages")),
    )


def _with_user(url: str, user: str, password: str) -> str:
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    name = host.rpartition("@")[2]
    return f"{scheme}{separator}{_quoted(user)}:{_quoted(password)}@{name}{slash}{path}"


def _quoted(text: str) -> str:
    return text if "${" in text else quote(unquote(text), safe="")


def _patterns(value: object) -> tuple[str, ...]:
    texts = (one for one in _list(value) if isinstance(one, str))
    return tuple(_OTHER_IN_PATTERNS.sub("-", one).lower() for one in texts)


def sources_of(name: str, sources: Sequence[Source]) -> list[Source]:
    """Return the sources that a package may come from, in their order, but the default first.

    The lock does not say which one has it. As for PDM, a source that includes the package is
    the only one. A source that includes others is not asked for it, although PDM may do that.
    """
    including = [one for one in sources if _matches(name, one.included)]
    if including:
        return including
    default = next((one for one in sources if one.is_default), PUBLIC)
    others = (one for one in sources if not (one.is_default or one.included))
    found = [one for one in (default, *others) if not _matches(name, one.excluded)]
    return found or [default]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
