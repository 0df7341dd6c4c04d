"""The packages that an app pins, for each Python, and what an index has to tell about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from slipway.domain.build_plan import BuildPlan
from slipway.domain.python.fitting import PackageFile, PinnedPackage
from slipway.domain.vendoring.core_metadata import CoreMetadata


class IndexQuestion(NamedTuple):
    """A version of a package of whose files only the default index knows."""

    name: str
    """Normalized."""
    version: str
    """As the app pins it, which may be another spelling than that of the files."""


def pinned_packages(
    plan: BuildPlan,
    minor: str,
    answers: Mapping[IndexQuestion, Sequence[PackageFile]],
    metadata: Mapping[str, CoreMetadata],
) -> tuple[PinnedPackage, ...]:
    """Return what an app pins for a minor version of Python, sorted by name.

    `answers` has the files that the default index has, of every version that it was asked for;
    `metadata` that of vendored wheels, by their paths.

    Raises LockNotForThisPython, LockBroken, or another BuildStopped if the app's lock has
    nothing to install for this Python.
    """
    raise NotImplementedError


def index_questions(
    plan: BuildPlan, minors: Iterable[str], metadata: Mapping[str, CoreMetadata]
) -> tuple[IndexQuestion, ...]:
    """Return what to ask the default index, for any of these Pythons, each question once.

    A package that is vendored is never asked for, nor one that has another source.
    """
    raise NotImplementedError
