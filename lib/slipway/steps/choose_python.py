"""Choose the Python of an app that leaves it open: the last one, or the newest that fits.

Nothing is asked for if the app requests one series of Python, if the files of the app are the
same as in the last build, or if only one Python is available.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.fit import pins_before_selection
from slipway.domain.python import last_build
from slipway.domain.python.choice import PythonChoice, choose_by, keep
from slipway.domain.python.last_build import LastBuild
from slipway.domain.python.selection import ANY_PYTHON, PythonRequest
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.redaction import redact
from slipway.domain.requirements.resolution_request import options_of, options_text
from slipway.domain.vendoring.packages import Form
from slipway.effects import Effects
from slipway.effects.cache.kinds import LAST_BUILD
from slipway.effects.files import AppFolder, read_if_there, write
from slipway.effects.interpreters import supported_platforms
from slipway.errors.stopped import BuildStopped

if TYPE_CHECKING:
    from slipway.domain.python.fitting import Fit, PackageFile
    from slipway.domain.python.pinned import IndexQuestion
    from slipway.domain.vendoring.core_metadata import CoreMetadata
    from slipway.errors.python import PythonNotFound
    from slipway.toolchains.pip_tools.pip import Pip

_OFFLINE = "the setting `offline` forbids it"


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """What decides, for one app."""

    plan: BuildPlan
    app: Path
    effects: Effects
    pip: Callable[[], Pip]
    """Called only if an index is asked."""
    on_image: Callable[[], Sequence[str]]
    """Returns the releases that the image has, in the order in which they would be selected;
    none if these are not used."""
    downloaded: Callable[[], Sequence[str]]
    """Returns the releases that earlier builds have downloaded, the newest first."""
    follows_supply: bool = False
    """Whether `supply` has just chosen the Python, which must then stay the same."""

    def choose(self, missing: PythonNotFound | None = None) -> PythonChoice:
        """Choose a Python; `missing` says why that of the last build cannot be had."""
        requested, last = self.plan.python, self._last
        choice = PythonChoice(request=requested, requested=requested, last=last)
        if not requested.is_open:
            return choice
        if last is not None and missing is None and self._is_supplied(last):
            return self._keep(choice, last.as_it_was())
        if last is not None and last.minor:
            number = map(int, last.minor.split("."))
            if not requested.may_fit(*number):
                origin = requested.origin or "Slipway"
                choice = replace(choice, left=f"but {origin} excludes it")
            elif missing is not None:
                choice = replace(choice, left=f"but {missing.why}")
            elif not self._is_available(last.minor):
                choice = replace(choice, left="but it is not available")
            elif last.digest == self._digest:
                return self._keep(choice, last)
            else:
                kept = self._keep_if_it_fits(choice, last)
                if kept.is_kept:
                    return kept
                choice = kept
        return self._by_pins(choice)

    def at_hand(self) -> list[str]:
        """Return the releases that need no download, in the order of their selection."""
        return [*self.on_image(), *(self.downloaded() if self._may_download else ())]

    def usable(self) -> tuple[str, ...]:
        """Return the minor versions of the image that the app allows, the newest first."""
        return tuple(dict.fromkeys(map(minor_of, self._allowed_on_image())))

    def _allowed_on_image(self) -> list[str]:
        return [*filter(self.plan.python.fits, self.on_image())]

    def remember(self, used: str, missing: PythonNotFound | None) -> None:
        """Note that a build with this Python has succeeded.

        If it stood in for one that is `missing`, and that the next build may get, the app does
        not move to it.
        """
        last, request = self._last, self.plan.python
        if last and self._is_supplied(last):
            return
        minor, stand_in, excluded = used, "", self._asked.excluded
        if missing is not None and missing.may_pass:
            is_own = last is not None and last.minor == missing.requested
            minor, stand_in = missing.requested if is_own else "", used
            excluded = last.excluded if last and is_own else ()
        origin = "" if request.is_open else request.origin or ""
        noted = (self._digest, minor, origin, stand_in)
        if last and (last.digest, last.minor, last.requested, last.stand_in) == noted:
            return
        from slipway.domain.python.pinned import index_questions

        with suppress(BuildStopped):
            fitting = index_questions(self.plan, [minor], self.metadata) if minor else ()
            build = LastBuild(
                minor=minor,
                requested=origin,
                names=self._names,
                digest=self._digest,
                fitting=frozenset(f"{one.name}=={one.version}" for one in fitting),
                excluded=tuple(one for one in excluded if minor_of(one) == minor),
                stand_in=stand_in,
            )
            builds = last_build.remember(build, self._earlier, last)
            with suppress(OSError):  # then the next build chooses again
                write(self._file, last_build.render(builds))

    # The last build

    def _is_supplied(self, last: LastBuild) -> bool:
        """Return whether the last build is the first half of this one."""
        return self.follows_supply and last.digest == self._digest

    @property
    def _file(self) -> Path:
        return self.effects.cache.folder / LAST_BUILD.name

    @cached_property
    def _earlier(self) -> tuple[LastBuild, ...]:
        try:
            return last_build.parse(read_if_there(self._file) or "")
        except (OSError, BuildStopped):
            return ()

    @cached_property
    def _last(self) -> LastBuild | None:
        if not self._earlier:
            return None
        same = (one for one in self._earlier if one.digest == self._digest)
        return next(same, None) or last_build.most_similar(self._earlier, self._names)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The packages that the app requires, which identify it best."""
        dependencies = self.plan.dependencies
        if dependencies.lock is None:
            return dependencies.names
        pins = pins_before_selection(dependencies.lock, dependencies.choice)
        return frozenset(pin.name for pin in pins)

    @cached_property
    def _digest(self) -> str:
        """Identify everything that says what is installed, and the kind of machine."""
        dependencies, vendoring = self.plan.dependencies, self.plan.vendoring
        app = AppFolder(self.app, self.effects.console.secrets)
        facts = [
            *(f"{file}\0{_redacted(app.text(file) or '')}" for file in dependencies.files),
            *(_redacted(repr(package)) for package in vendoring.packages),
            repr((dependencies.choice, supported_platforms()[:1])),
        ]
        return hashlib.sha256("\0".join(facts).encode(errors="replace")).hexdigest()

    def _is_available(self, minor: str) -> bool:
        return self._may_download or minor in self.usable()

    @property
    def _may_download(self) -> bool:
        settings = self.plan.settings
        return settings.python_source != "image"

    def _keep_if_it_fits(self, choice: PythonChoice, last: LastBuild) -> PythonChoice:
        """Keep the last Python, if pins that are new fit it as well."""
        from slipway.domain.python.fitting import misfit
        from slipway.domain.python.pinned import index_questions, pinned_packages

        releases = self._releases([last.minor], self.plan.python)[last.minor]
        left = [release for release in releases if release not in last.excluded]
        release = left[0] if left else last.minor
        try:
            questions = index_questions(self.plan, [release], self.metadata)
            new = [one for one in questions if f"{one.name}=={one.version}" not in last.fitting]
            files, notices = self._ask(new)
            packages = pinned_packages(self.plan, release, files, self.metadata)
        except BuildStopped:
            origin = self.plan.dependencies.origin
            return replace(choice, left=f"but {origin} has nothing for it")
        platforms = supported_platforms()
        known = {(one.name, one.version) for one in questions if one not in new}
        for package in packages:
            if (package.name, package.version) not in known:
                problem = misfit(package, release, platforms)
                if problem:
                    return replace(choice, left=f"but {problem}")
        return replace(self._keep(choice, last), notices=notices)

    def _keep(self, choice: PythonChoice, last: LastBuild) -> PythonChoice:
        self._asked.excluded = last.excluded
        return keep(choice, last)

    # The pins

    def _by_pins(self, choice: PythonChoice) -> PythonChoice:
        """Choose by everything that is pinned."""
        releases = self._releases([*self.usable(), *MINORS], choice.requested)
        releases = {minor: found for minor, found in releases.items() if found}
        if sum(map(len, releases.values())) < 2:
            return choice
        fitted, notices = self._fitted(releases)
        chosen = choose_by(choice, fitted, self._allowed_on_image())
        self._asked.excluded = chosen.excluded
        return replace(chosen, notices=(*notices, *chosen.notices))

    def _releases(
        self, minors: Iterable[str], request: PythonRequest
    ) -> dict[str, tuple[str, ...]]:
        """Return the releases that a request may get of minor versions, as in fit."""
        at_hand = [*filter(request.fits, self.at_hand())]
        found = {}
        for minor in minors:
            releases = [one for one in at_hand if minor_of(one) == minor]
            newest = request.newest_of(minor) if self._may_download else ""
            found[minor] = tuple(dict.fromkeys(filter(None, (*releases, newest))))
        return found

    def fitting(self, minors: Sequence[str], *, may_ask: bool = True) -> tuple[str, ...]:
        """Return those of some minor versions that fit what the app pins, the best one first.

        If none does, these are the ones that come nearest to it. Without `may_ask`, only what
        the files of the app say counts.
        """
        if not minors:
            return ()
        releases = self._releases(minors, ANY_PYTHON)
        exact = {minor: releases[minor][:1] or (minor,) for minor in minors}
        return self._fitted(exact, may_ask=may_ask)[0].minors

    def _fitted(
        self, releases: Mapping[str, Sequence[str]], *, may_ask: bool = True
    ) -> tuple[Fit, tuple[str, ...]]:
        """Return which of these fit everything pinned, and notices about what is not known."""
        from slipway.domain.python.fitting import fit
        from slipway.domain.python.pinned import index_questions, pinned_packages

        files: Mapping[IndexQuestion, Sequence[PackageFile]] = {}
        notices: tuple[str, ...] = ()
        if may_ask:
            pythons = [found[0] for found in releases.values()]
            files, notices = self._ask(index_questions(self.plan, pythons, self.metadata))
        fitted = fit(
            lambda release: pinned_packages(self.plan, release, files, self.metadata),
            releases,
            supported_platforms(),
        )
        return fitted, notices

    @cached_property
    def metadata(self) -> Mapping[str, CoreMetadata]:
        """The metadata of vendored wheels, by their paths; those with faults are left out."""
        from slipway.domain.vendoring.core_metadata import parse_metadata
        from slipway.effects.packages.wheels import metadata_as_it_is

        found = {}
        for package in self.plan.vendoring.packages:
            if package.form is Form.WHEEL:
                with suppress(BuildStopped, OSError):  # inspecting them reports it
                    text = metadata_as_it_is(self.app / package.path)
                    found[package.path] = parse_metadata(text, package.path)
        return found

    @cached_property
    def _asked(self) -> _Asked:
        return _Asked()

    def _ask(
        self, questions: Sequence[IndexQuestion]
    ) -> tuple[Mapping[IndexQuestion, Sequence[PackageFile]], tuple[str, ...]]:
        """Return the files that the index has, and a notice if that is not known.

        Nothing is asked twice in one build, and an index that has failed is not asked again.
        """
        if not questions:
            return {}, ()
        settings, asked = self.plan.settings, self._asked
        new = [one for one in questions if one not in asked.files]
        if settings.offline:
            asked.trouble = _OFFLINE
        elif new and not asked.trouble:
            from slipway.toolchains.index_pages import ask_indexes

            options = options_text(options_of(self.plan), self.app, is_offline=False)
            answers = ask_indexes(new, options, self.pip())
            asked.files.update({one: answers.files.get(one, ()) for one in new})
            asked.trouble = answers.trouble
        if not asked.trouble:
            return asked.files, ()
        notice = (
            "The package index could not be asked which Pythons all pinned packages fit: "
            f"{asked.trouble}. Slipway assumes that they fit"
        )
        return asked.files, (notice,)


@dataclass
class _Asked:
    """What the index has answered in this build."""

    files: dict[IndexQuestion, Sequence[PackageFile]] = field(default_factory=dict)
    """Empty for a version that the index does not have."""
    trouble: str = ""
    excluded: tuple[str, ...] = ()
    """The releases that the choice excludes."""


def _redacted(text: str) -> str:
    """Remove the credentials from a text, which may be a large lock."""
    if "://" not in text or ("@" not in text and "?" not in text):
        return text
    return "\n".join(
        redact(line) if "://" in line and ("@" in line or "?" in line) else line
        for line in text.splitlines()
    )
