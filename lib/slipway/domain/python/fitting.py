"""Which Pythons have files of everything that an app pins.

A wheel counts by its tags and its Requires-Python. An sdist counts only if the version has no
compiled wheel for this platform: compiling a package that its authors compile for other Pythons
often fails: that needs its libraries, and an older version may not know a newer Python's C API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier
from packaging.tags import Tag

from slipway.domain.packaging_text import parse_specifiers
from slipway.domain.python.django_pythons import named_pythons
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import minor_of
from slipway.domain.python.wheel_tags import cpythons, tags_in
from slipway.domain.vendoring.packages import is_archive_name
from slipway.errors.locks import LockNotForThisPython
from slipway.errors.stopped import BuildStopped

_EVER = tuple(f"3.{minor}" for minor in range(40))
"""Every Python 3, whether or not an app can have it."""
_NO_WHEEL = " has no wheel for "
_HERE = " on this platform"


class PackageFile(NamedTuple):
    """A file that an index, a lock or the app has of a version of a package."""

    name: str
    requires_python: str = ""
    """As in the metadata, a specifier; empty for any Python, or if it is not known."""


@dataclass(frozen=True, kw_only=True)
class PinnedPackage:
    """A version of a package that is installed, and what is known about its files."""

    name: str
    """Normalized."""
    version: str
    """Empty if only a build tells it."""
    files: tuple[PackageFile, ...] = ()
    """Empty if they are not known: then every Python fits."""
    requires_python: str = ""
    """Of the whole version, for formats that do not have it for each file."""
    listed_by: str = ""
    """What the files are, if they may not be all of the version: `that uv.lock lists`."""

    @property
    def words(self) -> str:
        """Its name and version."""
        name = "Django" if self.name == "django" else self.name
        return f"{name} {self.version}".strip()


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The Pythons for which everything pinned has files."""

    minors: tuple[str, ...]
    """The best one first, and never empty: those that fit, the newest first. If there are
    none, see `unfit` and `conflict`."""
    reasons: Mapping[str, str]
    """Each minor version that does not fit, or has `excluded` releases -> the first reason,
    `psycopg2-binary 2.9.9 has no wheel for 3.13`."""
    unfit: str = ""
    """The first package that fits none of these Pythons, as a clause; else empty. Such
    packages do not count, but `minors` begins with the Python that is the nearest to their
    files and fits everything else."""
    conflict: str = ""
    """Packages that exclude each other, as clauses; else empty. Then `minors` has the Pythons
    for which everything could at least be built, the newest first; or else all of them."""
    excluded: tuple[str, ...] = ()
    """Releases of `minors` that do not fit, though a release selected after them does."""


class _Misfit(NamedTuple):
    reason: str
    """As a clause with the package as its subject."""
    is_buildable: bool
    """Whether it could be built from its sdist, or works without being tested."""


def fit(
    pinned: Callable[[str], Sequence[PinnedPackage]],
    releases: Mapping[str, Sequence[str]],
    platforms: Sequence[str],
) -> Fit:
    """Return which of these minor versions of Python fit, of which there is at least one.

    `releases` has those that the app can have of each, in the order in which they would be
    selected: `{"3.13": ("3.13.0", "3.13.18")}`. `pinned` returns what is installed for one of
    them; it may raise a BuildStopped if nothing can be. `platforms` are the platform tags of
    this machine.
    """
    newest_first = sorted(releases, key=_number, reverse=True)
    files = _files_here(tuple(platforms))
    stopped: dict[str, str] = {}
    found: dict[str, Mapping[str, _Misfit]] = {}
    packages: dict[str, PinnedPackage] = {}
    excluded: list[str] = []
    for minor in newest_first:
        tried = _try(pinned, releases[minor], files, packages)
        best = min(tried, key=lambda one: (one.problems is None, len(one.problems or ())))
        before = tried[: tried.index(best)]
        if best.problems is not None:
            found[minor] = best.problems
            excluded += releases[minor][: len(before)]
        if before or best.problems is None:
            stopped[minor] = tried[0].reason
    possible = [*found] or newest_first
    fitting = [minor for minor in found if not found[minor]]
    if fitting:
        return Fit(
            minors=tuple(fitting),
            reasons={**_first_reasons(found), **stopped},
            excluded=tuple(excluded),
        )
    if not found:
        return Fit(minors=tuple(possible), reasons=stopped)
    unfit = [name for name in packages if all(name in found[minor] for minor in found)]
    others = {
        minor: {name: one for name, one in problems.items() if name not in unfit}
        for minor, problems in found.items()
    }
    reasons = {**_first_reasons(others), **stopped}
    fitting = [minor for minor in possible if not others[minor]]
    if fitting:
        ill = [packages[name] for name in unfit]
        return Fit(
            minors=tuple(sorted(fitting, key=files.distance(ill))),
            reasons=reasons,
            unfit=files.never_fits(ill[0], [releases[minor][-1] for minor in possible]),
            excluded=tuple(excluded),
        )
    buildable = [
        minor
        for minor in possible
        if all(problem.is_buildable for problem in others[minor].values())
    ]
    conflict = _conflict(others)
    return Fit(minors=tuple(buildable or possible), reasons=reasons, conflict=conflict)


