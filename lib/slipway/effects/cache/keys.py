"""What decides a cached result: named facts, and their digest as one short text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Facts = Mapping[str, "str | Sequence[str]"]


def digest_of(facts: Facts) -> str:
    """Digest named facts; the same facts in another order give the same text.

    Whoever calls takes credentials out first (`redaction.without_credentials`).
    """
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class CacheKey:
    """Decides an entry of the cache: entries of one key have the same content."""

    kind: str
    digest: str
    facts: Mapping[str, str]
    """Each with a short value that tells a reader what it is; a list by its digest."""

    @classmethod
    def of(cls, kind: str, facts: Facts) -> CacheKey:
        short = {
            name: value if isinstance(value, str) else digest_of({name: value})
            for name, value in facts.items()
        }
        return cls(kind, digest_of(facts), short)

    def reasons_for_miss(self, before: Mapping[str, object]) -> tuple[str, ...]:
        """Say what has changed since an entry with the facts `before`, a line for each fact."""
        if not before:
            return ("no earlier build has left one",)
        return tuple(
            _reason(name, before.get(name, "unknown"), value)
            for name, value in self.facts.items()
            if before.get(name) != value
        )

    def is_similar(self, before: Mapping[str, str], apart_from: str) -> bool:
        """Tell whether these facts differ in the fact `apart_from` at most."""
        return {**before, apart_from: ""} == {**self.facts, apart_from: ""}


def _reason(name: str, before: object, now: str) -> str:
    match name:
        case "format":
            return "another Slipway made it"
        case "lock":
            return "the lock is another one"
        case _:
            return f"{name} was {before}, and is {now}"
