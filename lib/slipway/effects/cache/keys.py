"""Cache keys: the facts that decide a cached result, by name, and their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Facts = Mapping[str, "str | Sequence[str]"]

_BUILD = ", build "
"""In the identity of a Python, in front of what differs between builds of its version."""
_NOUNS = {"venv": "virtual environment", "python": "copy", "lock": "lock", "nltk-data": "data"}
_OTHERS: Mapping[str, str] = {
    "format": "another version of Slipway",
    "requirements": "other requirements",
    "direct": "other requirements",
    "hashes": "other hashes in the requirements",
    "constraints": "other constraints",
    "options": "other options in the requirements",
    "vendored": "other vendored packages",
    "sources": "other vendored packages",
    "offline": "another value of the setting `offline`",
    "folders": "other files in a folder of --find-links",
    "variables": "other environment variables or configuration files of pip or uv",
    "toolchain": "another value of the setting `toolchain`",
    "accepted": "another kind of lock",
    "unlisted": "other requirements for setuptools, pip or wheel",
    "names": "other names in nltk.txt",
    "nltk": "another version of NLTK",
    "index": "another index",
}
"""Clauses about facts, for a cache that several apps may share."""
_CHANGED: Mapping[str, str] = {
    "format": "the last one was made by another version of Slipway",
    "lock": "the lock has changed",
    "unlisted": "the requirements for setuptools, pip or wheel have changed",
    "accepted": "another kind of lock counts",
    "offline": "the setting `offline` has changed",
}
"""Clauses about facts of outputs that belong to one app."""


def digest_of(facts: Facts) -> str:
    """Digest named facts; their order does not matter.

    Callers remove secrets first (`redaction.without_secrets`).
    """
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class CacheKey:
    """Identifies an entry of the cache: entries with the same key have the same content."""

    kind: str
    digest: str
    facts: Mapping[str, str]
    """Each fact with a short value for the log; lists are replaced by their digests."""

    @classmethod
    def of(cls, kind: str, facts: Facts) -> CacheKey:
        short = {
            name: value if isinstance(value, str) else digest_of({name: value})
            for name, value in facts.items()
        }
        return cls(kind, digest_of(facts), short)

    def reasons_for_miss(self, before: Mapping[str, object]) -> tuple[str, ...]:
        """Return a reason for each fact that differs from the facts `before` of an entry."""
        if not before:
            return ("not in the cache yet",)
        if before.get("format") != self.facts.get("format"):
            return (_reason("format", "", ""),)  # another version may not know all facts
        return tuple(
            _reason(name, before.get(name, "unknown"), value)
            for name, value in self.facts.items()
            if before.get(name) != value
        )

    def reasons_for_miss_among(
        self, entries: Iterable[Mapping[str, object]]
    ) -> tuple[str, ...]:
        """Compare with the most similar of other entries, given most recently used first.

        Which app an entry belongs to is unknown: nothing is said to have changed.
        """
        found = [(self._differing(entry), entry) for entry in entries]
        noun = _NOUNS.get(self.kind, "entry")
        if not found:
            return (f"no {noun} in the cache",)
        names, nearest = min(found, key=lambda one: len(one[0]))
        others = dict.fromkeys(
            _other_python(nearest.get(name), self.facts[name])
            if name == "python"
            else _OTHERS.get(name, f"another {name}")
            for name in names
        )
        return (f"the most similar {noun} in the cache is for {', '.join(others)}",)

    def _differing(self, entry: Mapping[str, object]) -> Sequence[str]:
        if entry.get("format") != self.facts.get("format"):
            # Another version may not know all facts.
            return ["format"] * len(self.facts)
        return [name for name in self.facts if entry.get(name) != self.facts[name]]

    def is_similar(self, before: Mapping[str, str], apart_from: str) -> bool:
        """Tell whether all facts except for `apart_from` are the same as `before`."""
        return {**before, apart_from: ""} == {**self.facts, apart_from: ""}


def _other_python(other: object, now: str) -> str:
    if _is_other_build(other, now):
        return f"another build of the same Python, {other}"
    return f"another Python, {other}"


def _is_other_build(other: object, now: str) -> bool:
    """Tell whether a Python differs only in its build: a file at the same place, replaced."""
    before, separator, _ = str(other).rpartition(_BUILD)
    return bool(separator) and now.rpartition(_BUILD)[0] == before and now != other


def _reason(name: str, before: object, now: str) -> str:
    if name == "python" and _is_other_build(before, now):
        return "the Python has been replaced with another build of the same version"
    return _CHANGED.get(name, f"the {name.capitalize()} has changed from {before} to {now}")