def could_be_built(package: PinnedPackage, python: str, platforms: Sequence[str]) -> bool:
    """Return whether a package that does not fit a Python can be tried to be built for it."""
    problem = _files_here(tuple(platforms)).misfit(package, python)
    return problem is None or problem.is_buildable


class _Tried(NamedTuple):
    """A release with which everything pinned was compared."""

    problems: Mapping[str, _Misfit] | None
    """By package; None if nothing can be installed for this release."""
    reason: str
    """The first reason why it does not fit."""


def _try(
    pinned: Callable[[str], Sequence[PinnedPackage]],
    releases: Iterable[str],
    files: _FilesHere,
    packages: dict[str, PinnedPackage],
) -> list[_Tried]:
    """Compare releases up to the first one that fits, and add what is pinned to `packages`."""
    tried = []
    for release in releases:
        try:
            installed = pinned(release)
        except BuildStopped as error:
            tried.append(_Tried(None, _why_stopped(error, minor_of(release))))
            continue
        problems = {}
        for package in installed:
            packages.setdefault(package.name, package)
            problem = files.misfit(package, release)
            if problem:
                problems[package.name] = problem
        first = next(iter(problems.values()), None)
        tried.append(_Tried(problems, first.reason if first else ""))
        if not problems:
            break
    return tried


def misfit(package: PinnedPackage, python: str, platforms: Sequence[str]) -> str:
    """Return why a package does not fit a Python, as a clause; empty if it fits.

    The Python is a release, `3.13.0`; or a minor version, of which any release may fit.
    """
    problem = _files_here(tuple(platforms)).misfit(package, python)
    return problem.reason if problem else ""


def _first_reasons(problems: Mapping[str, Mapping[str, _Misfit]]) -> dict[str, str]:
    """Return the first reason of each minor version that has any."""
    return {
        minor: next(iter(of_minor.values())).reason
        for minor, of_minor in problems.items()
        if of_minor
    }


def _why_stopped(error: BuildStopped, minor: str) -> str:
    if isinstance(error, LockNotForThisPython):
        return f"{error.file} is for {error.needs}"
    file = getattr(error, "file", "")
    return f"{file or 'the lock'} has nothing that can be installed for {minor}"


def _conflict(problems: Mapping[str, Mapping[str, _Misfit]]) -> str:
    """Name packages that exclude each other, each with its reason at the nearest Pythons.

    Each of them fits some of the minor versions, and none of these fits all.
    """
    names = {name: None for of_minor in problems.values() for name in of_minor}
    fits = {
        name: [minor for minor, of_minor in problems.items() if name not in of_minor]
        for name in names
    }
    for one, other in combinations(names, 2):
        if set(fits[one]).isdisjoint(fits[other]):
            of_one, of_other = min(
                product(fits[one], fits[other]),
                key=lambda pair: abs(_number(pair[0])[1] - _number(pair[1])[1]),
            )
            clauses = [problems[of_other][one].reason, problems[of_one][other].reason]
            break
    else:  # three or more, no two of which exclude each other
        firsts = (next(iter(of_minor.values())).reason for of_minor in problems.values())
        clauses = [*dict.fromkeys(firsts)]
    return f"{', '.join(clauses[:-1])}, and {clauses[-1]}"


