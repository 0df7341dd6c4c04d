"""Parse the lines of a requirements file, as pip does.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.addresses import check_addresses, is_address
from slipway.domain.packaging_text import parse_marker, parse_requirement, parse_version
from slipway.domain.redaction import redact
from slipway.errors.addresses import AddressUnusable
from slipway.errors.dependencies import RequirementInvalid
from slipway.errors.python import OldVersion

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_PWD = ("file://${PWD}/", "file:${PWD}/")
"""The app's folder, because pip runs there."""
_HASH = re.compile(r"\s--hash[= ]\s*(sha\d+:[0-9a-fA-F]+)")
_OPTION = re.compile(r"(?P<option>--[a-z-]+|-[a-z])(?:\s*=\s*|\s*)(?P<value>.*)")
_LINE_OPTION = re.compile(r"\s--?[a-z]")
_VCS = re.compile(r"(git|hg|svn|bzr)\+", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FILE_URL = re.compile(r"file:(?://[^/]*)?")
_IS_WHOLE_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")
_ARCHIVE = re.compile(r"\.(whl|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz)(\[[^\[\]]*\])?$")
_EXTRAS = re.compile(r"(?P<path>[^#]+?)(?P<extras>\[[^\[\]]*\])")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[^\]]*\])?")

_OLD_VERSION = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)[ \t]*(?:\[[\w., -]*\][ \t]*)?==[ \t]*"
    r"(?P<version>\d[\w.+!-]*)[ \t]*(?:;.*)?",
    re.ASCII,
)

_NESTED = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_EDITABLE = ("-e", "--editable")
_EDITABLE_OPTION = re.compile(r"^(-e|--editable)[\s=]*")


class LineKind(Enum):
    NAMED = "named"
    """A requirement by name: `django>=5; python_version > "3.9"`."""
    DIRECT = "direct"
    """A direct reference: the address of a repository or archive, or a local path."""
    OPTION = "option"
    """A setting for pip: `--extra-index-url ...`."""
    NESTED = "nested"
    CONSTRAINTS = "constraints"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One logical line: continuations joined, comment removed, variables not filled in."""

    file: str
    number: int
    text: str
    kind: LineKind
    name: str | None = None
    """The package's name, normalized, if the line has it."""
    value: str = ""
    """DIRECT: the address or path; NESTED, CONSTRAINTS: the file."""
    hashes: tuple[str, ...] = ()
    extras: str = ""
    """DIRECT, NAMED: `[one,two]`, or nothing."""
    marker: str = ""
    """DIRECT, NAMED: the environment marker after the `;`, or nothing."""

    @property
    def place(self) -> str:
        """`file:line`, which many editors can open; the file alone if the line is not known."""
        return f"{self.file}:{self.number}" if self.number else self.file

    @property
    def redacted(self) -> str:
        """The text without credentials."""
        return redact(self.text)

    @property
    def requirement(self) -> str:
        """The text without -e: nothing is editable, because an app may move after its build."""
        return _EDITABLE_OPTION.sub("", self.text)

    @property
    def is_editable(self) -> bool:
        return self.text.startswith(_EDITABLE)

    @property
    def local_path(self) -> str | None:
        """The path of a DIRECT line, relative to the app or absolute; None for an address."""
        if self.kind is not LineKind.DIRECT:
            return None
        value = self.value.partition("#")[0]
        if value.startswith("file:"):
            # Not urlsplit, which raises ValueError for `file://[`.
            return unquote(_FILE_URL.sub("", value).partition("?")[0])
        return None if _ADDRESS.match(value) else value


def read_lines(text: str, file: str, variables: Mapping[str, str]) -> Iterator[Line]:
    """Parse one file; `variables` has the values that pip would fill in for `${NAME}`.

    Raises RequirementInvalid for a line that pip would reject, AddressUnusable.
    """
    for unread in _unread_lines(text, file):
        yield _read_line(unread, expand(unread.text, variables))


def try_lines(
    text: str, file: str, variables: Mapping[str, str]
) -> Iterator[Line | RequirementInvalid | AddressUnusable]:
    """Parse one file as read_lines does, and yield an error for each line that has one."""
    for unread in _unread_lines(text, file):
        try:
            yield _read_line(unread, expand(unread.text, variables))
        except (RequirementInvalid, AddressUnusable) as error:
            yield error


def old_version(error: RequirementInvalid) -> OldVersion | None:
    """Return the exact version in a line, if that alone is why no tool can read the line.

    https://peps.python.org/pep-0440/#summary-of-differences-from-pkg-resources-parse-version
    """
    found = _OLD_VERSION.fullmatch(error.text)
    if found is None:
        return None
    try:
        parse_version(found["version"])
    except InvalidVersion:
        return OldVersion(
            file=error.file, line=error.line, name=found["name"], version=found["version"]
        )
    return None


def without_version(old: OldVersion) -> Line:
    """Return a requirement that has a version no tool can read, without that."""
    name = canonicalize_name(old.name)
    return Line(file=old.file, number=old.line, text=old.name, kind=LineKind.NAMED, name=name)


def _unread_lines(text: str, file: str) -> Iterator[Line]:
    for number, logical in _logical_lines(text):
        stripped = _COMMENT.sub("", logical).strip()
        if stripped:
            yield Line(file=file, number=number, text=stripped, kind=LineKind.OPTION)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    first = 1
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not parts:
            first = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        parts.append(f" {line}" if is_comment else line)
        yield first, "".join(parts)
        parts = []
    if parts:
        yield first, "".join(parts)


