"""Prints the report of the last build, whether it succeeded or not."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.effects.files import read_if_there
from slipway.errors.stopped import WrongUsage

REPORT = "slipway-report.json"
"""The file in the platform's cache folder in which each build leaves its report."""

_NONE = "{}\n"


def report_build(
    arguments: Sequence[str],
    _builder: Mapping[str, str],
    console: Console,
    _installation: Installation,
) -> int:
    """Print the report of the last build; the arguments are BUILD, CACHE and optionally ENV.

    It is a flat JSON object, empty if there is no report. In a cache that cannot be written to,
    a report is not that of the last build. lib/bring_python.sh does the same if no Python is
    found.

    Raises WrongUsage.
    """
    if len(arguments) not in (2, 3) or not arguments[1]:
        raise WrongUsage("bin/report BUILD CACHE [ENV]")
    cache = Path(arguments[1])
    text = read_if_there(cache / REPORT) if os.access(cache, os.W_OK) else None
    console.for_platform(text if text and _is_flat_object(text) else _NONE)
    return 0


def _is_flat_object(text: str) -> bool:
    """Tell whether a report is whole: anything may have happened to a file of the cache."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not any(
        value is None or isinstance(value, dict | list) for value in found.values()
    )
