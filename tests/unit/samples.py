"""Values that many unit tests start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slipway.domain.build_plan import BuildPlan
from slipway.domain.dependencies import Dependencies
from slipway.domain.python_version import ANY_PYTHON, Interpreter
from slipway.domain.requirements import Line, read_lines
from slipway.domain.settings import Settings

PYTHON = Interpreter(
    path="/usr/bin/python3.13",
    version="3.13.1",
    prefix="/usr",
    stdlib="/usr/lib/python3.13",
    platform="linux-x86_64 glibc 2.36",
)

PLAN = BuildPlan(
    settings=Settings(),
    python=ANY_PYTHON,
    dependencies=Dependencies(
        source="requirements.txt", files=("requirements.txt",), requirements=()
    ),
    django=None,
    wsgi=None,
    procfile=None,
    hooks=(),
    notices=(),
)
"""Of an app with an empty requirements.txt and nothing else."""


def lines(text: str, **variables: str) -> tuple[Line, ...]:
    """Read requirements.txt."""
    return tuple(read_lines(text, "requirements.txt", variables))


def line(text: str, **variables: str) -> Line:
    """Read a requirements.txt of one line."""
    (only,) = lines(text, **variables)
    return only


def dependencies(text: str, constraints: str = "", **variables: str) -> Dependencies:
    """Read requirements.txt as the only file of an app, its options apart."""
    found = lines(text, **variables)
    return Dependencies(
        source="requirements.txt",
        files=("requirements.txt",),
        requirements=tuple(one for one in found if one.kind.value in ("named", "direct")),
        constraints=tuple(read_lines(constraints, "constraints.txt", variables)),
        options=tuple(one for one in found if one.kind.value == "option"),
    )


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder, from their paths and texts."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
