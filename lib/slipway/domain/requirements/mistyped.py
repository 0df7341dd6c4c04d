"""Find what is mistyped in requirements: invisible and similar characters, `=`, options."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement

from slipway.domain.packaging_text import parse_requirement
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import Line
from slipway.errors.requirement_files import MistypedLine, RequirementsMistyped, UnknownOption

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_COMMENT = re.compile(r"(?:^|\s)#")
_PATH = re.compile(
    r"[/\\]|^\s*-(?:r|c|e|-requirement|-constraint|-editable)\b|\.(?:whl|zip|gz)$"
)
_ONE_EQUALS = re.compile(
    r"^[ \t]*(?P<name>[A-Za-z0-9][\w.-]*(?:\[[\w., -]*\])?)[ \t]*=[ \t]*"
    r"(?P<version>\d[\w.*+!-]*)[ \t]*(?=$|[;#])",
    re.ASCII | re.MULTILINE,
)

_CYRILLIC = (
    "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443"
    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a"
    "\u041c\u041e\u0420\u0405\u0422\u0425\u0423"
)
_SIMILAR = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u2248": "~=",
    **dict(zip(_CYRILLIC, "aceijopsxyABCEHIJKMOPSTXY", strict=True)),
}
"""What is meant by characters that look like those of ASCII, or that word processors write."""
_LONG_DASH = re.compile(r"(?:^|(?<=\s))[\u2013\u2014](?=[a-z])")
"""What word processors make of the `--` of an option."""


def refuse_mistyped(text: str, file: str) -> None:
    """Stop if lines of a requirements file have characters or operators that are mistyped.

    Paths and addresses may have all characters that are visible. Raises RequirementsMistyped,
    which names all such lines.
    """
    if text.isascii() and not _CONTROL.search(text):
        lines = [*_single_equals(text)]
        characters: dict[str, str] = {}
    else:
        lines, characters = [], {}
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
            wrong = _wrong_characters(line)
            if wrong:
                lines.append(_mistyped(line, number, wrong))
                characters |= {_code(one): _name(one) for one in wrong}
        lines = lines or [*_single_equals(text)]
    if lines:
        raise RequirementsMistyped(
            file=file, lines=tuple(lines), characters=tuple(characters.items())
        )


def _wrong_characters(line: str) -> str:
    """Return the characters of a line that pip does not accept, each once."""
    comment = _COMMENT.search(line)
    code = line[: comment.start()] if comment else line
    if code.isascii() and not _CONTROL.search(code):
        return ""
    is_path = _PATH.search(code.rstrip()) is not None
    wrong = [
        one for one in code.strip() if _is_invisible(one) or (not is_path and not one.isascii())
    ]
    return "".join(dict.fromkeys(wrong))


def _is_invisible(one: str) -> bool:
    return one not in " \t\f" and (one.isspace() or unicodedata.category(one) in ("Cc", "Cf"))


def _mistyped(line: str, number: int, wrong: str) -> MistypedLine:
    shown = "".join(f"<{_code(one)}>" if one in wrong else one for one in line.strip())
    meant = _LONG_DASH.sub("--", line)
    corrected = "".join(_meant(one) if one in wrong else one for one in meant).strip()
    is_known = corrected.isascii() and not _CONTROL.search(corrected)
    # A line with **** in place of a password would not work.
    is_shown = is_known and redact(corrected) == corrected and _may_be_valid(corrected)
    return MistypedLine(
        number=number, shown=redact(shown), corrected=corrected if is_shown else ""
    )


def _meant(one: str) -> str:
    if one in _SIMILAR:
        return _SIMILAR[one]
    if one.isspace():
        return " "
    if _is_invisible(one):
        return ""
    return unicodedata.normalize("NFKC", one)


def _may_be_valid(line: str) -> bool:
    """Return whether pip can read a line, as far as it is a requirement by name."""
    named = re.split(r"\s#|\s--?[a-z]|\\$", line)[0].strip()
    if named.startswith(("-", "#")) or "://" in named:
        return True
    try:
        parse_requirement(named)
    except InvalidRequirement:
        return False
    return True


def _code(one: str) -> str:
    return f"U+{ord(one):04X}"


def _name(one: str) -> str:
    return unicodedata.name(one, "CONTROL CHARACTER" if ord(one) < 32 else "UNNAMED")


def _single_equals(text: str) -> Iterator[MistypedLine]:
    """Yield the lines that have `=` instead of `==`."""
    number, counted = 1, 0
    for found in _ONE_EQUALS.finditer(text):
        number += text.count("\n", counted, found.start())
        counted = found.start()
        end = text.find("\n", found.end())
        rest = text[found.end() : end if end >= 0 else len(text)].strip()
        corrected = f"{found['name']}=={found['version']}{rest and f' {rest}'}"
        yield MistypedLine(number=number, shown=found[0].strip(), corrected=corrected)


_OPTIONS = (
    "--index-url", "--pypi-url", "--extra-index-url", "--no-index", "--constraint",
    "--requirement", "--editable", "--find-links", "--no-binary", "--only-binary",
    "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre", "--all-releases",
    "--only-final", "--trusted-host", "--use-feature", "-i", "-c", "-r", "-e", "-f",
)  # fmt: skip
"""https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options"""
_OPTIONS_OF_ONE = ("--hash", "--config-setting", "--config-settings", "-C")
"""What may follow a requirement in its line."""
_OPTION = re.compile(r"(?:^|(?<=\s))(?P<option>--[A-Za-z][\w-]*|-[A-Za-z])(?=$|[\s=])")


def unknown_options(line: Line) -> Iterator[UnknownOption]:
    """Yield the options of a line that pip does not accept in a requirements file."""
    is_of_one = not line.text.startswith("-")
    if is_of_one and " -" not in line.text:
        return
    known = _OPTIONS_OF_ONE if is_of_one else (*_OPTIONS, *_OPTIONS_OF_ONE)
    for found in _OPTION.finditer(line.text):
        option = found["option"]
        # pip's parser also takes the beginning of a name.
        if not any(
            one == option or (one.startswith(option) and len(option) > 4) for one in known
        ):
            from difflib import get_close_matches  # only wrong options need it

            nearest = get_close_matches(option, known, n=1, cutoff=0.8)
            yield UnknownOption(
                place=line.place, option=option, nearest="".join(nearest), is_of_one=is_of_one
            )
