"""Packages that apps no longer need, because something else has taken their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from slipway.domain.packaging_text import parse_requirement, parse_specifiers
from slipway.domain.requirements.lines import Line, LineKind
from slipway.errors.python import OldRequirement


@dataclass(frozen=True, kw_only=True)
class _Successor:
    reason: str = ""
    """A clause, with `{}` for the names of packages; empty if there is a requirement."""
    requirement: str = ""
    """What to require instead; empty to require nothing."""
    then: str = ""
    """What else to do, as sentences."""
    never_installs: bool = False
    """Whether no Python 3 can install it."""
    only: str = ""
    """The versions of which all this is true; empty for all."""


_IN_PYTHON = _Successor(reason="Python itself has {}")
_ONLY_IN_PYTHON_2 = _Successor(reason="Python itself has {}", never_installs=True)

_SUCCESSORS: Mapping[str, _Successor] = {
    **dict.fromkeys(
        ("argparse", "enum34", "futures", "importlib", "ordereddict", "pathlib", "typing"),
        _IN_PYTHON,
    ),
    **dict.fromkeys(("unittest2", "uuid"), _IN_PYTHON),
    **dict.fromkeys(("functools32", "multiprocessing", "pysqlite", "ssl"), _ONLY_IN_PYTHON_2),
    "wsgiref": _ONLY_IN_PYTHON_2,
    "distribute": _Successor(
        reason="setuptools has replaced {}", never_installs=True, only="<0.7"
    ),
    "south": _Successor(
        reason="Django itself has replaced {}",
        then="Django has migrations of its own in place of South. Remove `south` from "
        "INSTALLED_APPS, delete the files of South in the folders `migrations`, and let "
        "`python manage.py makemigrations` write new ones.",
    ),
    "django-toolbelt": _Successor(
        reason="{} has no code, but requires Django, gunicorn, psycopg2, dj-database-url and "
        "dj-static"
    ),
    "beautifulsoup": _Successor(requirement="beautifulsoup4"),
    "mysql-python": _Successor(requirement="mysqlclient", never_installs=True),
    "pil": _Successor(requirement="Pillow"),
    "pycrypto": _Successor(requirement="pycryptodome"),
    "python-openid": _Successor(requirement="python3-openid"),
}
"""Package, normalized -> what has taken its place."""


def superseded(lines: Iterable[Line]) -> Iterator[OldRequirement]:
    """Yield the requirements that an app does not need any more."""
    for line in lines:
        successor = _successor_of(line)
        requirement = _parsed(line)
        if successor is not None and requirement is not None:
            yield OldRequirement(
                file=line.file,
                name=requirement.name,
                reason=successor.reason,
                replacement=successor.requirement,
                then=successor.then,
                never_installs=successor.never_installs,
            )


def why_superseded(name: str) -> str:
    """Return what has taken the place of a package, as a clause; empty if nothing has."""
    successor = _SUCCESSORS.get(canonicalize_name(name))
    if successor is None:
        return ""
    if successor.requirement:
        return f"{successor.requirement} has replaced {name}"
    return successor.reason.format(name)


def _successor_of(line: Line) -> _Successor | None:
    # With a marker, it may be for an older Python alone.
    if line.kind is not LineKind.NAMED or line.name is None or line.marker:
        return None
    successor = _SUCCESSORS.get(line.name)
    if successor is None or not successor.only:
        return successor
    only = parse_specifiers(successor.only)
    return successor if any(map(only.contains, exact_versions(line))) else None


def exact_versions(line: Line) -> tuple[str, ...]:
    """Return the version that a requirement by name allows alone; none if it allows more."""
    requirement = _parsed(line)
    specifiers = requirement.specifier if requirement else ()
    return tuple(one.version for one in specifiers if one.operator == "==")


def _parsed(line: Line) -> Requirement | None:
    try:
        return parse_requirement(line.text.partition(" --")[0])
    except InvalidRequirement:  # it has a variable
        return None
