"""Ask the app's package indexes which files they have of pinned packages.

Each package costs one request for its page of the simple API, which is sent with pip's own
session, settings and HTTP cache: https://peps.python.org/pep-0691/. The answers only help to
choose a Python, so an index that is slow or fails costs a few seconds, and no build.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slipway.domain.python.fitting import PackageFile
from slipway.domain.python.pinned import IndexQuestion
from slipway.domain.redaction import redact
from slipway.effects.files import read_if_there, scratch, write
from slipway.errors.stopped import CommandFailed
from slipway.toolchains.pip_tools.pip import Pip

_SCRIPT = "pip_pages.py"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the indexes have of some packages."""

    files: Mapping[IndexQuestion, tuple[PackageFile, ...]] = field(default_factory=dict)
    """All files of a version that may be installed: those in formats that the app's settings
    exclude are left out, and those with other hashes; no entry if no index has any, or if that
    is not known."""
    trouble: str = ""
    """Why not all indexes have answered, as a clause without addresses; empty if they have."""


def ask_indexes(questions: Sequence[IndexQuestion], options: str, pip: Pip) -> Answers:
    """Ask the default index, and the others that pip would search, for the pages of packages.

    `options` are lines of a requirements file that say which indexes to use. Whatever goes
    wrong is a part of the answer.
    """
    environment = pip.effects.environment
    if not questions:
        return Answers()
    if environment.get("UV_OFFLINE", "").lower() in ("1", "true", "t", "y", "yes", "on"):
        return Answers(trouble="the variable UV_OFFLINE forbids it")
    lines = [f"{one.name}=={one.version}" for one in questions]
    with scratch("pages") as folder:
        requirements, pages = folder / "requirements.txt", folder / "pages.json"
        write(requirements, "\n".join([options, *lines, ""]))
        arguments = ["--quiet", "-r", str(requirements)]
        variables = {
            **pip.index_variables,
            "SLIPWAY_PAGES": str(pages),
            "PIP_REQUIREMENT": "",
            # pip-compile reads the same pages from there.
            "PIP_CACHE_DIR": str(pip.cache / "pip-tools"),
        }
        doing = "asking the package index which Pythons the packages fit"
        try:
            # The app's Python is not known yet, and any Python can read pages.
            pip.run_script(
                sys.executable,
                _SCRIPT,
                arguments,
                pip.app,
                doing,
                variables,
                needs_pip_alone=True,
            )
            written = read_if_there(pages)
        except CommandFailed as error:
            *_, last = ["", *error.output.strip().splitlines()]
            return Answers(trouble=redact(f"pip failed: {last}"))
    return _read(written, questions) if written else Answers(trouble="pip did not answer")


def _read(text: str, questions: Sequence[IndexQuestion]) -> Answers:
    """Read what the script has written."""
    result = json.loads(text)
    files = {
        question: tuple(
            PackageFile(name, requires_python)
            for name, requires_python, sha256 in found
            if question.allows(sha256)
        )
        for question, found in zip(questions, result["files"], strict=True)
        if found
    }
    known = {question: found for question, found in files.items() if found}
    return Answers(files=known, trouble=result["trouble"])
