"""Check the values in a lock file while it is read; every error has the command of its tool."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.merge_conflicts import conflict_in
from slipway.domain.packaging_text import parse_marker, parse_requirement, parse_version
from slipway.domain.redaction import redact
from slipway.domain.toml_text import Document, parse_toml
from slipway.errors.app import FileNotToml
from slipway.errors.locks import (
    LockBroken,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)

NO_HASH = "0" * 64
"""What people write into a lock instead of the hash of its source: no content has that hash, so
names and versions are compared."""
_HASH = re.compile(r"(sha(?:256|384|512)):([0-9a-f]+)", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_OPTION = re.compile(r"(?:\w+\+)?-|.*://(?:[^/?#]*@)?-", re.DOTALL)
"""An address or a host that a program takes for an option."""
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")
_MOST_DIFFERENCES = 5
_LONGEST = 200
"""The most characters of a value that an error shows."""


@dataclass(frozen=True, kw_only=True)
class LockFile:
    """A lock file, and how its tool writes it again."""

    file: str
    """Relative to the app."""
    tool: str
    made_from: str
    """The file that declares the dependencies, relative to the app."""
    commands: tuple[str, ...]

    def toml(self, text: str) -> Document:
        """Parse a lock that is TOML.

        Raises LockBroken, also if it has the marks of a merge conflict.
        """
        self._refuse_empty(text)
        self._refuse_merge(text)
        try:
            return parse_toml(text, self.file)
        except FileNotToml as error:
            reason = f"It is not TOML, so it may be incomplete: {error.reason}."
            raise self.broken(reason) from None

    def json(self, text: str) -> Document:
        """Parse a lock that is JSON.

        Raises LockBroken, also if it has the marks of a merge conflict.
        """

        def unique(pairs: list[tuple[str, object]]) -> Document:
            document = dict(pairs)
            if len(document) < len(pairs):
                names = [name for name, _ in pairs]
                twice = next(name for name in names if names.count(name) > 1)
                raise self.broken(f"It has {shown(twice)} twice in one place.")
            return document

        self._refuse_empty(text)
        try:
            document = json.loads(
                text.removeprefix("\ufeff"), parse_int=_short_number, object_pairs_hook=unique
            )
        except json.JSONDecodeError as error:
            self._refuse_merge(text)
            place = f"line {error.lineno}, column {error.colno}"
            reason = f"It is not JSON, so it may be incomplete: {error.msg} (at {place})."
            raise self.broken(reason) from None
        except RecursionError:
            raise self.broken("Its values are nested too deeply.") from None
        if not isinstance(document, dict):
            raise self.broken("It is JSON, but not an object with sections.")
        return document

    def _refuse_empty(self, text: str) -> None:
        if not text.strip("\ufeff \t\r\n"):
            raise self.broken("It is empty.")

    def _refuse_merge(self, text: str) -> None:
        if conflict_in(text)[0]:
            reason = "It has the marks of a merge conflict, which git leaves for you to solve."
            raise self.broken(reason, is_merge=True)

    def broken(self, reason: str, *, is_merge: bool = False) -> LockBroken:
        return LockBroken(
            file=self.file,
            tool=self.tool,
            reason=redact(reason),
            commands=self.commands,
            is_merge=is_merge,
        )

    def unknown_version(self, version: object, known: str) -> LockVersionUnknown:
        return LockVersionUnknown(
            file=self.file,
            tool=self.tool,
            version=shown(version),
            known=known,
            commands=self.commands,
        )

    def outdated(self, differences: Iterable[str]) -> LockOutdated:
        return LockOutdated(
            file=self.file,
            tool=self.tool,
            made_from=self.made_from,
            differences=tuple(differences),
            commands=self.commands,
        )

    def not_for(
        self, needs: str, markers: Mapping[str, str], *, is_platform: bool
    ) -> LockNotForThisPython:
        python = (
            f"{markers.get('python_full_version', '')} on {markers.get('platform_system', '')}"
        )
        return LockNotForThisPython(
            file=self.file,
            tool=self.tool,
            needs=needs,
            python=f"{python} ({markers.get('platform_machine', '')})",
            is_platform=is_platform,
            commands=self.commands,
        )

    def unsupported(self, name: str, source: str, reason: str) -> LockSourceUnsupported:
        return LockSourceUnsupported(
            file=self.file, tool=self.tool, name=name, source=redact(source), reason=reason
        )

    def table(self, value: object, what: str) -> Document:
        """Return a table; an empty one for None. Raises LockBroken."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.broken(f"{what} is not a table.")
        return value

    def tables(self, value: object, what: str) -> list[Document]:
        """Return a list of tables; an empty one for None. Raises LockBroken."""
        entries = [] if value is None else value
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise self.broken(f"{what} is not a list of tables.")
        return entries

    def texts(self, value: object, what: str) -> tuple[str, ...]:
        """Return a list of strings; an empty one for None. Raises LockBroken."""
        entries = [] if value is None else value
        if not isinstance(entries, list) or not all(isinstance(one, str) for one in entries):
            raise self.broken(f"{what} is not a list of strings.")
        return tuple(entries)

    def text(self, value: object, what: str) -> str:
        """Return a string; an empty one for None. Raises LockBroken."""
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.broken(f"{what} is not a string.")
        return value

    def name(self, value: object) -> str:
        """Return the normalized name of a package. Raises LockBroken."""
        if value is None:
            raise self.broken("An entry for a package has no name.")
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            reason = f"The name of a package is {shown(value)}, which is not a valid name."
            raise self.broken(reason)
        return canonicalize_name(value)

    def version(self, value: str, name: str) -> str:
        """Return an exact version as it is written. Raises LockBroken."""
        try:
            parse_version(value)
        except InvalidVersion:
            reason = (
                f"The version of {name} is {shown(value)}, which is not a version (PEP 440)."
            )
            raise self.broken(reason) from None
        return value

    def marker(self, value: object, name: str) -> str:
        """Return a marker as it is written, or nothing. Raises LockBroken."""
        text = self.text(value, f"The marker of {name}")
        try:
            parse_marker(text) if text else None
        except InvalidMarker:
            reason = f"The marker of {name} is {shown(text)}, which is not valid (PEP 508)."
            raise self.broken(reason) from None
        return text

    def hashes(self, values: Iterable[str], name: str) -> tuple[str, ...]:
        """Return hashes that pip checks, sorted; others, such as md5, are left out.

        Raises LockBroken for one that is too short or too long.
        """
        found: set[str] = set()
        for value in values:
            parts = _HASH.fullmatch(value)
            if parts and len(parts[2]) == _LENGTHS[parts[1].lower()]:
                found.add(value.lower())
            elif parts or ":" not in value or value.lower().startswith("sha256:"):
                raise self.broken(f"A hash of {name} is {shown(value)}, which is not valid.")
        return tuple(sorted(found))

    def refuse_repository(self, vcs: str, address: str, revision: str, name: str) -> None:
        """Make sure that a repository has a commit, and nothing in it is read as an option.

        Raises LockBroken.
        """
        if _OPTION.match(address):
            raise self.broken(
                f"The repository of {name} is at {shown(address)}. That is not an address, "
                "because a `-` begins it or its host."
            )
        is_commit = _COMMIT.fullmatch(revision) is not None
        is_revision = not revision.startswith("-")
        if not revision:
            raise self.broken(f"It does not say which commit of {name} it has.")
        if not (is_commit if vcs == "git" else is_revision):
            raise self.broken(
                f"For {name}, which is in a repository, it has {shown(revision)}, which is not "
                "a whole commit. A branch, a tag or a short hash can stand for other content "
                "later."
            )

    def path(self, path: str, name: str) -> str:
        """Return a path relative to the app; in the lock it is relative to the lock.

        Raises LockSourceUnsupported for one outside the app.
        """
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(self.file), path))
        is_odd = "\0" in path or "\\" in path
        if not path or is_odd or is_outside(joined):
            reason = (
                "Only the app's own files are part of a build. Move the package into the app."
            )
            raise self.unsupported(name, path, reason)
        return joined

    def differences(
        self, requirements: Iterable[str], versions: Mapping[str, Iterable[str]]
    ) -> Iterator[str]:
        """Yield a sentence for each of the first requirements that no version in a lock meets.

        `versions` has the names in the lock, and their versions; none for a source that has
        them elsewhere.
        """
        count = 0
        for text in requirements:
            try:
                requirement = parse_requirement(text)
            except InvalidRequirement:
                continue  # the tool has read it in its own way
            locked = versions.get(canonicalize_name(requirement.name))
            written = shown(str(requirement).partition(";")[0].strip())
            if locked is None:
                sentence = (
                    f"{self.made_from} requires {written}, which {self.file} does not have."
                )
            elif requirement.url or not (found := [*locked]) or _meets(requirement, found):
                continue
            else:
                sentence = (
                    f"{self.made_from} requires {written}, but {self.file} has {found[0]}."
                )
            yield redact(sentence)
            count += 1
            if count == _MOST_DIFFERENCES:
                return


