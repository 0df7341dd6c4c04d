"""The Pythons that several files of one app request, combined into one request."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.specifiers import InvalidSpecifier
from packaging.version import InvalidVersion

from slipway.domain.packaging_text import parse_specifiers, parse_version
from slipway.domain.python.selection import OLDEST, PythonRequest
from slipway.domain.python.series import MINORS
from slipway.domain.python.syntax import parse_module
from slipway.errors.python import TOGETHER, PythonsContradict, PythonTooOld

_END = 999
"""Greater than any minor version or patch release."""
# Without `\s*` before the comma, which would take quadratic time.
_BETWEEN_PARTS = re.compile(r",|(?<=[\w*])\s+(?=[<>=!~^])")
_MOST_PATCHES = 40
"""More than any minor version of Python that is no longer maintained has had."""
_CARET = re.compile(r"\^\s*(?P<release>\d+(?:\.\d+){0,2})")
_TILDE = re.compile(r"~\s*(?P<release>\d+(?:\.\d+){0,2})")
_PLAIN = re.compile(r"(?P<release>\d+(?:\.\d+){0,2})(\.\*)?")


def combine(requests: Sequence[PythonRequest]) -> PythonRequest:
    """Return a request that fits what fits all requests; the first ones have priority.

    A request that excludes nothing more than those before it is left out, and so are the
    specifiers of those before it if the request excludes all that they exclude.

    Raises PythonsContradict if nothing fits two of them, or all of them together.
    """
    combined = requests[0]
    for index, request in enumerate(requests[1:], start=1):
        versions = [*_boundaries((combined, request))]
        fitting = [version for version in versions if combined.fits(version)]
        both = [version for version in fitting if request.fits(version)]
        if not both:
            others = (one for one in requests[:index] if contradict(one, request))
            raise contradiction(next(others, combined), request)
        if len(both) < len(fitting):
            is_narrower = all(map(combined.fits, filter(request.fits, versions)))
            both_of = (request,) if is_narrower else (combined, request)
            combined = replace(
                combined,
                specifier=",".join(one.specifier for one in both_of),
                requested=" and ".join(one.requested for one in both_of),
                origin=f"{combined.origin}{TOGETHER}{request.origin}",
            )
    return replace(combined, parts=tuple(requests)) if len(requests) > 1 else combined


def contradict(one: PythonRequest, other: PythonRequest) -> bool:
    """Return whether no Python that Slipway supports fits both requests."""
    return not any(
        one.fits(version) and other.fits(version) for version in _boundaries((one, other))
    )


def contradiction(first: PythonRequest, second: PythonRequest) -> PythonsContradict:
    """Return the error that two requests contradict each other."""
    return PythonsContradict(
        origins=(str(first.origin), str(second.origin)),
        requested=(first.requested, second.requested),
        nearest=(_nearest(second, first), _nearest(first, second)),
        widened=re.sub(r"^==(\d+(\.\d+)*)(\.\*)?$", r">=\1", first.specifier),
    )


def _boundaries(requests: Iterable[PythonRequest]) -> Iterator[str]:
    """Yield supported versions, at least one between any two that specifiers tell apart."""
    releases = {OLDEST.release, (3, _END)}
    for request in requests:
        for part in parse_specifiers(request.specifier):
            with suppress(InvalidVersion):  # `===` may have any text
                releases.add(parse_version(part.version.removesuffix(".*")).release)
    found = set()
    for release in releases:
        major, minor, patch = (*release, 0, 0)[:3]
        found |= {
            (major, minor, max(patch - 1, 0)),
            (major, minor, patch),
            (major, minor, patch + 1),
            (major, minor, _END),
            (major, max(minor - 1, 0), _END),
            (major, minor + 1, 0),
            (major, _END, _END),
            (major + 1, 0, 0),
        }
    oldest = (*OLDEST.release, 0)
    yield from (".".join(map(str, version)) for version in sorted(found) if version >= oldest)


def _nearest(request: PythonRequest, to: PythonRequest) -> str:
    """Return the minor version that fits and is the nearest to another request.

    If none fits with all its patch releases, return the newest version that fits; empty if no
    version is known to.
    """
    minors = sorted(int(minor.partition(".")[2]) for minor in MINORS)
    wanted = next((minor for minor in minors if to.may_fit(3, minor)), 0)
    for minor in sorted(minors, key=lambda minor: abs(minor - wanted)):
        if request.fits(f"3.{minor}.0") and request.fits(f"3.{minor}.{_END}"):
            return f"3.{minor}"
    fitting = [version for version in _boundaries((request,)) if request.fits(version)]
    known = [version for version in fitting if str(_END) not in version]
    return known[-1] if known else ""


def python_requires(text: str, file: str) -> str | None:
    """Return the python_requires of a setup.cfg or setup.py; None if it is not static."""
    if "python_requires" not in text:
        return None
    if file == "setup.cfg":
        found = re.search(r"^python_requires[ \t]*[=:][ \t]*([^\s#].*)$", text, re.MULTILINE)
        return found[1].strip() if found else None
    tree = parse_module(text)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.keyword(arg="python_requires", value=ast.Constant(value=str(specifier))):
                return specifier
    return None


def poetry_specifier(constraint: str) -> str | None:
    """Translate a constraint of Poetry to PEP 440; None if that has none like it.

    Of several alternatives (`||`), those that no supported Python fits are left out.

    https://python-poetry.org/docs/dependency-specification/#version-constraints
    """
    alternatives = [_all_of(text) for text in re.split(r"\|\|?", constraint)]
    usable = [one for one in alternatives if one is None or is_possible(one)]
    return usable[0] if len(usable) == 1 else None


def is_possible(specifier: str) -> bool:
    """Return whether a supported Python fits a specifier."""
    request = PythonRequest(specifier=specifier, requested=specifier, origin=None)
    return any(request.fits(version) for version in _boundaries((request,)))


def refuse_too_old(request: PythonRequest) -> None:
    """Stop if only Pythons fit a request that are older than those that Slipway supports.

    Raises PythonTooOld.
    """
    if is_possible(request.specifier):
        return
    older = [(2, 7), *((3, minor) for minor in range(OLDEST.release[1]))]
    if any(
        request.fits(f"{major}.{minor}.{patch}")
        for major, minor in older
        for patch in range(_MOST_PATCHES)
    ):
        raise PythonTooOld(
            origin=str(request.origin), requested=request.requested, oldest=str(OLDEST)
        )


def _all_of(text: str) -> str | None:
    try:
        parts = [_one(part) for part in _BETWEEN_PARTS.split(text.strip())]
        joined = ",".join(part or "" for part in parts)
        for part in parse_specifiers(joined):
            parse_version(part.version.removesuffix(".*"))
    except (InvalidSpecifier, InvalidVersion):
        return None
    return None if None in parts else joined


def _one(part: str) -> str | None:
    part = part.strip()
    if part == "*":
        return ">=3"
    caret, tilde, plain = (one.fullmatch(part) for one in (_CARET, _TILDE, _PLAIN))
    if caret:
        release = parse_version(caret["release"]).release
        return f">={caret['release']},<{release[0] + 1}"
    if tilde:
        release = parse_version(tilde["release"]).release
        above = f"{release[0]}.{release[1] + 1}" if len(release) > 1 else str(release[0] + 1)
        return f">={tilde['release']},<{above}"
    if plain:
        is_exact = plain["release"].count(".") == 2
        return f"=={plain['release']}{'' if is_exact else '.*'}"
    return part.replace(" ", "")
