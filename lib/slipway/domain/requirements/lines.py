"""What the lines of a requirements file mean, after pip's own reading of the format.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import unquote, urlsplit

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.redaction import redact
from slipway.errors.dependencies import RequirementInvalid

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_HASH = re.compile(r"\s--hash[= ]\s*(sha\d+:[0-9a-fA-F]+)")
_OPTION = re.compile(r"(?P<option>--[a-z-]+|-[a-z])(?:\s*=\s*|\s*)(?P<value>.*)")
_LINE_OPTION = re.compile(r"\s--?[a-z]")
_VCS = re.compile(r"(git|hg|svn|bzr)\+", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_ARCHIVE = re.compile(r"\.(whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz)(\[.*\])?$")
_EXTRAS = re.compile(r"(?P<path>[^#]+?)(?P<extras>\[[^\]]*\])")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[^\]]*\])?")

_NESTED = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_EDITABLE = ("-e", "--editable")


class Kind(Enum):
    NAMED = "named"
    """A name that an index knows: `django>=5; python_version > "3.9"`."""
    DIRECT = "direct"
    """Something that stands at one address: a repository, an archive, a folder."""
    OPTION = "option"
    """A setting for pip: `--extra-index-url ...`."""
    NESTED = "nested"
    CONSTRAINTS = "constraints"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One logical line: continuations joined, its comment gone, variables not filled in."""

    file: str
    number: int
    text: str
    kind: Kind
    name: str | None = None
    """The package's name, normalized, where the line tells it."""
    value: str = ""
    """DIRECT: the address or folder; NESTED, CONSTRAINTS: the file."""
    hashes: tuple[str, ...] = ()
    extras: str = ""
    """DIRECT: `[one,two]`, or nothing."""
    marker: str = ""
    """DIRECT: what stands after the `;`, or nothing."""

    @property
    def shown(self) -> str:
        return redact(self.text)

    @property
    def is_editable(self) -> bool:
        return self.text.startswith(_EDITABLE)

    @property
    def folder(self) -> str | None:
        """The local path of a DIRECT line, relative to the app or absolute."""
        if self.kind is not Kind.DIRECT:
            return None
        value = self.value.partition("#")[0]
        if value.startswith("file:"):
            return unquote(urlsplit(value).path)
        return None if _ADDRESS.match(value) else value


def read_lines(text: str, file: str, variables: Mapping[str, str]) -> Iterator[Line]:
    """Read one file; `variables` are those that pip would fill in for `${NAME}`.

    Raises RequirementInvalid for a line that pip would refuse.
    """
    for number, logical in _logical_lines(text):
        stripped = _COMMENT.sub("", logical).strip()
        if stripped:
            yield _read_line(stripped, _Place(file, number), variables)


@dataclass(frozen=True)
class _Place:
    file: str
    number: int


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    first = 1
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not parts:
            first = number
        is_comment = _COMMENT.match(line) is not None
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        parts.append(f" {line}" if is_comment else line)
        yield first, "".join(parts)
        parts = []
    if parts:
        yield first, "".join(parts)


def _read_line(text: str, place: _Place, variables: Mapping[str, str]) -> Line:
    expanded = expand(text, variables)
    if not expanded.startswith("-"):
        return _read_requirement(text, expanded, place)
    option, value = _split_option(expanded)
    if option in _EDITABLE:
        return _direct(text, value, place)
    kinds = {Kind.NESTED: _NESTED, Kind.CONSTRAINTS: _CONSTRAINTS}
    kind = next((kind for kind, names in kinds.items() if option in names), Kind.OPTION)
    if kind is not Kind.OPTION and not value:
        raise _invalid(text, place, f"{option} needs the name of a file")
    return Line(file=place.file, number=place.number, text=text, kind=kind, value=value)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Fill in `${NAME}` as pip does: capital letters only, left alone where not set."""
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[0], text)


def _split_option(text: str) -> tuple[str, str]:
    parts = _OPTION.match(text)
    if parts is None:
        return text, ""
    return parts["option"], _unquoted(parts["value"])


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _read_requirement(text: str, expanded: str, place: _Place) -> Line:
    hashes = tuple(_HASH.findall(expanded))
    options = _LINE_OPTION.search(expanded)
    bare = expanded[: options.start()].strip() if options else expanded
    if _is_archive(bare):
        return replace(_direct(text, bare, place), hashes=hashes)
    try:
        requirement = Requirement(bare)
    except InvalidRequirement as error:
        if _is_direct(bare):
            return replace(_direct(text, bare, place), hashes=hashes)
        unset = _VARIABLE.search(bare)
        reason = f"the variable {unset[1]} is not set" if unset else str(error)
        raise _invalid(text, place, reason.partition("\n")[0]) from None
    return Line(
        file=place.file,
        number=place.number,
        text=text,
        kind=Kind.DIRECT if requirement.url else Kind.NAMED,
        name=canonicalize_name(requirement.name),
        value=requirement.url or "",
        hashes=hashes,
        extras=bracketed_extras(requirement.extras),
        marker=str(requirement.marker or ""),
    )


def bracketed_extras(extras: Iterable[str]) -> str:
    """Write extras as a requirement has them: `[one,two]`, or nothing."""
    names = ",".join(sorted(set(extras)))
    return f"[{names}]" if names else ""


def normalized_requirement(text: str) -> str:
    """Write a requirement as all are written; leave one that cannot be read."""
    try:
        return str(Requirement(text))
    except InvalidRequirement:
        return text


def named(extras: str) -> list[str]:
    """Take `[one,two]` apart."""
    return [name.strip() for name in extras.strip("[]").split(",") if name.strip()]


def _is_archive(text: str) -> bool:
    """Tell a file beside the app's own, whose name would do as a package's as well."""
    target = text.partition(";")[0].strip()
    return "@" not in target and _ARCHIVE.search(target) is not None


def _is_direct(text: str) -> bool:
    target = text.partition(";")[0].strip()
    return bool(
        _VCS.match(target)
        or "://" in target
        or target.startswith((".", "file:"))
        or os.path.sep in target.partition("[")[0]
    )


def _direct(text: str, target: str, place: _Place) -> Line:
    """Read what is not a name: a folder, an archive, an address, a repository."""
    value, _, marker = target.partition(";")
    value = _unquoted(value.strip())
    if not value:
        raise _invalid(text, place, "the address or folder is missing")
    try:
        Marker(marker) if marker.strip() else None
    except InvalidMarker as error:
        raise _invalid(text, place, str(error).partition("\n")[0]) from None
    egg = _EGG.search(value)
    extras = _EXTRAS.fullmatch(value)
    return Line(
        file=place.file,
        number=place.number,
        text=text,
        kind=Kind.DIRECT,
        name=canonicalize_name(egg["name"]) if egg else None,
        value=extras["path"] if extras else value,
        extras=(extras["extras"] if extras else None) or (egg["extras"] if egg else None) or "",
        marker=marker.strip(),
    )


def _invalid(text: str, place: _Place, reason: str) -> RequirementInvalid:
    return RequirementInvalid(
        file=place.file, line=place.number, text=redact(text), reason=redact(reason)
    )
