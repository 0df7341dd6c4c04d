"""Read a Pipfile: https://pipenv.pypa.io/en/latest/pipfile.html.

Pipenv's own reader (`plette`) only checks its types, and the meaning of an entry is in Pipenv.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from packaging.specifiers import InvalidSpecifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.addresses import VCS
from slipway.domain.locks.brought import Choice
from slipway.domain.packaging_text import parse_specifiers, parse_version
from slipway.domain.redaction import redact
from slipway.domain.requirements.declared_sources import (
    DeclaredSource,
    SourceKind,
    UnusedSource,
    repository_address,
)
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import Line, bracketed_extras, read_lines
from slipway.domain.toml_text import Document, inline, parse_toml, table_in
from slipway.errors.dependencies import RequirementInvalid

PACKAGES, DEV_PACKAGES = "packages", "dev-packages"
NOT_CATEGORIES = ("build-system", "pipenv", "pipfile", "requires", "scripts", "source")
_MARKER_KEYS = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
_OWN_INDEX = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_BARE_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SUBDIRECTORY = re.compile(r"\bsubdirectory=[^&\s]+")
_OPERATOR = re.compile(r"\s*(?:===?|[<>~!]=|[<>])")
_BOUND = (
    "Without a lock, Slipway cannot take one package from one index and the others from "
    "another, because pip takes each package from any index that has it. A lock says where "
    "each is from: run `pipenv lock`, and commit Pipfile.lock."
)


def categories(document: Mapping[str, object]) -> dict[str, Document]:
    """Return the tables with packages, by their names as they are written."""
    return {
        name: table
        for name, table in document.items()
        if name not in NOT_CATEGORIES and isinstance(table, dict)
    }


def group_names(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return the groups that can be chosen, normalized: all categories but `packages`."""
    return tuple(
        sorted(canonicalize_name(one) for one in categories(document).keys() - {PACKAGES})
    )


def entry_marker(entry: Mapping[str, object]) -> str:
    """Return when an entry applies, from `markers` and keys such as `sys_platform`."""
    parts = [entry.get("markers"), entry.get("os_markers")]
    parts += [f"{key} {entry[key]}" for key in _MARKER_KEYS if isinstance(entry.get(key), str)]
    texts = [one for one in parts if isinstance(one, str) and one.strip()]
    return " and ".join(f"({one})" for one in texts) if len(texts) > 1 else "".join(texts)


def specifier(version: object) -> str:
    """Return the version of an entry as a specifier (PEP 440); a bare one is exact."""
    text = version.strip() if isinstance(version, str) else ""
    if text in ("", "*"):
        return ""
    return text if _OPERATOR.match(text) else f"=={text}"


def with_braces(text: str) -> str:
    """Write the variables of an address as pip does, `${NAME}`, instead of `$NAME`."""
    return _BARE_VARIABLE.sub(r"${\1}", text)


def python_version(requires: Mapping[str, object]) -> str:
    """Return the Python that a table `requires` names, as it is written; empty for any.

    If it names one twice, that is a specifier that both have to fit, unless the exact version
    is one of the others.
    """
    texts = [
        str(requires.get(key) or "").strip()
        for key in ("python_full_version", "python_version")
    ]
    full, short = ("" if text == "*" else text for text in texts)
    if not full or not short or full == short:
        return full or short
    try:
        allowed = parse_specifiers(_specifier_of(short))
        if full[:1].isdigit() and allowed.contains(parse_version(full), prereleases=True):
            return full
        both = f"{_specifier_of(short)},{_specifier_of(full)}"
        parse_specifiers(both)
    except (InvalidSpecifier, InvalidVersion):
        return full
    return both


def required_python(requires: Mapping[str, object]) -> str:
    """Return the Pythons that a table `requires` names, as a specifier; empty for any.

    Raises InvalidSpecifier.
    """
    text = _specifier_of(python_version(requires))
    parse_specifiers(text)
    return text


def _specifier_of(version: str) -> str:
    if not version[:1].isdigit():
        return version
    return f"=={version}" if version.count(".") > 1 else f"=={version}.*"


# A Pipfile without a lock


def from_pipfile(
    text: str, file: str, choice: Choice, environment: Mapping[str, str]
) -> Dependencies:
    """Read the packages of a Pipfile, and of the categories that are chosen.

    Raises FileNotToml, RequirementInvalid, AddressUnusable.
    """
    document = parse_toml(text, file)
    reader = _Pipfile(text, file, document, environment)
    chosen = {PACKAGES, *(choice.groups or ())}
    lines: list[Line] = []
    unused: list[UnusedSource] = []
    for category, table in categories(document).items():
        if canonicalize_name(category) in chosen:
            for name, entry in table.items():
                lines += reader.lines(name, entry)
                unused += reader.bound(category, name, entry)
    return Dependencies(
        origin=file,
        files=(file,),
        requirements=tuple(lines),
        requires_python=python_version(table_in(document, "requires")),
        options=tuple(reader.options(chosen)),
        unused_sources=tuple(unused),
    )


