"""One short text for everything that decides a result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

Facts = Mapping[str, "str | Sequence[str]"]


def cache_key(facts: Facts) -> str:
    """Digest named facts; the same facts in another order give the same text.

    Whoever calls takes credentials out first (`secrets.without_credentials`).
    """
    canonical = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
