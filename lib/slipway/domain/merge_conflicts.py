"""Find the marks that git leaves in a file where it could not merge two versions."""

from __future__ import annotations

import re

from slipway.domain.redaction import redact
from slipway.errors.app import MergeConflict

# `=======` is not among them: it underlines headings, too.
_MARK = re.compile(r"^(?:<{7}|\|{7}|>{7})(?: .*)?$", re.MULTILINE)
_LONGEST = 60


def conflict_in(text: str) -> tuple[int, str]:
    """Return the number of the first line that is a mark of git, and its text; 0 for none."""
    found = _MARK.search(text.replace("\r\n", "\n"))
    if found is None:
        return 0, ""
    start = text.replace("\r\n", "\n")[: found.start()]
    return start.count("\n") + 1, redact(found[0][:_LONGEST])


def refuse_conflict(text: str, file: str) -> None:
    """Raise MergeConflict for a file that has such a mark, and cannot be read with it."""
    line, mark = conflict_in(text)
    if line:
        raise MergeConflict(file=file, line=line, mark=mark)
