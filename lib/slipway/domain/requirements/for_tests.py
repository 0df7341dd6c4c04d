"""Which groups, extras and requirements files an app has only for its tests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from slipway.domain.settings import Settings
from slipway.errors.running_tests import WayToAdd

_FOR_TESTS = re.compile(r"((unit|integration|functional|e2e)[-_.]?)?(tests?|testing)|pytest|ci")
_FOR_DEVELOPMENT = re.compile(r"dev|devel|develop|development|dev-(packages|dependencies)")
_OWN_NAME = re.compile(
    r"(?P<before>[\w.-]*?)[-_.]?requirements[-_.]?(?P<after>[\w.-]*?)\.(txt|in|pip)"
)
_ENDING = re.compile(r"\.(txt|in|pip)$")

_ADDED_BY = {
    "uv.lock": "uv add --dev",
    "poetry.lock": "poetry add --group dev",
    "pdm.lock": "pdm add --dev",
    "Pipfile.lock": "pipenv install --dev",
    "Pipfile": "pipenv install --dev",
}
"""The command that adds a package to what a lock has for the tests."""

USUAL_FILES = ("tests/requirements.txt", "test/requirements.txt")
"""Requirements files for tests in folders of their own."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What an app has besides the dependencies that it runs with."""

    origin: str
    """The lock or file with the app's dependencies."""
    is_lock: bool = False
    groups: tuple[str, ...] = ()
    """The groups of that file, normalized."""
    extras: tuple[str, ...] = ()
    """The extras of the app that this file has, normalized."""
    for_production: tuple[str, ...] = ()
    """The groups that are installed if no setting names any."""
    for_developers: tuple[str, ...] = ()
    """The groups that its own tool installs on the machine of a developer."""
    files: tuple[str, ...] = ()
    """Requirements files that do not count."""
    groups_beside: tuple[str, ...] = ()
    """Groups in pyproject.toml that the file with the dependencies does not have."""
    extras_beside: tuple[str, ...] = ()
    """The same for extras."""


@dataclass(frozen=True, kw_only=True)
class ForTests:
    """What is installed for the tests, in addition to what the app runs with."""

    groups: tuple[str, ...] = ()
    """Of the file with the dependencies."""
    extras: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    groups_beside: tuple[str, ...] = ()
    """Of pyproject.toml, if another file has the dependencies."""
    extras_beside: tuple[str, ...] = ()
    """The same for extras."""
    unused: tuple[str, ...] = ()
    """What has a name for tests, and is not installed."""
    by_default: tuple[str, ...] = ()
    """The groups that a build for the app installs as well."""
    named_by: str = ""
    """The setting that names what the tests need, so that nothing is added."""
    for_production: tuple[str, ...] = ()
    """The groups that are installed if no setting names any."""

    def chosen_in(self, settings: Settings) -> Settings:
        """Return the settings with the groups and extras that the tests need."""
        groups = settings.groups
        if self.groups:
            named = self.for_production if groups is None else groups
            groups = tuple(dict.fromkeys((*named, *self.groups)))
        extras = tuple(dict.fromkeys((*settings.extras, *self.extras)))
        return replace(settings, groups=groups, extras=extras, collectstatic=False)

    @property
    def lines(self) -> tuple[str, ...]:
        """Say it in sentences, for the log."""
        added = [
            *self.files,
            *_named("group", self.groups),
            *_named("extra", self.extras),
            *_in_pyproject(self.groups_beside, self.extras_beside),
        ]
        if self.named_by:
            subject = f"{self.named_by[0].upper()}{self.named_by[1:]}"
            return (
                f"{subject} names what the tests need, so nothing else is installed for them",
            )
        default = _by_default(self.by_default)
        lines = []
        if added:
            lines.append(f"Installing what the tests need: {_and(added)}")
            lines += [f"T{default[1:]}"] if default else []
        elif default:
            lines.append(f"Found nothing else that the tests need: {default}")
        else:
            lines.append(
                "Found nothing that only the tests need, such as a requirements-test.txt or a "
                "group or extra named `test` or `dev`: they run with the packages of the app"
            )
        if self.unused:
            because = f", because the tests get {_and(added)}" if added else ""
            lines.append(f"Not installing {_and(self.unused)}{because}")
        return tuple(lines)


