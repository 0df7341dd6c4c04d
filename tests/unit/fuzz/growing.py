"""Measures how much longer a parser takes for ten times the input."""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress

from unit.fuzz.parsers import Parser

MOST = 15.0
"""How many times as long a parser may take for ten times the input."""
_SMALL = 2_000
"""Characters of the smaller input; the larger one has ten times as many."""
_LEAST = 0.05
"""Seconds: a parser that takes less for the larger input is never too slow, whatever the ratio."""
_CHARACTERS = (
    *" \taA1.-_:/@#;,=<>!'\"`\\$()[]{}|&*~^%?\n\r\x1bé\ufeff\u2028",
    *(" #", "a ", " a", "a.", "a-", "-a", "a=", "a,", "a:", ":a", "a@", "@a", "a/", "${"),
    *("${A}", "${a:-", "$(", "`a`", "&&", "a&&", "||", "a|", "<<a"),
    *("://", "http://", "a://b@", "file:"),
    *("\\\n", "#\n", "a\n", " \n", "\n ", "-r a\n", "[a]\n", "a=1\n", "a: b\n", "a: b\n c\n"),
)


def inputs(parser: Parser) -> Iterator[tuple[str, str]]:
    """Yield what is repeated, and a text that comes before it so that a parser reads it."""
    for unit in _CHARACTERS:
        yield "", unit
    for sample in parser.samples:
        yield "", sample
        for line in sample.splitlines(keepends=True)[:3]:
            # In the middle of a line, a pattern has already begun to match.
            yield line[: len(line) // 2], " "
            yield line.rstrip("\n"), " "
            yield line[: len(line) // 2], "a"


def ratio(parser: Parser, start: str, unit: str) -> float:
    """Return how many times as long ten times the input takes; 0 if both are quick."""
    small = start + unit * (_SMALL // len(unit) + 1)
    large = start + unit * (10 * _SMALL // len(unit) + 10)
    slow = _seconds(parser, large)
    if slow < _LEAST:
        return 0.0
    # Other programs on the machine disturb: the quickest of several runs counts.
    worst = MOST + 1
    for runs in (1, 3, 9):
        quick = min(_seconds(parser, small) for _ in range(3 * runs))
        slow = min(slow, *(_seconds(parser, large) for _ in range(runs)))
        worst = slow / max(quick, 1e-6)
        if worst <= MOST or slow < _LEAST:
            return worst
    return worst


def _seconds(parser: Parser, text: str) -> float:
    gc.disable()  # it looks at all objects again and again, and so takes longer for many
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(Exception):  # the test of hostile inputs looks at these
            parser.run(text)
    taken = time.process_time() - started
    gc.enable()
    return taken
