"""Select the app's Python, and bundle a copy of it with the app if necessary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.packaging_text import parse_version
from slipway.domain.python.advice import NO_DOWNLOADS, may_download
from slipway.domain.python.choice import PythonChoice
from slipway.domain.python.selection import (
    ANY_PYTHON,
    Interpreter,
    ManagedPython,
    PythonRequest,
    SlipwaysPython,
    newest_fitting,
    versions_and_paths,
)
from slipway.effects import Effects
from slipway.effects.cache.kinds import INTERPRETERS, PYTHON
from slipway.effects.interpreters import Candidate, Probes, Report, find_candidates
from slipway.errors.python import ImageHasMusl, ManagedPythonBroken, PythonNotFound
from slipway.toolchains.pythons.relocatable import copy_relocatable

if TYPE_CHECKING:
    from slipway.toolchains.pythons.managed import ManagedInstallation, ManagedPythons

_PYTHON_SOURCE, _OFFLINE = "python_source", "offline"
_IMPLEMENTATIONS = {"pypy": "PyPy", "graalpy": "GraalPy"}
_FOR_MUSL = "for musl"
_FINAL = re.compile(r"\d+\.\d+\.\d+", re.ASCII)


def select_python(
    plan: BuildPlan, managed_pythons: Callable[[], ManagedPythons], app: Path, effects: Effects
) -> Interpreter:
    """Return the newest of the image that fits, else Slipway's own, else one from uv.

    Raises PythonNotFound, or a subclass that says why none was downloaded.
    """
    try:
        return _select(plan, managed_pythons, app, effects)
    except PythonNotFound as error:
        error.unusable = _unusable(_candidates(app, effects), effects)
        if plan.settings.python_source != "auto" and not error.setting:
            error.setting = _PYTHON_SOURCE
            error.setting_origin = plan.settings.python_source_origin
        raise


def _select(
    plan: BuildPlan, managed_pythons: Callable[[], ManagedPythons], app: Path, effects: Effects
) -> Interpreter:
    request, source = plan.python, plan.settings.python_source
    if source != "managed":
        try:
            return select_from_image(request, app, effects)
        except PythonNotFound:
            if source == "image":
                raise
    managed = managed_pythons()
    for installation in managed.cached(request):
        interpreter = (
            _probe_managed(installation, effects) if managed.use(installation) else None
        )
        if interpreter:
            return interpreter
    candidates = _usual(_candidates(app, effects))
    image_pythons = versions_and_paths(_probe(candidates, effects))
    requested, origin = request.requested, request.origin
    if any(kind == _FOR_MUSL for _, _, kind in _unusable(candidates, effects)):
        raise ImageHasMusl(requested, origin, image_pythons)
    may_fetch = may_download(plan.settings, effects.environment)
    if not may_fetch and not (plan.settings.offline and managed.has_archive(request)):
        raise PythonNotFound(
            requested,
            origin,
            image_pythons,
            setting=_OFFLINE if plan.settings.offline else NO_DOWNLOADS,
            setting_origin=plan.settings.python_source_origin if source == "managed" else "",
        )
    if managed.has_archive(request):
        effects.console.header(f"Installing Python {requested} from Slipway's own package")
    else:
        effects.console.header(f"Downloading Python {requested}")
    installation = managed.fetch(request, image_pythons)
    managed.use(installation)
    interpreter = _probe_managed(installation, effects)
    if interpreter is None:
        version = installation.version
        raise ManagedPythonBroken(requested, origin, image_pythons, version=version)
    return interpreter


def select_from_image(request: PythonRequest, app: Path, effects: Effects) -> Interpreter:
    """Return the newest interpreter of the image that fits, else Slipway's own.

    Interpreters that are likely to fit, by their names, are started first, newest first; the
    others only if none of those fits.

    Raises PythonNotFound.
    """

    def order(candidate: Candidate) -> tuple[bool, tuple[int, int]]:
        return not candidate.runs_slipway, candidate.likely_minor or (0, 0)

    candidates = _usual(_candidates(app, effects))
    likely = [
        candidate
        for candidate in candidates
        if candidate.likely_minor is None or request.may_fit(*candidate.likely_minor)
    ]
    likely.sort(key=order, reverse=True)
    for _, group in groupby(likely, key=order):
        selected = newest_fitting(request, _probe(group, effects))
        if selected:
            return selected
    interpreters = [*_probe(candidates, effects)]
    selected = newest_fitting(request, interpreters)
    if selected is None:
        image_pythons = versions_and_paths(interpreters)
        raise PythonNotFound(request.requested, request.origin, image_pythons)
    return selected


def image_releases(app: Path, effects: Effects) -> tuple[str, ...]:
    """Return the releases that the image has, in the order in which they would be selected."""
    found = [*_probe(_usual(_candidates(app, effects)), effects)]
    found = [one for one in found if newest_fitting(ANY_PYTHON, [one])]
    found.sort(key=lambda one: (one.stays_in_image, parse_version(one.version)), reverse=True)
    return tuple(dict.fromkeys(one.version for one in found))


def _candidates(app: Path, effects: Effects) -> Sequence[Candidate]:
    not_of_image = (app, effects.cache.root, *effects.staging_folders)
    return find_candidates(effects.environment, not_of_image)


def _usual(candidates: Iterable[Candidate]) -> Sequence[Candidate]:
    """Return the candidates that Slipway may support, by their names."""
    return [candidate for candidate in candidates if not candidate.is_other]


def _probe(candidates: Iterable[Candidate], effects: Effects) -> Iterator[Interpreter]:
    """Yield the interpreters among the candidates that Slipway supports."""
    probes = _probes(effects)
    for candidate in candidates:
        report = probes.probe(candidate.path)
        if report and not _unsupported(report):
            kind = SlipwaysPython if candidate.runs_slipway else Interpreter
            yield kind(**_facts(report))


def _unusable(
    candidates: Iterable[Candidate], effects: Effects
) -> tuple[tuple[str, str, str], ...]:
    """Return version, path and kind of the interpreters that Slipway does not support."""
    probes, found = _probes(effects), []
    for candidate in candidates:
        report = probes.probe(candidate.path)
        if report and _unsupported(report):
            found.append((report["version"], report["path"], _unsupported(report)))
    return tuple(found)


def _unsupported(report: Report) -> str:
    """Return the kind of an interpreter that Slipway does not support; empty if it does."""
    implementation = report["implementation"]
    if implementation != "cpython":
        return _IMPLEMENTATIONS.get(implementation, implementation)
    if not _FINAL.fullmatch(report["version"]):
        return "not a final release"
    return _FOR_MUSL if report["platform"].endswith(" musl") else report["variant"]


def _facts(report: Report) -> Report:
    return {name: report[name] for name in report if name not in ("implementation", "variant")}


def _probe_managed(installation: ManagedInstallation, effects: Effects) -> ManagedPython | None:
    report = _probes(effects).probe(installation.program)
    if report is None or _unsupported(report):
        return None
    return ManagedPython(**{**_facts(report), "build": installation.build})


def _probes(effects: Effects) -> Probes:
    return Probes(
        file=effects.cache.folder / INTERPRETERS.name,
        processes=effects.processes,
        environment=effects.environment,
    )


def bundle_python(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Put a copy of the interpreter into `tree`, from the cache if it has one.

    Raises PythonNotRelocatable.
    """
    key = PYTHON.key({"python": interpreter.identity})
    reasons = effects.outputs.restore(key, tree)
    if not reasons:
        effects.console.info("Reusing the copy of Python from an earlier build")
        return
    effects.console.info(f"Copying Python: {'; '.join(reasons)}")
    start = effects.console.now()
    with effects.outputs.create(key, tree) as created:
        copy_relocatable(interpreter, created, effects)
    effects.console.info(f"Copied Python in {effects.console.now() - start:.1f} s")


def describe(choice: PythonChoice, interpreter: Interpreter, source: str) -> str:
    """Say in one line why this interpreter was selected."""
    request, minor = choice.requested, interpreter.minor
    sentences = []
    if request.origin and not choice.is_kept:
        sentences.append(f"{request.origin} requests {request.requested}")
    why = choice.why(minor)
    if why:
        sentences.append(why)
    elif not request.origin:
        sentences.append("No file requests a version, so Slipway uses the newest available")
    if not request.origin and choice.missing is None:
        sentences.append(f"To stay on Python {minor}, write {minor} to .python-version")
    if isinstance(interpreter, SlipwaysPython):
        place = "Using the Python that runs Slipway, because the image has none that fits"
    elif not isinstance(interpreter, ManagedPython):
        place = "Using the Python of the image"
    elif source == "managed":
        place = f'Using a Python downloaded by uv, because {_PYTHON_SOURCE} is "managed"'
    else:
        place = "Using a Python downloaded by uv, because the image has none that fits"
    return ". ".join([*sentences, f"{place}: {interpreter.path}"])