def needed_for_tests(offered: Offered, settings: Settings) -> ForTests:
    """Decide what is installed for the tests.

    These are the groups, extras and files that are named for tests, or else those that are
    named for development, and the groups that the app's own tool installs for developers. If a
    setting names any of them itself, nothing is added. Next to a lock with such groups, no
    other file counts.
    """
    for names, origin in (
        (settings.groups or (), settings.groups_origin),
        (settings.extras, settings.extras_origin),
        (tuple(map(_subject, settings.requirements)), settings.requirements_origin),
    ):
        if any(
            _FOR_TESTS.fullmatch(name) or _FOR_DEVELOPMENT.fullmatch(name) for name in names
        ):
            return ForTests(named_by=origin)
    likely = _likely(offered.groups)
    groups = tuple(
        name for name in offered.groups if name in likely or name in offered.for_developers
    )
    groups = tuple(name for name in groups if name not in offered.for_production)
    extras = _likely(offered.extras)
    files = _likely(_without_sources(offered.files), _subject)
    groups_beside, extras_beside = map(_likely, (offered.groups_beside, offered.extras_beside))
    unused: tuple[str, ...] = ()
    if offered.is_lock and (groups or extras):
        unused, files = files, ()
    if files or groups or extras:
        unused += _in_pyproject(groups_beside, extras_beside)
        groups_beside = extras_beside = ()
    return ForTests(
        groups=groups,
        extras=extras,
        files=files,
        groups_beside=groups_beside,
        extras_beside=extras_beside,
        unused=unused,
        by_default=offered.for_production if settings.groups is None else (),
        for_production=offered.for_production,
    )


def way_to_add(
    names: Sequence[str],
    tests: ForTests,
    origin: str,
    listed: Mapping[str, Container[str]],
    group_of_poetry: str = "",
) -> WayToAdd:
    """Say how to add packages so that a build for the tests installs them.

    `origin` is the file with the dependencies, and `listed` has which of the packages each
    requirements file lists that is not installed. `group_of_poetry` is the group of the tests
    in a format of its own.
    """
    own = posixpath.basename(origin)
    groups = tests.groups_beside or (tests.groups if own == "pyproject.toml" else ())
    if not tests.files and own in _ADDED_BY:
        command = " ".join((_ADDED_BY[own], *names))
        return WayToAdd(exact=(command,), file=own, is_command=True)
    if not tests.files and group_of_poetry:
        command = " ".join(("poetry add --group", group_of_poetry, *names))
        return WayToAdd(exact=(command,), file=own, is_command=True)
    quoted = ", ".join(f'"{name}"' for name in names)
    if not tests.files and groups:
        return WayToAdd(exact=(f"{quoted},",), file="pyproject.toml", group=groups[0])
    file = tests.files[0] if tests.files else "requirements-test.txt"
    having = next((one for one in listed if names[0] in listed[one]), "")
    if having:
        path = posixpath.relpath(having, posixpath.dirname(file) or ".")
        others = (name for name in names if name not in listed[having])
        return WayToAdd(exact=(f"-r {path}", *others), file=file, listed_in=having)
    if not tests.files and own == "pyproject.toml":
        exact = ("[dependency-groups]", f"test = [{quoted}]")
        return WayToAdd(exact=exact, file=own)
    return WayToAdd(exact=tuple(names), file=file)


def names_listed(text: str, names: Iterable[str]) -> frozenset[str]:
    """Return which of these packages a requirements file lists, without nested files."""
    return frozenset(
        name
        for name in names
        if re.search(rf"^[ \t]*{re.escape(name)}[ \t]*(?:$|[\[<>=!~;@#\\])", text, re.MULTILINE)
    )


def _likely(names: Iterable[str], subject: Callable[[str], str] = str) -> tuple[str, ...]:
    """Return the names that are for tests, or else those that are for development."""
    given = tuple(names)
    for pattern in (_FOR_TESTS, _FOR_DEVELOPMENT):
        found = tuple(name for name in given if pattern.fullmatch(subject(name)))
        if found:
            return found
    return ()


def _subject(file: str) -> str:
    """Return what a requirements file is for: `test` of `requirements-test.txt`."""
    folder, own = posixpath.split(file.lower())
    found = _OWN_NAME.fullmatch(own)
    if found is None:
        return _ENDING.sub("", own)
    return found["before"] or found["after"] or posixpath.basename(folder)


def _without_sources(files: Sequence[str]) -> tuple[str, ...]:
    """Leave out the files of which the compiled ones are there as well."""
    return tuple(
        file for file in files if not (file.endswith(".in") and f"{file[:-3]}.txt" in files)
    )


def _in_pyproject(groups: Sequence[str], extras: Sequence[str]) -> tuple[str, ...]:
    names = (*_named("group", groups), *_named("extra", extras))
    return tuple(f"{one} in pyproject.toml" for one in names)


def _named(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"the {kind}{'s' * (len(names) > 1)} {_and(names)}",)


def _by_default(groups: Sequence[str]) -> str:
    """Say in a clause which groups are installed without being chosen; empty for none."""
    if not groups:
        return ""
    are, them = ("are", "them") if len(groups) > 1 else ("is", "it")
    [named] = _named("group", groups)
    return f"{named} {are} installed with the app, because the default groups include {them}"


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
