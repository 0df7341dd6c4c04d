"""Translate Poetry's constraints into specifiers (PEP 440) and markers (PEP 508).

https://python-poetry.org/docs/dependency-specification/#version-constraints

Poetry's own library, poetry-core, has this grammar too. It cannot be imported from a wheel,
because its package is in a namespace, and it writes `==1.* || >=3` into metadata, which neither
pip nor uv accepts. The tests compare this module with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier
from packaging.version import InvalidVersion, Version

from slipway.domain.packaging_text import parse_specifiers, parse_version

_ANY = re.compile(r"v?[xX*](?:\.[xX*])*")
_OR = re.compile(r"\|\|?")
_OPERATOR_AND_BLANKS = re.compile(r"(?<=[\^~=<>!])\s+")
_PART = re.compile(r"(?P<operator>\^|~=?|!=|==?|>=?|<=?|)v?(?P<version>[^\s^~=<>]+)")
_STARS = re.compile(r"(?:\.[xX*])+$")
_LOWEST = Version("0.dev0")
_EXACT = {"": "==", "=": "==", "==": "==", "!=": "!="}


def alternatives(constraint: str) -> tuple[str, ...]:
    """Return the specifiers of which one has to be met, one for each part between `||`.

    An empty one is met by every version. Raises InvalidSpecifier.
    """
    found = []
    for text in _OR.split(constraint):
        parts = _OPERATOR_AND_BLANKS.sub("", text).replace(",", " ").split()
        if not parts:
            raise InvalidSpecifier(f"Poetry's constraint `{constraint}` is incomplete")
        found.append(",".join(filter(None, map(_specifier, parts))))
    return tuple(dict.fromkeys(found))


def is_met(specifiers: tuple[str, ...], version: str) -> bool:
    """Return whether a version meets one of some specifiers; pre-releases count.

    Raises InvalidSpecifier, InvalidVersion.
    """
    parsed = parse_version(version)
    return any(parse_specifiers(one).contains(parsed, prereleases=True) for one in specifiers)


def one_specifier(constraint: str) -> str:
    """Return the one specifier that means the same as a constraint.

    Alternatives need to follow each other without a gap, as in `^3.2 || ^4.0`, because a
    specifier has no `or`. Raises InvalidSpecifier.
    """
    specifiers = alternatives(constraint)
    if len(specifiers) == 1 or "" in specifiers:
        return specifiers[0] if len(specifiers) == 1 else ""
    found = filter(None, (_range(text, constraint) for text in specifiers))
    ranges = sorted(found, key=lambda one: one[0])
    if not ranges:
        return specifiers[0]
    low, high = ranges[0]
    for next_low, next_high in ranges[1:]:
        if high is not None and next_low > high:
            raise _without_or(constraint)
        high = None if high is None or next_high is None else max(high, next_high)
    bounds = (f">={low}" if low > _LOWEST else "", f"<{high}" if high else "")
    return ",".join(filter(None, bounds))


def python_marker(constraint: str) -> str:
    """Return the marker for a constraint on Python, such as `^3.8`; empty if any meets it.

    As for Poetry, `3.8` is met by 3.8.1, and `<=3.8` is not. Raises InvalidSpecifier.
    """
    found = alternatives(constraint)
    if "" in found:
        return ""
    return _any_of([" and ".join(_python_comparisons(text)) for text in found])


def platform_marker(constraint: str) -> str:
    """Return the marker for a constraint on the platform, such as `linux || darwin`."""
    found = []
    for alternative in _OR.split(constraint):
        names = [text.strip() for text in alternative.split(",")]
        found.append(" and ".join(_platform_comparison(name) for name in names if name))
    return "" if "" in found else _any_of(found)


def _any_of(markers: list[str]) -> str:
    return markers[0] if len(markers) == 1 else " or ".join(f"({one})" for one in markers)


def _python_comparisons(specifier: str) -> Iterator[str]:
    for text in specifier.split(","):
        operator = re.match(r"[<>=!~]+", text)
        assert operator is not None
        version = text[operator.end() :]
        has_patch = len(parse_version(version.removesuffix(".*")).release) > 2
        is_one = operator[0] == "!=" and not version.endswith(".*")
        is_full = has_patch or is_one or operator[0] in (">", "<=")
        name = "python_full_version" if is_full else "python_version"
        yield f'{name} {operator[0]} "{version}"'


def _platform_comparison(name: str) -> str:
    operator = "!=" if name.startswith("!=") else "=="
    value = re.sub(r"[^\w.-]", "", name.lstrip("!=").strip())
    return f'sys_platform {operator} "{value}"'


def _specifier(part: str) -> str:
    """Translate one constraint, without blanks.

    Raises InvalidSpecifier.
    """
    if _ANY.fullmatch(part):
        return ""
    found = _PART.fullmatch(part)
    if found is None:
        raise InvalidSpecifier(f"`{part}` is not a constraint that Poetry has")
    operator, text = found["operator"], found["version"]
    version = _STARS.sub("", text)
    try:
        parsed = parse_version(version)
    except InvalidVersion as error:
        raise InvalidSpecifier(str(error)) from None
    if operator in _EXACT:
        specifier = f"{_EXACT[operator]}{version}{'' if version == text else '.*'}"
    elif operator in ("^", "~"):
        above = _next_breaking(parsed) if operator == "^" else _next_minor(parsed)
        specifier = f">={parsed.public},<{above}"
    elif operator == "~=" and len(parsed.release) == 1:
        specifier = f">={parsed.public},<{_above(parsed, 0)}"
    else:  # only an exact version can be a local one (PEP 440)
        specifier = f"{operator}{parsed.public}"
    parse_specifiers(specifier)
    return specifier


def _next_breaking(version: Version) -> str:
    """Return the version that `^` excludes: the first number that is not 0 goes up."""
    release = version.release
    numbers = enumerate(release[:3])
    position = next((at for at, number in numbers if number), min(len(release), 3) - 1)
    return _above(version, position)


def _next_minor(version: Version) -> str:
    """Return the version that `~` excludes."""
    return _above(version, min(len(version.release), 2) - 1)


def _above(version: Version, position: int) -> str:
    epoch = f"{version.epoch}!" if version.epoch else ""
    release = version.release
    numbers = (*release[:position], release[position] + 1, *([0] if position == 0 else []))
    return epoch + ".".join(map(str, numbers))


def _range(specifier: str, constraint: str) -> tuple[Version, Version | None] | None:
    """Return the lowest version of a specifier, and the lowest above all of its versions.

    None if it has no versions. Raises InvalidSpecifier for what is not such a range.
    """
    low = _LOWEST
    high: Version | None = None
    for part in parse_specifiers(specifier):
        version = parse_version(part.version.removesuffix(".*"))
        is_star = part.operator == "==" and part.version.endswith(".*")
        above = parse_version(_above(version, len(version.release) - 1)) if is_star else version
        if part.operator not in (">=", "<") and not is_star:
            raise _without_or(constraint)
        if part.operator != "<":
            low = max(low, version)
        if part.operator != ">=":
            high = min(high or above, above)
    return (low, high) if high is None or low < high else None


def _without_or(constraint: str) -> InvalidSpecifier:
    return InvalidSpecifier(
        f"`{constraint}` has alternatives that do not follow each other, and neither pip nor "
        "uv knows `||`"
    )