class _Pipfile:
    """Turns the entries of a Pipfile into lines of requirements."""

    def __init__(
        self, text: str, file: str, document: Document, environment: Mapping[str, str]
    ) -> None:
        self._text = text
        self._file = file
        self._document = document
        self._environment = environment
        sources = document.get("source")
        self._sources = [
            source
            for source in (sources if isinstance(sources, list) else [])
            if isinstance(source, dict) and isinstance(source.get("url"), str)
        ]

    def lines(self, name: str, entry: object) -> Iterator[Line]:
        """Yield the line of an entry.

        Raises RequirementInvalid, AddressUnusable.
        """
        number = self._number(name)
        requirement = _requirement(name, entry)
        if requirement is None:
            raise RequirementInvalid(
                file=self._file,
                line=number,
                text=redact(f"{name} = {inline(entry)}"),
                reason="it is not a version or a table that Slipway knows",
            )
        before = "\n" * max(number - 1, 0)
        for line in read_lines(f"{before}{requirement}", self._file, self._environment):
            has_name = line.name is None and not requirement.startswith("-")
            named = replace(line, name=canonicalize_name(name)) if has_name else line
            yield replace(named, number=number)

    def bound(self, category: str, name: str, entry: object) -> Iterator[UnusedSource]:
        """Yield the index that a package is bound to, unless it is the first."""
        index = entry.get("index") if isinstance(entry, dict) else None
        first = self._sources[0] if self._sources else {}
        if not isinstance(index, str) or index in (first.get("name"), first.get("url")):
            return
        source = DeclaredSource(
            name=canonicalize_name(name),
            table=f"[{category}]",
            declaration=redact(f"{name} = {inline(entry)}"),
            kind=SourceKind.INDEX,
            target=index,
            marker="",
        )
        yield UnusedSource(source=source, folder=".", file=self._file, marker="", reason=_BOUND)

    def options(self, chosen: set[str]) -> Iterator[Line]:
        """Yield the index, unless the builder sets one, and other settings as pip has them."""
        texts = []
        if self._sources and not any(self._environment.get(name) for name in _OWN_INDEX):
            first = self._sources[0]
            texts.append(f"--index-url {with_braces(first['url'])}")
            if first.get("verify_ssl") is False:
                texts.append(f"--trusted-host {_host(first['url'])}")
        if table_in(self._document, "pipenv").get("allow_prereleases") is True:
            texts.append("--pre")
        for category, table in categories(self._document).items():
            for name, entry in table.items():
                is_source = isinstance(entry, dict) and entry.get("no_binary") is True
                if is_source and canonicalize_name(category) in chosen:
                    texts.append(f"--no-binary {canonicalize_name(name)}")
        for text in texts:
            for line in read_lines(text, self._file, self._environment):
                yield replace(line, number=0)

    def _number(self, name: str) -> int:
        """Return the number of an entry's line; 0 if it is written in another way."""
        found = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*=", self._text, re.M)
        return self._text.count("\n", 0, found.start()) + 1 if found else 0


def _requirement(name: str, entry: object) -> str | None:
    """Return an entry as a line of requirements; None if it is not one."""
    if isinstance(entry, str):
        is_repository = entry.startswith(tuple(f"{one}+" for one in VCS))
        text = f"{name} @ {entry}" if is_repository else f"{name}{specifier(entry)}"
    elif isinstance(entry, dict) and isinstance(entry.get("extras", []), list):
        extras = bracketed_extras(str(one) for one in entry.get("extras", []))
        place = _place(name, extras, entry)
        marker = entry_marker(entry)
        if place is None:
            return None
        text = f"{place} ; {marker}" if marker else place
    else:
        return None
    return text if _NAME.fullmatch(name) and len(text.splitlines()) == 1 else None


def _place(name: str, extras: str, entry: Mapping[str, object]) -> str | None:
    for vcs in VCS:
        address = entry.get(vcs)
        if isinstance(address, str):
            place = repository(vcs, address, entry)
            return f"{name}{extras} @ {place}" if place else None
    for key in ("file", "path"):
        value = entry.get(key)
        if isinstance(value, str) and value:
            if "://" in value and not value.startswith("file:"):
                return f"{name}{extras} @ {with_braces(value)}"
            editable = "-e " if entry.get("editable") is True else ""
            return f"{editable}{local_path(value)}{extras}"
    version = entry.get("version", "")
    return f"{name}{extras}{specifier(version)}" if isinstance(version, str) else None


def repository(vcs: str, address: str, entry: Mapping[str, object]) -> str | None:
    """Return the place of a repository, as in PEP 508; None if it is not at a URL."""
    address, _, written = address.removeprefix(f"{vcs}+").partition("#")
    reference, folder = entry.get("ref"), entry.get("subdirectory")
    suffix = f"@{reference}" if isinstance(reference, str) and reference else ""
    if not suffix and "@" in address.rpartition("/")[2]:
        address, _, reference = address.rpartition("@")
        suffix = f"@{reference}"
    fragment = f"#subdirectory={folder}" if isinstance(folder, str) and folder else ""
    if not fragment and (found := _SUBDIRECTORY.search(written)):
        fragment = f"#{found[0]}"
    address = with_braces(address)
    if vcs == "git":
        return repository_address(address, f"{suffix}{fragment}")
    return f"{vcs}+{address}{suffix}{fragment}" if "://" in address else None


def local_path(path: str) -> str:
    """Return a path as a requirement names it: `.`, `./folder`, or an absolute one."""
    plain = path
    if path.startswith("file:"):
        plain = unquote(re.sub(r"^file:(?://[^/]*)?", "", path))
    normal = posixpath.normpath(plain)
    if normal == "." or posixpath.isabs(normal) or normal.startswith(".."):
        return normal
    return f"./{normal}"


def _host(url: str) -> str:
    try:
        host = urlsplit(url).netloc
    except ValueError:
        return ""  # reading the index itself reports the address
    return host.rpartition("@")[2]
