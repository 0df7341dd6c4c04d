"""The lines of a failed tool's output that help if its cause is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slipway.domain.redaction import redact
from slipway.domain.tool_output.bounded import bounded

MOST = 30
"""How many lines of an output an error shows."""

_NOISE = re.compile(
    r"\s*(?:DEBUG|VERBOSE)\b|Skipping link:|\s*\[notice\]|\s*note: This error originates from a"
    r" subprocess|\s*╰─> (?:No available output|\[\d+ lines? of output\])|\s*\[end of output\]"
    r"|\s*note: This is an issue with the package mentioned above|\s*A full log can be found at"
    r"|\s*See also \"\S*\.log\""
    r"|warning: Requirements file `\S+` does not contain any dependencies"
    r"|Downloading \S|Using cached \S"
    r"|Using Python \S+ environment at: |Resolved \d+ packages? in "
)
_HINT = re.compile(r"\s*hints?:|\s*HINT:")
"""Advice for somebody who runs the tool by hand, which does not help here and may be wrong."""
_HINT_GOES_ON = re.compile(r"\s+\S(?!.*\berror\b)", re.IGNORECASE)
_ERROR = re.compile(r"\b(?:error|fatal|failed|\w+Error)\b", re.IGNORECASE)
_WARNING = re.compile(r"warning\b", re.IGNORECASE)
_DEPRECATION = re.compile(r"^[ \t]*!!\n(?:(?![ \t]*!!\n).*\n)*[ \t]*!!\n", re.MULTILINE)
"""How setuptools frames a deprecation: a paragraph between two lines of exclamation marks."""
_FRAME_OF_A_TOOL = re.compile(
    r"^(?P<indent>[ ]*)File \"(?:[^\"\n]*/)?(?:_in_process\.py|setuptools/build_meta\.py"
    r"|(?:pip/_internal|hatchling|flit_core|poetry/core)/[\w./]+)\", line .*\n"
    r"(?:(?P=indent)[ ]+\S.*\n)*",
    re.MULTILINE,
)
"""A part of a traceback that is about the tool that runs the build, not about the build."""
_ADVICE_OF_UV = re.compile(
    r"^[ \t]*\[tool\.uv\.extra-build-dependencies\]\n.*\n\s*or `uv pip install .*\n",
    re.MULTILINE,
)
"""The end of a hint, in paragraphs of its own."""
_TEMPORARY = re.compile(
    r"(?<![\w.])(?:file://)?(?:/[\w.@+-]+)*?/(?:"
    r"pip-build-env-\w+/(?:overlay|normal)/(?:lib/python[\d.]+/site-packages/)?"
    r"|pip-(?:install|wheel|download|resolver|modern-metadata)-\w+/[\w.-]+_[0-9a-f]{32}/"
    r"|pip-req-build-\w+/|builds-v\d+/\.tmp\w+/(?:lib/python[\d.]+/site-packages/)?"
    r"|sdists-v\d+/(?:[\w.+-]+/)*?src/|tmp\w{8}/)"
)
"""The folders of a build, which no longer exist when somebody reads about them."""
_CUT = "..."


def last_lines(output: str) -> tuple[str, ...]:
    """Return the last meaningful lines, in their order; of too many, errors go first.

    If the output is longer than MOST lines, warnings are left out, and errors that precede its
    end are kept. Paths in folders of the build are relative to these.
    """
    output = _ADVICE_OF_UV.sub("", _TEMPORARY.sub("", f"{bounded(output)}\n"))
    output = _FRAME_OF_A_TOOL.sub("", output)
    lines = [redact(line) for line in _meaningful(output.splitlines())]
    if len(lines) > MOST:
        without = _DEPRECATION.sub("", output)
        lines = [redact(line) for line in _meaningful(without.splitlines())] or lines
    if len(lines) <= MOST:
        return tuple(lines)
    lines = [line for line in lines if not _is_warning(line)] or lines
    if len(lines) <= MOST:
        return tuple(lines)
    errors = [line for line in lines[: -MOST // 2] if _ERROR.search(line)]
    earlier = [*dict.fromkeys(errors)][-(MOST // 2) + 1 :]
    if not earlier:
        return tuple(lines[-MOST:])
    return (*earlier, _CUT, *lines[-(MOST // 2) :])


def _is_warning(line: str) -> bool:
    return bool(_WARNING.search(line)) and not _ERROR.search(line)


def _meaningful(lines: Iterable[str]) -> Iterator[str]:
    is_hint = False
    for line in lines:
        is_hint = bool(_HINT.match(line)) or (is_hint and bool(_HINT_GOES_ON.match(line)))
        if line.strip() and not is_hint and not _NOISE.match(line):
            yield line
