"""Choose the app's Python among those that are here, and carry it along where needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from slipway.domain import python_version as versions
from slipway.domain.fingerprint import fingerprint
from slipway.domain.python_version import Interpreter, PythonRequest
from slipway.effects import Effects
from slipway.effects.interpreters import PROBE, Candidate, candidates
from slipway.effects.processes import Command
from slipway.effects.products import Recipe
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.carried_python import carry

_FORMAT = "1"


@dataclass(frozen=True, kw_only=True)
class SlipwaysOwn(Interpreter):
    """The Python that was bundled or fetched to run Slipway, where the image has none."""

    @property
    def identity(self) -> str:
        """Leave out the path: each build may find it elsewhere, and it is always the same."""
        return f"CPython {self.version} {self.platform} of Slipway"


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
    return not candidate.is_slipways, candidate.guess or (0, 0)


def _ask(found: Iterable[Candidate], effects: Effects) -> Iterator[Interpreter]:
    for candidate in found:
        command = Command(
            argv=[str(candidate.path), "-I", "-S", "-c", PROBE],
            cwd=Path("/"),
            env=effects.environment,
        )
        try:
            answer = json.loads(effects.processes.query(command))
        except (CommandFailed, OSError, ValueError):
            continue  # a broken interpreter is one that is not there
        if answer.pop("implementation") == "cpython":
            kind = SlipwaysOwn if candidate.is_slipways else Interpreter
            yield kind(**answer)


def carry_python(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Put a copy of the interpreter into `tree`, from the cache if it was made before.

    Raises PythonNotCarriable.
    """
    facts = {"format": _FORMAT, "python": interpreter.identity}
    recipe = Recipe(kind="python", key=fingerprint(facts), facts=facts)
    if effects.products.restore(recipe, tree):
        effects.console.info("Its copy comes from the cache")
        return
    with effects.console.timed(lambda took: f"Copied in {took}"):
        carry(interpreter, tree, effects)
    reason = effects.products.store(recipe, tree)
    if reason:
        effects.console.warning(f"The copy could not be kept in the cache: {reason}")


def describe(request: PythonRequest, interpreter: Interpreter) -> str:
    """Say why it is this one."""
    asked = (
        f"{request.origin} asks for {request.asked}"
        if request.origin
        else "No file asks for a version, so it is the newest here; to keep it, write "
        f"{interpreter.minor} into .python-version"
    )
    if isinstance(interpreter, SlipwaysOwn):
        return f"{asked}. Slipway's own, as the image has none that fits: {interpreter.path}"
    return f"{asked}. From the image: {interpreter.path}"
