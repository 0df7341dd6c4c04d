"""Choose the app's Python among those of the image, and carry it along where needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from slipway.domain import python_version as versions
from slipway.domain.fingerprint import fingerprint
from slipway.domain.python_version import Interpreter, PythonRequest
from slipway.effects import Effects
from slipway.effects.interpreters import PROBE, Candidate, candidates
from slipway.effects.processes import Command
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.carried_python import carry

_FORMAT = "1"


def choose_python(request: PythonRequest, effects: Effects) -> Interpreter:
    """Take the newest interpreter of the image that fits.

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
    """Group those that may fit by minor version, newest first, to start few of them."""
    likely = [
        candidate
        for candidate in found
        if candidate.guess is None or request.may_fit(*candidate.guess)
    ]
    likely.sort(key=lambda candidate: candidate.guess or (0, 0), reverse=True)
    for _, group in groupby(likely, key=lambda candidate: candidate.guess):
        yield list(group)


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
            yield Interpreter(**answer)


def carry_python(interpreter: Interpreter, tree: Path, effects: Effects) -> None:
    """Put a copy of the interpreter into `tree`, from the cache if it was made before.

    Raises PythonNotCarriable.
    """
    key = fingerprint({"format": _FORMAT, "python": interpreter.identity})
    if effects.cache.restore("python", key, tree):
        effects.console.info("Its copy comes from the cache")
        return
    with effects.console.timed(lambda took: f"Copied in {took}"):
        carry(interpreter, tree, effects)
    reason = effects.cache.store("python", key, tree)
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
    return f"{asked}. From the image: {interpreter.path}"
