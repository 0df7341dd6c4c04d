"""What an app asks for, laid out for a toolchain; the app's own folder is left as it is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from slipway.domain.question import Question, options_text
from slipway.domain.requirements import Line
from slipway.effects.files import write
from slipway.toolchains import DirectRequirement, RequirementFiles

NOT_SOURCE = frozenset({".git", ".hg", ".slipway", "__pycache__", "node_modules"})
"""Folders that no package is built from."""

_EDITABLE = re.compile(r"^(-e|--editable)[\s=]*")
_SETUPTOOLS = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""


def requirement_files(question: Question, app: Path, folder: Path) -> RequirementFiles:
    """Lay a question out in `folder`, which is empty and this user's alone."""
    return RequirementFiles(
        folder=folder,
        app=app,
        requirements="".join(f"{text}\n" for text in question.requirements),
        constraints="".join(f"{text}\n" for text in question.constraints),
        options=options_text(question.options, app),
        direct=[
            _direct(line, app, folder / f"source-{number}")
            for number, line in enumerate(question.direct)
        ],
    )


def _direct(line: Line, app: Path, folder: Path) -> DirectRequirement:
    told = _EDITABLE.sub("", line.text)
    if line.folder is not None:
        marker = f" ; {line.marker}" if line.marker else ""
        told = f"{_source(line, app, folder)}{marker}"
    return DirectRequirement(line=told, extras=line.extras, source=line.shown)


def _source(line: Line, app: Path, folder: Path) -> Path:
    """Give an archive as it is, and of a folder a copy: backends write where they build."""
    place = app / (line.folder or "")
    if not place.is_dir():
        return place
    copy = folder / (place.name or "app")
    ignored = shutil.ignore_patterns(*NOT_SOURCE)
    shutil.copytree(place, copy, symlinks=True, ignore=ignored)
    # No tool builds a package with a setup.cfg alone, unless it is told by what.
    if not any((copy / name).exists() for name in ("setup.py", "pyproject.toml")):
        write(copy / "pyproject.toml", _SETUPTOOLS)
    return copy
