"""Find another Python for what does not work with the app's, and name it in the error.

The facts are those with which a Python is chosen if nothing requests one. What nobody knows,
because no index can be asked, only leaves advice out: the error itself stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from slipway.domain.python.advice import may_download
from slipway.domain.python.fitting import PinnedPackage
from slipway.domain.python.other_python import Suspect, other_python, suspect_of
from slipway.domain.python.pinned import (
    IndexQuestion,
    index_questions,
    names_from_elsewhere,
    pinned_packages,
)
from slipway.domain.python.selection import ANY_PYTHON
from slipway.domain.python.series import MINORS, minor_of
from slipway.domain.vendoring.core_metadata import CoreMetadata
from slipway.effects.interpreters import supported_platforms
from slipway.errors.python import UnfitForPython
from slipway.steps.context import BuildContext
from slipway.toolchains.index_pages import ask_indexes


def find_other_python(
    error: UnfitForPython,
    context: BuildContext,
    versions: Mapping[str, str],
    metadata: Mapping[str, CoreMetadata],
    at_hand: Sequence[str],
) -> None:
    """Add the newest Python that would fit to an error.

    `versions` has those of locked packages, by their normalized names; `metadata` is as in
    pinned_packages, and `at_hand` has the releases that the app can have without a download, in
    the order in which they would be selected. The index is asked once at most for each package
    that the app pins, and for the one that failed.
    """
    plan, current = context.plan, context.interpreter
    usable = _usable(context, at_hand)
    usable.pop(current.minor, None)
    questions = index_questions(plan, [*usable.values(), current.version], metadata)
    required = {one.name: one.version for one in questions}
    suspect = suspect_of(error, {**required, **versions})
    if suspect is None or not usable or not (suspect.minors or suspect.package):
        return
    own = _question(suspect, questions, context)
    asked = [] if plan.settings.offline else [*questions, *own]
    answers = ask_indexes(asked, context.index_options, context.tools.pip()).files
    files = [
        PinnedPackage(name=one.name, version=one.version, files=tuple(answers.get(one, ())))
        for one in own
    ]

    def pinned(release: str) -> Sequence[PinnedPackage]:
        return (*pinned_packages(plan, release, answers, metadata), *files)

    error.fitting = other_python(
        suspect, plan.python, current.version, usable, pinned, supported_platforms()
    )
    fitting, missing = error.fitting, context.missing_python
    if fitting and missing and fitting.minor not in map(minor_of, at_hand):
        error.fitting = replace(fitting, missing=missing)


def _question(
    suspect: Suspect, questions: Sequence[IndexQuestion], context: BuildContext
) -> Sequence[IndexQuestion]:
    """Return what to ask about a package that failed, unless the app pins or has it."""
    package, dependencies = suspect.package, context.plan.dependencies
    if package is None or (suspect.minors and suspect.known_by != "code"):
        return ()
    known = {*dependencies.pinned_names, *(one.name for one in questions)}
    is_known = package.name in known | names_from_elsewhere(context.plan)
    return () if is_known else (IndexQuestion(package.name, package.version),)


def _usable(context: BuildContext, at_hand: Sequence[str]) -> dict[str, str]:
    """Return the releases that the app would get in this build, by their minor versions."""
    settings = context.plan.settings
    is_musl = any("musllinux" in tag for tag in supported_platforms())
    found: dict[str, str] = {}
    for release in at_hand:
        found.setdefault(minor_of(release), release)
    if is_musl or not may_download(settings, context.effects.environment):
        return found
    return {**{minor: ANY_PYTHON.newest_of(minor) for minor in MINORS}, **found}
