"""Prints the report of the last build, whether it succeeded or not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.build_facts import is_report
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
    console.for_platform(text if text and is_report(text) else _NONE)
    return 0


def slipway_version(installation: Installation) -> str | None:
    """Return the version of this Slipway; None if its buildpack.toml has been left out."""
    text = read_if_there(installation.buildpack_toml) or ""
    found = re.search(r'^version = "(.+)"$', text, re.MULTILINE)
    return found and found[1]