def _read_line(line: Line, expanded: str) -> Line:
    if not expanded.startswith("-"):
        return _read_requirement(line, expanded)
    parts = _OPTION.match(expanded)
    option, value = (parts["option"], _unquoted(parts["value"])) if parts else (expanded, "")
    if option in _EDITABLE and is_address(value) and not _IS_WHOLE_ADDRESS.match(value):
        return _read_requirement(line, value)  # -e name @ git+https://...
    check_addresses(value, line.file, line.number, is_option=option not in _EDITABLE)
    if option in _EDITABLE:
        return _read_direct(line, value)
    kinds = {LineKind.NESTED: _NESTED, LineKind.CONSTRAINTS: _CONSTRAINTS}
    kind = next((kind for kind, names in kinds.items() if option in names), LineKind.OPTION)
    if kind is not LineKind.OPTION and not value:
        raise _invalid(line, f"{option} needs a file name")
    return replace(line, kind=kind, value=value)


def _read_requirement(line: Line, expanded: str) -> Line:
    hashes = tuple(_HASH.findall(expanded))
    options = _LINE_OPTION.search(expanded)
    bare = expanded[: options.start()].strip() if options else expanded
    check_addresses(bare, line.file, line.number)
    target = _without_marker(bare)[0]
    # The file name of an archive is also a valid package name.
    if "@" not in target and _ARCHIVE.search(target):
        return replace(_read_direct(line, bare), hashes=hashes)
    try:
        requirement = parse_requirement(bare)
    except InvalidRequirement as error:
        is_path = target.startswith((".", "file:")) or os.path.sep in target.partition("[")[0]
        if _VCS.match(target) or is_address(target) or is_path:
            return replace(_read_direct(line, bare), hashes=hashes)
        unset = _VARIABLE.search(bare)
        reason = str(error)
        if unset:
            is_filled_in = not line.file.endswith(".toml")
            reason = (
                f"the variable {unset[1]} is not set"
                if is_filled_in
                else "Slipway fills in variables only in requirements files"
            )
        raise _invalid(line, reason.partition("\n")[0]) from None
    return replace(
        line,
        kind=LineKind.DIRECT if requirement.url else LineKind.NAMED,
        name=canonicalize_name(requirement.name),
        value=requirement.url or "",
        hashes=hashes,
        extras=bracketed_extras(requirement.extras),
        marker=str(requirement.marker or ""),
    )


def _read_direct(line: Line, target: str) -> Line:
    """Parse a requirement without a name: a folder, an archive, an address, a repository."""
    value, marker = _without_marker(target)
    value = _unquoted(value)
    if not value:
        raise _invalid(line, "the URL or folder is missing")
    if is_address(value) and not _IS_WHOLE_ADDRESS.match(value):
        raise _invalid(line, "an address follows the name of its package and ` @ `")
    try:
        parse_marker(marker) if marker.strip() else None
    except InvalidMarker as error:
        raise _invalid(line, str(error).partition("\n")[0]) from None
    egg = _EGG.search(value)
    extras = _EXTRAS.fullmatch(value)
    return replace(
        line,
        kind=LineKind.DIRECT,
        name=canonicalize_name(egg["name"]) if egg else None,
        value=extras["path"] if extras else value,
        extras=(extras["extras"] if extras else None) or (egg["extras"] if egg else None) or "",
        marker=marker.strip(),
    )


def _without_marker(requirement: str) -> tuple[str, str]:
    """Split off the marker; as for pip, `;` can be a part of an address without a blank."""
    separator = r";\s" if "://" in requirement else ";"
    parts = re.split(separator, requirement, maxsplit=1)
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _invalid(line: Line, reason: str) -> RequirementInvalid:
    return RequirementInvalid(
        file=line.file, line=line.number, text=line.redacted, reason=redact(reason)
    )


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Fill in `${NAME}` as pip does: uppercase names only; unset variables stay as they are."""
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[0], text)


def with_relative_paths(requirement: str) -> str:
    """Replace what people, PDM and Hatch write for the app's folder in the URL of a file."""
    for root in (*_PWD, "file:///${PROJECT_ROOT}/", "{root:uri}/"):
        requirement = requirement.replace(root, "file:./")
    return requirement


def bracketed_extras(extras: Iterable[str]) -> str:
    """Return extras as they are written in a requirement: `[one,two]`, or nothing."""
    names = ",".join(sorted(set(extras)))
    return f"[{names}]" if names else ""


def split_extras(extras: str) -> list[str]:
    """Return the names in `[one,two]`."""
    return [name.strip() for name in extras.strip("[]").split(",") if name.strip()]


def marker_applies(marker: str, markers: Mapping[str, str]) -> bool:
    """Evaluate a line's marker for a Python; without a marker a requirement always applies."""
    return not marker or _parsed_marker(marker).evaluate({**markers, "extra": ""})


_parsed_marker = lru_cache(maxsize=256)(parse_marker)
"""Parsed once: many lines have the same marker, and each is evaluated for several Pythons."""


def requirement_name(requirement: str) -> str:
    """Return the normalized name of a PEP 508 requirement."""
    return canonicalize_name(re.split(r"[^\w.-]", requirement)[0])


def required_freely_in(name: str, lines: Iterable[Line]) -> str:
    """Return the file that requires a package in any version; empty if lines restrict it."""
    named = [line for line in lines if line.name == name]
    bare = [
        line
        for line in named
        if line.kind is LineKind.NAMED and not re.search(r"[=<>~!]", line.text.split(";")[0])
    ]
    return named[0].file if named and len(bare) == len(named) else ""


def normalized_requirement(text: str) -> str:
    """Return a requirement as `packaging` writes it; unchanged if it cannot be parsed."""
    try:
        return str(parse_requirement(text))
    except InvalidRequirement:
        return text


def is_direct_reference(requirement: str) -> bool:
    """Return whether a requirement has an address: `name @ address`."""
    try:
        return parse_requirement(requirement).url is not None
    except InvalidRequirement:
        return False
