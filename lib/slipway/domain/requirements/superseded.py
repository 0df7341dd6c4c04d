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
    commands: tuple[str, ...] = ()
    """The exact text for `then`, if that ends with a colon."""
    never_installs: bool = False
    """Whether no Python 3 can install it."""
    only: str = ""
    """The versions of which all this is true; empty for all."""


_IN_PYTHON = _Successor(reason="Python itself has {}")
_ONLY_IN_PYTHON_2 = _Successor(reason="Python itself has {}", never_installs=True)
_OF_UBUNTU = _Successor(
    reason="Ubuntu's `pip freeze` lists {}, which no index has and no app needs"
)

_SUCCESSORS: Mapping[str, _Successor] = {
    **dict.fromkeys(
        "argparse asyncio backports-ssl-match-hostname configparser contextvars dataclasses "
        "elementtree enum34 funcsigs futures hashlib importlib ipaddress ordereddict pathlib "
        "selectors34 singledispatch statistics typing unittest2 uuid".split(),
        _IN_PYTHON,
    ),
    **dict.fromkeys(
        "functools32 multiprocessing pysqlite ssl subprocess32 wsgiref".split(),
        _ONLY_IN_PYTHON_2,
    ),
    **dict.fromkeys(
        "apturl brlapi command-not-found cupshelpers language-selector louis pkg-resources "
        "screen-resolution-extra ubuntu-advantage-tools ubuntu-drivers-common ufw "
        "unattended-upgrades usb-creator".split(),
        _OF_UBUNTU,
    ),
    "anyjson": _Successor(reason="Python itself has json, which replaces {}"),
    "distribute": _Successor(
        reason="setuptools has replaced {}", never_installs=True, only="<0.7"
    ),
    "south": _Successor(
        reason="Django itself has replaced {}",
        then="Django has migrations of its own in place of South. Remove `south` from "
        "INSTALLED_APPS, delete the migrations of South, and once the app builds, write new "
        "ones and commit them:",
        commands=(
            "git rm -f $(git grep -lE '^(from|import) +south' -- '*/migrations/*.py')",
            "python manage.py makemigrations",
        ),
    ),
    "django-toolbelt": _Successor(
        reason="{} has no code, but requires Django, gunicorn, psycopg2, dj-database-url and "
        "dj-static"
    ),
    "beautifulsoup": _Successor(
        requirement="beautifulsoup4",
        then="The module BeautifulSoup has another name now. If the code imports it, write "
        "this in its place:",
        commands=("from bs4 import BeautifulSoup",),
    ),
    "django-social-auth": _Successor(
        requirement="social-auth-app-django",
        then="The module social_auth has another name now, also in INSTALLED_APPS and in "
        "`urls.py`: social_django.",
    ),
    "dnspython3": _Successor(requirement="dnspython"),
    "jinja": _Successor(
        requirement="Jinja2", then="The module jinja has another name now: jinja2."
    ),
    "mysql-python": _Successor(requirement="mysqlclient", never_installs=True),
    "pil": _Successor(
        requirement="Pillow",
        then="The modules of PIL are parts of a package now. If the code has `import Image`, "
        "write this in its place, and likewise for others:",
        commands=("from PIL import Image",),
    ),
    "pycrypto": _Successor(requirement="pycryptodome"),
    "python-openid": _Successor(requirement="python3-openid"),
    "suds": _Successor(requirement="suds-community"),
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
                commands=successor.commands,
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
