"""Compare poetry.lock with pyproject.toml by the hash that Poetry puts into the lock.

Each version of Poetry hashes the tables that it reads. A lock is compared by the rules of the
Poetry that wrote it, and by those of newer ones, as Poetry does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from packaging.version import InvalidVersion

from slipway.domain.locks.lock_file import NO_HASH
from slipway.domain.packaging_text import parse_version
from slipway.domain.toml_text import Document, table_in

_WITH_GROUPS = "2.1"
_ALWAYS = ("dependencies", "source", "extras", "dev-dependencies")
"""Keys of [tool.poetry] that Poetry 1 hashes even if they are missing."""
_OF_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
_WRITER = re.compile(r"Poetry ([^ ]+)")
_HASHES_GROUPS = parse_version("2.3.0")
"""The first Poetry that hashes [dependency-groups]."""


def is_fresh(text: str, locked: object, form: str, document: Document) -> bool:
    """Return whether a lock fits pyproject.toml; true if it has zeros instead of a hash.

    `text` is the lock, `locked` the hash in it, and `form` the version of its format.
    """
    if locked == NO_HASH:
        return True
    return any(_digest(content) == locked for content in _hashed(text, form, document))


def _hashed(text: str, form: str, document: Document) -> Iterator[dict[str, Any]]:
    """Yield what the rules hash, the newest rule first."""
    project, poetry = table_in(document, "project"), table_in(document, "tool", "poetry")
    of_project = {key: project[key] for key in _OF_PROJECT if key in project}
    groups = table_in(document, "dependency-groups")
    yield _content(of_project, groups, poetry)
    if groups and (form != _WITH_GROUPS or _is_before_groups(text)):
        yield _content(of_project, {}, poetry)
    # Poetry 1 reads no [project]. If that lists dependencies, such a lock has none of them.
    if form != _WITH_GROUPS and of_project.keys() <= {"requires-python"}:
        yield _content({}, {}, poetry)


def _content(of_project: Document, groups: Document, poetry: Document) -> dict[str, Any]:
    is_new = bool(of_project or groups)
    own = {key: poetry[key] for key in (*_ALWAYS, "group") if key in poetry}
    if not is_new:
        return {**dict.fromkeys(_ALWAYS), **own}
    content: dict[str, Any] = {"tool": {"poetry": own}}
    if of_project:
        content["project"] = of_project
    if groups:
        content["dependency-groups"] = groups
    return content


def _is_before_groups(text: str) -> bool:
    writer = _WRITER.search(text.partition("\n")[0])
    try:
        return writer is not None and parse_version(writer[1]) < _HASHES_GROUPS
    except InvalidVersion:
        return False


def _digest(content: Document) -> str:
    try:
        text = json.dumps(content, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return ""  # a date, which no table that Poetry reads may have
    return hashlib.sha256(text.encode()).hexdigest()
