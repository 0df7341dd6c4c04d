"""The packages that an app pins, for each Python, and what an index has to tell about them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name
from packaging.version import InvalidVersion

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import FromAddress, FromIndex, FromPath, Pin
from slipway.domain.locks.fit import fit_to_python
from slipway.domain.packaging_text import (
    parse_requirement,
    parse_sdist_name,
    parse_version,
    parse_wheel_name,
)
from slipway.domain.python.django_pythons import named_pythons, newest_release
from slipway.domain.python.fitting import PackageFile, PinnedPackage
from slipway.domain.python.selection import markers_of
from slipway.domain.python.series import minor_of, series_of
from slipway.domain.requirements.lines import Line, LineKind, marker_applies, split_extras
from slipway.domain.requirements.locked import specifiers_of
from slipway.domain.vendoring.core_metadata import CoreMetadata
from slipway.domain.vendoring.packages import Form, VendoredPackage
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import WheelInvalid

_OF_APP = "among the app's own files"


class IndexQuestion(NamedTuple):
    """A version of a package of whose files only the default index knows."""

    name: str
    """Normalized."""
    version: str
    """As the app pins it, which may be another spelling than that of the files."""
    hashes: tuple[str, ...] = ()
    """`sha256:...` and others: a file with any of them may be installed; empty for all."""
    file: str = ""
    """Of the app, which has the hashes."""

    def allows(self, sha256: str) -> bool:
        """Return whether a file may be installed; an index may have no sha256 of it."""
        known = [text for text in self.hashes if text.startswith("sha256:")]
        is_compared = bool(sha256) and len(known) == len(self.hashes)
        return not (known and is_compared) or f"sha256:{sha256.lower()}" in known


def pinned_packages(
    plan: BuildPlan,
    python: str,
    answers: Mapping[IndexQuestion, Sequence[PackageFile]],
    metadata: Mapping[str, CoreMetadata],
) -> tuple[PinnedPackage, ...]:
    """Return what an app pins for a Python, a release or minor version, sorted by name.

    `answers` has the files that the default index has, of every version that it was asked for;
    `metadata` that of vendored wheels, by their paths.

    Raises LockNotForThisPython, LockBroken, or another BuildStopped if the app's lock has
    nothing to install for this Python.
    """
    found: dict[str, PinnedPackage] = {}
    for one in _Pins(plan, python, metadata).all():
        if isinstance(one, IndexQuestion):
            package = PinnedPackage(
                name=one.name,
                version=one.version,
                files=tuple(answers.get(one, ())),
                listed_by=_listed_by(one.file) if one.hashes else "",
            )
        else:
            package = one
        found.setdefault(package.name, package)
    return tuple(found[name] for name in sorted(found))


def index_questions(
    plan: BuildPlan, pythons: Iterable[str], metadata: Mapping[str, CoreMetadata]
) -> tuple[IndexQuestion, ...]:
    """Return what to ask the default index, for any of these Pythons, each question once.

    A package that is vendored is never asked for, nor one that has another source.
    """
    questions: dict[IndexQuestion, None] = {}
    for python in pythons:
        try:
            found = [*_Pins(plan, python, metadata).all()]
        except BuildStopped:
            continue  # the lock has nothing for this Python
        questions.update(dict.fromkeys(one for one in found if isinstance(one, IndexQuestion)))
    return tuple(sorted(questions))


def names_from_elsewhere(plan: BuildPlan) -> frozenset[str]:
    """Return the names that no index must be asked for, because they have another source."""
    dependencies = plan.dependencies
    direct = (one for one in dependencies.requirements if one.kind is LineKind.DIRECT)
    return frozenset(
        (
            *_reserved_names(plan),
            *(one.source.name for one in dependencies.unused_sources),
            *(line.name for line in direct if line.name),
        )
    )


class _Pins:
    """Collects what is pinned for one Python, from the lock, the lines and what is vendored."""

    def __init__(
        self, plan: BuildPlan, python: str, metadata: Mapping[str, CoreMetadata]
    ) -> None:
        """Select what the app's lock has for this Python.

        Raises LockNotForThisPython, LockBroken, or another BuildStopped.
        """
        self._markers = markers_of(_release(python))
        self._plan = fit_to_python(plan, self._markers)
        self._metadata = metadata
        self._vendored = [
            package
            for package in self._plan.vendoring.packages
            if not package.requested_by or any(map(self._applies, package.requested_by))
        ]
        self._elsewhere = names_from_elsewhere(plan) | names_from_elsewhere(self._plan)

    def all(self) -> Iterator[PinnedPackage | IndexQuestion]:
        """Yield what is pinned; if a name comes twice, the first counts."""
        dependencies = self._plan.dependencies
        yield from self._of_vendored()
        for line in dependencies.requirements:
            if line.kind is LineKind.DIRECT and not line.local_path and self._applies(line):
                yield from self._of_address(line.name or "", line.value)
        if dependencies.lock is not None:
            for pin in dependencies.pins:
                yield from self._of_pin(pin)
            return
        lines = [*_pinning(dependencies.requirements)]
        names = {line.name for line in dependencies.requirements if self._applies(line)}
        lines += [one for one in _pinning(dependencies.constraints) if one[0].name in names]
        for line, version in lines:
            if self._applies(line):
                yield from self._of_index(line.name or "", version, line.hashes, line.file)
        for requirement in self._of_metadata():
            name = canonicalize_name(requirement.name)
            version = _pinned_version(name, requirement.specifier)
            if version:
                yield from self._of_index(name, version)

    def _applies(self, line: Line) -> bool:
        return marker_applies(line.marker, self._markers)

    def _of_index(
        self, name: str, version: str, hashes: Iterable[str] = (), file: str = ""
    ) -> Iterator[PinnedPackage | IndexQuestion]:
        if name in self._elsewhere:
            return
        if name == "django" and named_pythons(version):
            # Its files fit every Python that its metadata names.
            yield PinnedPackage(name=name, version=version)
        else:
            digests = tuple(sorted(map(str.lower, hashes)))
            yield IndexQuestion(name, version, digests, file if digests else "")

    def _of_pin(self, pin: Pin) -> Iterator[PinnedPackage | IndexQuestion]:
        """Yield a package of a lock."""
        match pin.source:
            case FromPath():
                return  # it is vendored
            case FromAddress(address=address):
                yield from self._of_address(pin.name, address)
                return
            case FromIndex(index=None) if not pin.files:
                file = self._plan.dependencies.origin
                yield from self._of_index(pin.name, pin.version, pin.hashes, file)
                return
        yield PinnedPackage(
            name=pin.name,
            version=pin.version,
            files=tuple(map(PackageFile, pin.files)),
            requires_python=pin.requires_python,
            listed_by=_listed_by(self._plan.dependencies.origin),
        )

    def _of_address(self, name: str, address: str) -> Iterator[PinnedPackage]:
        """Yield a wheel at an address."""
        file = posixpath.basename(unquote(address.partition("#")[0].partition("?")[0]))
        try:
            own, version, *_ = parse_wheel_name(file)
        except InvalidWheelFilename:
            return
        yield PinnedPackage(
            name=name or own,
            version=str(version),
            files=(PackageFile(file),),
            listed_by="at its address",
        )

    # Vendored packages

    def _of_vendored(self) -> Iterator[PinnedPackage]:
        """Yield the vendored packages, each name once, with all of its files."""
        by_name: dict[str, PinnedPackage] = {}
        for package in self._vendored:
            if package.is_app or package.form is Form.PLAIN:
                continue  # the app's own Requires-Python is a request
            one = self._described(package)
            known = by_name.setdefault(one.name, one) if one else None
            if one and known and known is not one:
                by_name[one.name] = replace(
                    known,
                    version=known.version or one.version,
                    files=(*known.files, *one.files),
                )
        yield from by_name.values()

    def _described(self, package: VendoredPackage) -> PinnedPackage | None:
        """Return what is known of a vendored package; None if that does not say anything."""
        file = posixpath.basename(package.path)
        if package.form is Form.WHEEL:
            try:
                name, version, *_ = parse_wheel_name(file)
            except InvalidWheelFilename:
                return None  # the build reports it
            metadata = self._metadata.get(package.path)
            required = (metadata.requires_python if metadata else None) or ""
            files = (PackageFile(file, required),)
            return PinnedPackage(
                name=name, version=str(version), files=files, listed_by=_OF_APP
            )
        project = package.project
        if project is None or not (project.name or project.requires_python):
            return None
        # A source tree counts like an sdist. Only a build may know its name.
        archive = file if package.form is Form.SDIST else f"{file}.zip"
        files = (PackageFile(archive, project.requires_python),)
        own = project.name or package.path
        return PinnedPackage(name=own, version="", files=files, listed_by=_OF_APP)

    def _of_metadata(self) -> Iterator[Requirement]:
        """Yield what the vendored packages require for this Python, the app as one of them."""
        for package in self._vendored:
            lines = filter(self._applies, package.requested_by)
            extras = {
                canonicalize_name(one) for line in lines for one in split_extras(line.extras)
            }
            environments = [{**self._markers, "extra": extra} for extra in ("", *extras)]
            metadata = self._metadata.get(package.path)
            texts = [("", text) for text in metadata.requires] if metadata else []
            texts += package.project.dependencies if package.project else ()
            for extra, text in texts:
                try:
                    requirement = parse_requirement(text)
                except InvalidRequirement:
                    continue  # the backend or the resolver reports it
                marker = requirement.marker
                applies = not marker or any(map(marker.evaluate, environments))
                if applies and extra in ("", *extras):
                    yield requirement


def _release(python: str) -> str:
    """Return a release, or the newest of a minor version."""
    if python != minor_of(python):
        return python
    series = series_of(python)
    return series.newest if series else f"{python}.0"


def _listed_by(file: str) -> str:
    return f"that {file} lists"


@lru_cache(maxsize=4)
def _pinning(lines: tuple[Line, ...]) -> tuple[tuple[Line, str], ...]:
    """Return the lines that pin a package, each with the version."""
    found = []
    for line in lines:
        specifiers = specifiers_of(line)
        version = _pinned_version(line.name or "", specifiers) if specifiers else ""
        if version:
            found.append((line, version))
    return tuple(found)


def _pinned_version(name: str, specifiers: SpecifierSet) -> str:
    """Return the only version that fits, for Django the newest known one; else empty."""
    for one in specifiers:
        if one.operator in ("==", "===") and not one.version.endswith("*"):
            try:
                parse_version(one.version)
            except InvalidVersion:
                continue
            return one.version
    return newest_release(specifiers) if name == "django" else ""


def _reserved_names(plan: BuildPlan) -> Iterator[str]:
    """Yield the names that vendored packages have, or may have once they are built."""
    for path in plan.vendoring.namespaces:
        yield canonicalize_name(posixpath.basename(path))
    for package in plan.vendoring.packages:
        if package.form is Form.PLAIN:
            yield canonicalize_name(package.import_name)
            continue
        try:
            name = package.name
        except WheelInvalid:
            continue  # the build reports it
        if name:
            yield name
        elif package.form is Form.SDIST:
            try:
                yield parse_sdist_name(posixpath.basename(package.path))[0]
            except InvalidSdistFilename:
                continue
        else:
            yield canonicalize_name(posixpath.basename(package.path))