@lru_cache(maxsize=2)
def _files_here(platforms: tuple[str, ...]) -> _FilesHere:
    return _FilesHere(platforms)


class _Summary(NamedTuple):
    """The files of a version, those with the same tags and Requires-Python once."""

    wheels: tuple[PackageFile, ...]
    """Those for this platform; `name` is the last three parts of the file's name, the tags."""
    wheels_elsewhere: tuple[PackageFile, ...]
    sdists: tuple[PackageFile, ...]
    is_compiled: bool
    """Whether there is a compiled wheel for a CPython on this platform."""


class _FilesHere:
    """Compares files with Pythons on one platform; each set of tags is compared once."""

    def __init__(self, platforms: Iterable[str]) -> None:
        self._platforms = frozenset((*platforms, "any"))
        self._summaries: dict[PinnedPackage, _Summary] = {}
        self._matches: dict[tuple[str, str], bool] = {}
        self._known: dict[str, _Tags] = {}

    def misfit(self, package: PinnedPackage, python: str) -> _Misfit | None:
        """Return why a package does not fit a Python; None if it fits."""
        if not _allows(package.requires_python, python):
            return _requires(package, package.requires_python)
        if package.name == "django":
            named = _not_named(package, python)
            if named:
                return _Misfit(named, is_buildable=True)
        return self._without_file(package, python) if package.files else None

    def _without_file(self, package: PinnedPackage, python: str) -> _Misfit | None:
        """Return why none of the files fits; None if one does."""
        wheels, elsewhere, sdists, is_compiled = self._summary(package)
        excluding: list[str] = []
        for wheel in wheels:
            if self._fits(wheel.name, python):
                if _allows(wheel.requires_python, python):
                    return None
                excluding.append(wheel.requires_python)
        buildable = any(_allows(sdist.requires_python, python) for sdist in sdists)
        if buildable and not is_compiled:
            return None
        if not buildable:
            excluding += [sdist.requires_python for sdist in sdists]
        if excluding:
            return _requires(package, excluding[0])
        is_elsewhere = any(
            self._fits(wheel.name, python) and _allows(wheel.requires_python, python)
            for wheel in elsewhere
        )
        reason = _no_wheel(package, minor_of(python), is_elsewhere=is_elsewhere)
        return _Misfit(reason, is_buildable=buildable)

    def never_fits(self, package: PinnedPackage, pythons: Sequence[str]) -> str:
        """Say why a package fits none of some Pythons, the newest of which is the first."""
        reasons = [self._reason(package, python) for python in pythons]
        if any(_NO_WHEEL not in reason for reason in reasons):
            return reasons[-1]
        older = [minor for minor in _EVER if not self._reason(package, minor)]
        newest = max(older, key=_number, default="")
        if not newest or _number(newest) > _number(pythons[-1]):
            return reasons[-1]
        is_elsewhere = any(_HERE in reason for reason in reasons)
        return _no_wheel(package, f"any Python newer than {newest}", is_elsewhere=is_elsewhere)

    def _reason(self, package: PinnedPackage, python: str) -> str:
        problem = self.misfit(package, python)
        return problem.reason if problem else ""

    def distance(
        self, packages: Iterable[PinnedPackage]
    ) -> Callable[[str], tuple[int, tuple[int, int]]]:
        """Return a key that sorts Pythons by how far they are from those of some packages.

        A package for Python 2 alone is the nearest to the oldest Python 3.
        """
        pythons = [
            [_number(minor)[1] for minor in _EVER if not self.misfit(package, minor)] or [-1]
            for package in packages
        ]

        def far(minor: str) -> tuple[int, tuple[int, int]]:
            major, number = _number(minor)
            total = sum(min(abs(number - one) for one in numbers) for numbers in pythons)
            return total, (-major, -number)

        return far

    def _summary(self, package: PinnedPackage) -> _Summary:
        if package not in self._summaries:
            here, elsewhere = dict[PackageFile, None](), dict[PackageFile, None]()
            sdists = dict[PackageFile, None]()
            for file in package.files:
                if file.name.endswith(".whl"):
                    tags = "-".join(file.name[: -len(".whl")].rsplit("-", 3)[1:])
                    places = here if self._tags(tags).is_here else elsewhere
                    places[PackageFile(tags, file.requires_python)] = None
                elif is_archive_name(file.name):
                    sdists[PackageFile("", file.requires_python)] = None
            self._summaries[package] = _Summary(
                wheels=tuple(here),
                wheels_elsewhere=tuple(elsewhere),
                sdists=tuple(sdists),
                is_compiled=any(self._tags(wheel.name).is_compiled for wheel in here),
            )
        return self._summaries[package]

    def _fits(self, tags: str, python: str) -> bool:
        """Return whether tags fit a Python; of those with a platform here, only these count."""
        minor = minor_of(python)
        key = (tags, minor)
        if key not in self._matches:
            self._matches[key] = not self._tags(tags).interpreters.isdisjoint(cpythons(minor))
        return self._matches[key]

    def _tags(self, text: str) -> _Tags:
        if text not in self._known:
            found = tags_in(text)
            here = [one for one in found if one.platform in self._platforms]
            self._known[text] = _Tags(
                interpreters=frozenset((one.interpreter, one.abi) for one in here or found),
                is_here=bool(here),
                is_compiled=any(_is_compiled(one) for one in here),
            )
        return self._known[text]


