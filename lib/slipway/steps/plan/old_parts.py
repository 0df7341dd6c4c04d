"""Find what in an app is too old for every Python that Slipway supports, to name it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from slipway.domain.python.django_pythons import named_pythons
from slipway.domain.python.python_2_code import python_2_code
from slipway.domain.python.selection import markers_of
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.exact_pins import exact_pins
from slipway.domain.requirements.lines import Line, LineKind
from slipway.domain.requirements.superseded import exact_versions, superseded
from slipway.domain.toml_text import parse_toml
from slipway.effects.files import AppFolder
from slipway.errors.python import (
    ADVISED,
    OLDEST,
    NeedsPython2,
    OldCode,
    OldParts,
    OldVersion,
    VersionsUnreadable,
)
from slipway.errors.stopped import BuildStopped

_MOST_BYTES = 200_000
"""Larger modules are left out: nobody has written them by hand."""
_ANOTHER_PLACE = re.compile(r"(?:^|/)(?:node_modules|site-packages|vendor)/")


def refuse_python_2(app: AppFolder, dependencies: Dependencies) -> None:
    """Stop if the app requires packages that only Python 2 can install.

    Raises NeedsPython2, which also names all else that has to change.
    """
    if any(one.never_installs for one in superseded(_declared(dependencies))):
        raise NeedsPython2(old=old_parts(app, dependencies))


def old_parts(app: AppFolder, dependencies: Dependencies) -> OldParts:
    """Return what is too old; this reads all modules of the app, so call it for an error only.

    Without any of that, the result is false.
    """
    lines = _declared(dependencies)
    django, pythons = _old_django(dependencies)
    modules = tuple(_old_modules(app))
    requirements = tuple(superseded(lines))
    if not (django or modules or any(one.never_installs for one in requirements)):
        return OldParts()
    pinned = [line for line in lines if "==" in line.text and not line.hashes]
    return OldParts(
        requirements=requirements,
        django=django,
        django_pythons=pythons,
        modules=modules,
        pinned_in=tuple(dict.fromkeys(line.file for line in pinned)),
        lock=dependencies.origin if dependencies.lock is not None else "",
        exact=_exact(app, dependencies) if dependencies.lock is not None else (),
        git_addresses_in=tuple(dict.fromkeys(one.file for one in lines if _of_git(one))),
    )


def refuse_old_versions(
    app: AppFolder, dependencies: Dependencies, versions: Sequence[OldVersion]
) -> None:
    """Stop if there are versions that no tool can read.

    Raises VersionsUnreadable, which also names all else that has to change.
    """
    if versions:
        old = old_parts(app, dependencies)
        files = (*old.pinned_in, *(one.file for one in versions))
        raise VersionsUnreadable(
            old=replace(old, versions=tuple(versions), pinned_in=tuple(dict.fromkeys(files)))
        )


def _exact(app: AppFolder, dependencies: Dependencies) -> tuple[str, ...]:
    """Return the packages that the file with the app's own requirements pins."""
    file = "Pipfile" if dependencies.origin == "Pipfile.lock" else "pyproject.toml"
    with suppress(BuildStopped):  # nothing of it is an error of a build with a lock
        return exact_pins(parse_toml(app.text(file) or "", file))
    return ()


def _of_git(line: Line) -> bool:
    return line.value.startswith(("git://", "git+git://"))


def _declared(dependencies: Dependencies) -> tuple[Line, ...]:
    """Return the requirements that a person has written, or `pip freeze`."""
    is_written = dependencies.lock is None and dependencies.origin.endswith(".txt")
    return dependencies.requirements if is_written else ()


def _old_django(dependencies: Dependencies) -> tuple[str, str]:
    """Return the version of Django, and its Pythons in words, if all of them are too old."""
    for version in _versions(dependencies, "django"):
        named = named_pythons(version)
        if named is None and re.match(r"(?:0|1\.[0-4])(?:\.|$)", version):
            return version, "2"
        newest = named[1] if named else ""
        if newest and _number(newest) < OLDEST:
            pythons = " to ".join(dict.fromkeys(named or ()))
            # https://docs.djangoproject.com/en/stable/faq/install/
            return version, f"2.7 and {pythons}" if version.startswith("1.") else pythons
    return "", ""


def _versions(dependencies: Dependencies, name: str) -> Iterator[str]:
    """Yield the exact versions of a package that the app requires."""
    pins = dependencies.pins
    if dependencies.lock is not None and not pins:
        of_lock = re.search(r"\d+\.\d+", dependencies.lock.requires_python)
        with suppress(BuildStopped):  # a lock for other Pythons than its file names
            markers = markers_of(of_lock[0] if of_lock else ADVISED)
            pins = dependencies.lock.select(markers, dependencies.choice)
    yield from (pin.version for pin in pins if pin.name == name and pin.version)
    for line in dependencies.requirements:
        if line.name == name and line.kind is LineKind.NAMED:
            yield from exact_versions(line)


def _old_modules(app: AppFolder) -> Iterator[OldCode]:
    for path, data in app.small_files("", _MOST_BYTES):
        if path.endswith(".py") and not _ANOTHER_PLACE.search(path):
            found = python_2_code(data)
            if found:
                yield OldCode(file=path, line=found[0], statement=found[1])


def _number(minor: str) -> tuple[int, int]:
    major, number = minor.split(".")
    return int(major), int(number)
