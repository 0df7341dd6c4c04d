"""Prints what Heroku records about each build, whether it succeeds or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.effects.files import read_if_there
from slipway.errors.stopped import WrongUsage

REPORT = "slipway-report.json"
"""The file in the platform's cache folder in which each build leaves its report."""


def report_build(
    arguments: Sequence[str],
    _builder: Mapping[str, str],
    console: Console,
    _installation: Installation,
) -> int:
    """Print the report of the last build; the arguments are BUILD, CACHE and optionally ENV.

    Raises WrongUsage.
    """
    if len(arguments) not in (2, 3) or not arguments[1]:
        raise WrongUsage("bin/report BUILD CACHE [ENV]")
    text = read_if_there(Path(arguments[1]) / REPORT)
    console.for_platform(text or "{}\n")
    return 0