class _Tags(NamedTuple):
    """What the tags of a wheel stand for."""

    interpreters: frozenset[tuple[str, str]]
    """The tags of an interpreter and its ABI; on this platform, if the wheel is for it."""
    is_here: bool
    """Whether it is for this platform."""
    is_compiled: bool
    """Whether it is a compiled one for a CPython on this platform."""


def _is_compiled(tag: Tag) -> bool:
    """Return whether a tag is of a compiled wheel for a CPython.

    Free-threaded Pythons and other implementations do not count.
    """
    is_free_threaded = tag.abi.startswith(("cp", "abi")) and tag.abi.endswith("t")
    is_pure = tag.abi == "none" and tag.platform == "any"
    return tag.interpreter.startswith(("cp", "py")) and not (is_free_threaded or is_pure)


def _no_wheel(package: PinnedPackage, python: str, *, is_elsewhere: bool) -> str:
    place = _HERE if is_elsewhere else ""
    files = f" {package.listed_by}" if package.listed_by else ""
    return f"{package.words}{_NO_WHEEL}{python}{place}{files}"


def _requires(package: PinnedPackage, specifier: str) -> _Misfit:
    return _Misfit(f"{package.words} requires Python {specifier}", is_buildable=False)


def _not_named(package: PinnedPackage, python: str) -> str:
    """Return that a release of Django does not name a Python, as a clause; else empty."""
    named = named_pythons(package.version)
    if named is None:
        return ""
    oldest, newest = named
    is_newer = bool(newest) and _number(python) > _number(newest)
    if not is_newer and _number(python) >= _number(oldest):
        return ""
    pythons = f"{oldest} to {newest}" if newest else f"{oldest} and newer"
    return f"{package.words} is for Python {pythons}"


@lru_cache(maxsize=4096)
def _allows(specifier: str, python: str) -> bool:
    """Return whether a Requires-Python allows a Python, as in misfit.

    pip and uv ignore one that is not valid.
    """
    if not specifier:
        return True
    try:
        parse_specifiers(specifier)
    except InvalidSpecifier:
        return True
    request = PythonRequest(specifier=specifier, requested=specifier, origin=None)
    return (
        request.fits(python)
        if python != minor_of(python)
        else request.may_fit(*_number(python))
    )


@lru_cache
def _number(python: str) -> tuple[int, int]:
    """Return a minor version, or that of a release, as numbers, which can be compared."""
    major, minor, *_ = python.split(".")
    return int(major), int(minor)