def _meets(requirement: Requirement, versions: Iterable[str]) -> bool:
    for version in versions:
        try:
            if requirement.specifier.contains(parse_version(version), prereleases=True):
                return True
        except InvalidVersion:
            continue
    return False


def without_files(text: str, lists: re.Pattern[str]) -> tuple[str, Sequence[str]]:
    """Replace the lists of files in a lock by numbers; return it with what they stand for.

    They are most of a lock, a TOML parser takes long for them, and only some are needed.
    `lists` matches them as the lock's tool writes them, in the groups `key` and `files`.
    The lines of an error stay right.
    """
    files: list[str] = []

    def number(found: re.Match[str]) -> str:
        files.append(found["files"])
        return f"{found['key']}{len(files) - 1}" + "\n" * found[0].count("\n")

    return lists.sub(number, text), files


def is_outside(path: str) -> bool:
    """Return whether a normalized path, relative to the app, leads out of the app."""
    return posixpath.isabs(path) or path.split("/")[0] == ".."


def shown(value: object) -> str:
    """Return a value of a lock for a sentence, within backquotes and not too long."""
    text = redact(" ".join(str(value)[: 2 * _LONGEST].split()).replace("`", "'"))
    return f"`{text[:_LONGEST]}`"


def _short_number(text: str) -> int | str:
    # Python converts at most 4300 digits.
    return int(text) if len(text) < 1000 else text
