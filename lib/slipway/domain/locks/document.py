"""Read the text of a lock as TOML."""

from __future__ import annotations

import re

from slipway.domain.toml_text import Document, parse_toml
from slipway.errors.app import FileNotToml
from slipway.errors.locks import LockBroken

MERGE = "It has the marks of a merge conflict, which git leaves for you to solve."
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


def has_merge_markers(text: str) -> bool:
    """Return whether git has left the marks of a merge conflict in a text."""
    return len(_MERGE.findall(text)) > 1


def lock_document(text: str, file: str, tool: str, commands: tuple[str, ...]) -> Document:
    """Parse a lock; `commands` write it again.

    Raises LockBroken if it is not TOML, or has the marks of a merge conflict.
    """
    if has_merge_markers(text):
        raise LockBroken(
            file=file,
            tool=tool,
            reason=MERGE,
            commands=commands,
            is_merge=True,
        )
    try:
        return parse_toml(text, file)
    except FileNotToml as error:
        reason = f"It is not TOML, so it may be incomplete: {error.reason}."
        raise LockBroken(file=file, tool=tool, reason=reason, commands=commands) from None
