"""Choose the app's Python among those that are here, and carry it along where needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.build_plan import BuildPlan
from slipway.domain.cache_key import cache_key
from slipway.domain.python import selection as versions
from slipway.domain.python.selection import (
    Interpreter,
    ManagedPython,
    PythonRequest,
    SlipwaysPython,
)
from slipway.effects import Effects
from slipway.effects.cache.outputs import Recipe
from slipway.effects.interpreter_probes import Probes
from slipway.effects.interpreters import Candidate, candidates
from slipway.errors.python import ManagedPythonBroken, PythonNotFound
from slipway.toolchains.pythons.relocatable import copy_relocatable

if TYPE_CHECKING:
    from slipway.toolchains.pythons.managed import ManagedInstallation, ManagedPythons

_FORMAT = "2"
_PYTHON_SOURCE, _OFFLINE = "python_source", "offline"


def select_python(
    plan: BuildPlan, managed: Callable[[], ManagedPythons], effects: Effects
) -> Interpreter:
    """Take the image's newest that fits, else Slipway's own, else one that uv fetches.

    Raises PythonNotHere, or one of its kind that says why none was fetched.
    """
    source = plan.settings.python_source
    if source == "managed":
        return _take_managed(plan, managed(), effects)
    try:
        return choose_python(plan.python, effects)
    except PythonNotFound as missing:
        if source == "image":
            missing.setting = _PYTHON_SOURCE
            raise
    return _take_managed(plan, managed(), effects)


def _take_managed(plan: BuildPlan, managed: ManagedPythons, effects: Effects) -> Interpreter:
    """Take the newest that the cache has, else let uv fetch one."""
    request = plan.python
    for kept in managed.kept(request):
        interpreter = _ask_managed(kept, effects)
        if interpreter:
            managed.note_use(kept)
            return interpreter
    image_pythons = versions.named(_ask(candidates(effects.environment), effects))
    if plan.settings.offline:
        raise PythonNotFound(request.asked, request.origin, image_pythons, setting=_OFFLINE)
    effects.console.header(f"Fetching Python {request.asked}")
    try:
        kept = managed.fetch(request, image_pythons)
        fetched = _ask_managed(kept, effects)
        if fetched is None:
            raise ManagedPythonBroken(
                request.asked, request.origin, image_pythons, version=kept.version
            )
    except PythonNotFound as error:
        error.setting = _PYTHON_SOURCE if plan.settings.python_source == "managed" else ""
        raise
    return fetched


def _ask_managed(kept: ManagedInstallation, effects: Effects) -> Interpreter | None:
    said = _probes(effects).ask(kept.program)
    if said is None or said.pop("implementation") != "cpython":
        return None
    return ManagedPython(**said, build=kept.build)


def choose_python(request: PythonRequest, effects: Effects) -> Interpreter:
    """Take the newest interpreter of the image that fits, else Slipway's own.

    Raises PythonNotHere.
    """
    found = candidates(effects.environment)
    for likely in _by_likelihood(found, request):
        fitting = [
            interpreter
            for interpreter in _ask(likely, effects)
            if versions.is_supported(interpreter.version) and request.fits(interpreter.version)
        ]
        if fitting:
            return versions.choose(request, fitting)
    return versions.choose(request, _ask(found, effects))


def _by_likelihood(
    found: Iterable[Candidate], request: PythonRequest
) -> Iterator[list[Candidate]]:
    """Group those that may fit by minor version, newest first, to start few of them.

    Slipway's own is last.
    """
    likely = [
        candidate
        for candidate in found
        if candidate.guess is None or request.may_fit(*candidate.guess)
    ]
    likely.sort(key=_likelihood, reverse=True)
    for _, group in groupby(likely, key=_likelihood):
        yield list(group)


def _likelihood(candidate: Candidate) -> tuple[bool, tuple[int, int]]:
    return not candidate.runs_slipway, candidate.guess or (0, 0)


def _ask(found: Iterable[Candidate], effects: Effects) -> Iterator[Interpreter]:
    probes = _probes(effects)
    for candidate in found:
        said = probes.ask(candidate.path)
        if said and said.pop("implementation") == "cpython":
            kind = SlipwaysPython if candidate.runs_slipway else Interpreter
            yield kind(**said)


def _probes(effects: Effects) -> Probes:
    return Probes(
        file=effects.cache.folder / "probes.json",
        processes=effects.processes,
        environment=effects.environment,
    )


def bundle_python(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Put a copy of the interpreter into `tree`, from the cache if it was made before.

    Raises PythonNotCarriable.
    """
    facts = {"format": _FORMAT, "python": interpreter.identity}
    recipe = Recipe(kind="python", key=cache_key(facts), facts=facts)
    reasons = effects.products.restore(recipe, tree)
    if not reasons:
        effects.console.info("Its copy comes from the cache")
        return
    effects.console.info(f"Its copy is made: {'; '.join(reasons)}")
    timed = effects.console.timed(lambda took: f"Copied in {took}")
    with timed, effects.products.making(recipe, tree) as made:
        copy_relocatable(interpreter, made, effects)


def describe(request: PythonRequest, interpreter: Interpreter, source: str = "auto") -> str:
    """Say why it is this one, in one line."""
    asked = (
        f"{request.origin} asks for {request.asked}"
        if request.origin
        else "No file asks for a version, so it is the newest here; to keep it, write "
        f"{interpreter.minor} into .python-version"
    )
    return f"{asked}. {_rule(interpreter, source)}: {interpreter.path}"


def _rule(interpreter: Interpreter, source: str) -> str:
    if isinstance(interpreter, SlipwaysPython):
        return "Slipway's own, as the image has none that fits"
    if not isinstance(interpreter, ManagedPython):
        return "From the image"
    if source == "managed":
        return f'Fetched by uv, as {_PYTHON_SOURCE} is "managed"'
    return "Fetched by uv, as the image has none that fits"
