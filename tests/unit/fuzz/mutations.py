"""Makes hostile inputs from valid ones: spliced, repeated, nested, with odd characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST = 20_000
"""Characters; longer inputs are for the test of times."""

ODD = (
    *("\0", "\1", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ufffd", "\u00a0"),
    *("\r", "\r\n", "\n", "\n\n", "\t", "\f", "\v", " ", "  ", "\\", "\\\n", "\\\\"),
    *(
        "'",
        '"',
        "'''",
        '"""',
        "`",
        "$",
        "${",
        "${A}",
        "$(",
        "#",
        " #",
        ";",
        ",",
        ":",
        "=",
        "==",
    ),
    *("[", "]", "{", "}", "(", ")", "<", ">", "|", "&", "&&", "!", "*", "@", "%", "%(", "%s"),
    *("\ud800", "\udcff", "é", "ß", "İ", "٣", "²", "𝟛", "Ⅷ", "😀", "\u0301", "ａ", "।"),
    *("-", "--", "-r ", "-e ", "-c ", ".", "..", "/", "//", "../", "file:", "file://[", "git+"),
    *("http://[", "https://u:p@h/", "://", "~=", "===", ">=", "!=", "null", "true", "nan"),
    *("0", "00", "-1", "1e999", "0x", "9" * 30, "9" * 5000, "٣.١٢", "1_0", "1970-13-99"),
)
"""Characters and words that mean something to a parser, or should not."""
_PAIRS = (
    *(
        ("[", "]"),
        ("{", "}"),
        ("(", ")"),
        ('{"a":', "}"),
        ("[[", "]]"),
        ("<", ">"),
        ("$(", ")"),
    ),
    *(("a.", ""), ("-", ""), ("not ", ""), ("${", "}"), ("{ a = ", " }"), ("if x:\n ", "")),
)
_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)


def mutated(samples: Sequence[str], others: Sequence[str], random: Random) -> str:
    """Change one of the samples, one to six times; `others` are samples of other formats."""
    text = random.choice(samples)
    for _ in range(random.choice((1, 1, 2, 2, 3, 6))):
        text = random.choice(_MUTATIONS)(text, others, random)[:LONGEST]
    return text


def _place(text: str, random: Random) -> int:
    return random.randint(0, len(text))


def _part(text: str, random: Random) -> tuple[int, int]:
    """Choose a part: some characters, a token or a line."""
    start = _place(text, random)
    match random.randrange(3):
        case 0:
            return start, min(len(text), start + random.choice((1, 2, 5, 20)))
        case 1:
            found = _TOKEN.search(text, start)
            return found.span() if found else (start, start)
        case _:
            end = text.find("\n", start)
            return text.rfind("\n", 0, start) + 1, len(text) if end < 0 else end + 1


def _insert(text: str, _: Sequence[str], random: Random) -> str:
    at = _place(text, random)
    return text[:at] + random.choice(ODD) + text[at:]


def _replace(text: str, _: Sequence[str], random: Random) -> str:
    start, end = _part(text, random)
    return text[:start] + random.choice(ODD) + text[end:]


def _delete(text: str, _: Sequence[str], random: Random) -> str:
    start, end = _part(text, random)
    return text[:start] + text[end:]


def _move(text: str, _: Sequence[str], random: Random) -> str:
    start, end = _part(text, random)
    rest = text[:start] + text[end:]
    at = _place(rest, random)
    return rest[:at] + text[start:end] + rest[at:]


def _repeat(text: str, _: Sequence[str], random: Random) -> str:
    start, end = _part(text, random)
    # Many repetitions are rare, because they take long.
    times = random.choice((2, 2, 3, 3, 10, 10, 100, 100, 1000, 10_000))
    return text[:end] + (text[start:end] * times)[:LONGEST] + text[end:]


def _nest(text: str, _: Sequence[str], random: Random) -> str:
    start, end = _part(text, random)
    opening, closing = random.choice(_PAIRS)
    depth = random.choice((1, 2, 10, 100, 1500, 5000, 15_000))
    return f"{text[:start]}{opening * depth}{text[start:end]}{closing * depth}{text[end:]}"


def _splice(text: str, others: Sequence[str], random: Random) -> str:
    other = random.choice(others)
    start, end = _part(other, random)
    at = _place(text, random)
    return text[:at] + other[start:end] + text[at:]


def _number(text: str, _: Sequence[str], random: Random) -> str:
    found = [*_NUMBER.finditer(text)]
    if not found:
        return text
    number = random.choice(found)
    new = random.choice(("0", "99999999999999999999", "9" * 5000, "٣", "²", "1.1.1.1", "-5"))
    return text[: number.start()] + new + text[number.end() :]


def _cut(text: str, _: Sequence[str], random: Random) -> str:
    return text[: _place(text, random)]


def _line_ends(text: str, _: Sequence[str], random: Random) -> str:
    return text.replace("\n", random.choice(("\r\n", "\r", "\n\r", "\\\n", "\u2028")))


_MUTATIONS: Sequence[Callable[[str, Sequence[str], Random], str]] = (
    *(
        _insert,
        _insert,
        _insert,
        _replace,
        _replace,
        _replace,
        _delete,
        _delete,
        _move,
        _repeat,
    ),
    *(_nest, _splice, _splice, _number, _cut, _line_ends),
)
