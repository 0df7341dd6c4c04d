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
from slipway.domain.python.kinds import named
from slipway.domain.python.selection import OLDEST, PythonRequest
from slipway.domain.python.series import MINORS
from slipway.domain.python.syntax import parse_module
from slipway.domain.requirements.poetry_constraints import alternatives
from slipway.errors.python import TOGETHER, NoSuchPython, PythonsContradict, PythonTooOld

_END = 999
"""Greater than any minor version or patch release."""
_MOST_PATCHES = 40
"""More than any minor version of Python that is no longer maintained has had."""
_MOST_MINORS, _MOST_ALTERNATIVES = 50, 20
_MINOR_ALONE = re.compile(r"(?<![<>!~=])==\d+(?:\.\d+)?(?=,|$)")


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
            raise contradiction(next(others, combined), request, requests[:index])
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


def contradiction(
    first: PythonRequest, second: PythonRequest, among: Sequence[PythonRequest] = ()
) -> PythonsContradict:
    """Return the error that two requests contradict each other.

    The first one may combine several, which are `among` these.
    """
    origins = str(first.origin).split(TOGETHER)
    parts = [one for one in among if one.origin in origins] if len(origins) > 1 else []
    for_first = _nearest(second, first)
    return PythonsContradict(
        origins=(str(first.origin), str(second.origin)),
        requested=(first.requested, second.requested),
        nearest=(for_first, _nearest(first, second)),
        widened=re.sub(r"^==(\d+(\.\d+)*)(\.\*)?$", r">=\1", first.specifier),
        parts=tuple((str(one.origin), one.requested) for one in parts),
        changes=tuple(
            str(one.origin)
            for one in parts
            if for_first and not is_possible(f"{one.specifier},{_of_minor(for_first)}")
        ),
    )


def _of_minor(version: str) -> str:
    return f"=={version}" if version.count(".") > 1 else f"=={version}.*"


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
        }
    for version in sorted(found):
        if (*OLDEST.release, 0) <= version < (OLDEST.major + 1,):
            yield ".".join(map(str, version))


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


def names_python_requires(text: str, file: str) -> bool:
    """Return whether a setup.cfg or setup.py has a python_requires, in whatever form."""
    if file == "setup.cfg":
        return re.search(r"^python_requires[ \t]*[=:]", text, re.MULTILINE) is not None
    tree = parse_module(text) if "python_requires" in text else None
    return any(
        isinstance(node, ast.keyword) and node.arg == "python_requires"
        for node in (ast.walk(tree) if tree else ())
    )


def poetry_specifier(constraint: str) -> str | None:
    """Translate a constraint of Poetry on Python to PEP 440; None if it is not one.

    As in Poetry's markers, `3.12` and `==3.12` mean any 3.12. Alternatives (`||`) become one
    specifier that the same supported Pythons fit.

    https://python-poetry.org/docs/dependency-specification/#version-constraints
    """
    try:
        found = [_MINOR_ALONE.sub(r"\g<0>.*", one) or ">=3" for one in alternatives(constraint)]
    except InvalidSpecifier:
        return None
    usable = [one for one in found if is_possible(one)]
    if len(usable) < 2:
        return (usable or found)[0]
    return _union([_request(one) for one in usable])


def _union(requests: Sequence[PythonRequest]) -> str | None:
    """Return one specifier for the supported Pythons that fit any of several requests.

    None if there are too many of them, or if they name releases that Python never had.
    """
    if len(requests) > _MOST_ALTERNATIVES:
        return None
    parts_of_all = [part for one in requests for part in parse_specifiers(one.specifier)]
    named_in_them = [
        (*parse_version(part.version.removesuffix(".*")).release, 0, 0)[1:3]
        for part in parts_of_all
    ]
    last = 1 + max(OLDEST.release[1], *(minor for minor, _ in named_in_them))
    most = 1 + max(patch for _, patch in named_in_them)
    if last > _MOST_MINORS or most > _MOST_PATCHES:
        return None
    releases = [
        (minor, patch)
        for minor in range(OLDEST.release[1], last + 1)
        for patch in (*range(most + 1), _END)
    ]
    fitting = {
        (minor, patch)
        for request in requests
        for minor, patch in releases
        if request.fits(f"3.{minor}.{patch}")
    }
    lowest, highest = min(fitting), max(fitting)
    parts = [f">={_written(*lowest)}"]
    if highest < (last, _END):
        minor, patch = highest
        above = (minor + 1, 0) if patch == _END else (minor, patch + 1)
        parts.append(f"<{_written(*above)}")
    else:
        parts.append("<4")
    minors = {minor for minor, _ in fitting}
    for minor, patch in releases:
        if not lowest < (minor, patch) < highest or (minor, patch) in fitting:
            continue
        if minor in minors and patch < _END:
            parts.append(f"!=3.{minor}.{patch}")
        elif minor not in minors and patch == 0:
            parts.append(f"!=3.{minor}.*")
    # Releases after the last one that a request names are left out one by one, too.
    ends = [one for one in minors if (one, _END) not in fitting and one < highest[0]]
    for minor in sorted(ends):
        parts += [f"!=3.{minor}.{patch}" for patch in range(most + 1, _MOST_PATCHES)]
    return ",".join(parts)


def _written(minor: int, patch: int) -> str:
    return f"3.{minor}.{patch}" if patch else f"3.{minor}"


def _request(specifier: str) -> PythonRequest:
    return PythonRequest(specifier=specifier, requested=specifier, origin=None)


def is_possible(specifier: str) -> bool:
    """Return whether a supported Python fits a specifier."""
    request = _request(specifier)
    return any(request.fits(version) for version in _boundaries((request,)))


def refuse_unusable(requests: Iterable[PythonRequest]) -> None:
    """Stop if the first request is too old, or if no Python at all fits one of them.

    Raises PythonTooOld, NoSuchPython.
    """
    for index, request in enumerate(requests):
        if is_possible(request.specifier):
            continue
        if index == 0:
            refuse_too_old(request)
        if not is_too_old(request):
            parts = parse_specifiers(request.specifier)
            raise NoSuchPython(
                origin=str(request.origin),
                requested=request.requested,
                is_range=len(parts) > 1,
                instead=named(request.requested),
            )


def refuse_too_old(request: PythonRequest) -> None:
    """Stop if only Pythons fit a request that are older than those that Slipway supports.

    Raises PythonTooOld.
    """
    if is_too_old(request):
        raise PythonTooOld(
            origin=str(request.origin), requested=request.requested, oldest=str(OLDEST)
        )


def is_too_old(request: PythonRequest) -> bool:
    """Return whether only Pythons fit that are older than those that Slipway supports."""
    if is_possible(request.specifier):
        return False
    older = [(2, 7), *((3, minor) for minor in range(OLDEST.release[1]))]
    return any(
        request.fits(f"{major}.{minor}.{patch}")
        for major, minor in older
        for patch in range(_MOST_PATCHES)
    )
