"""Runs the tests of an app that `bin/test-compile` has built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.stopped import WrongUsage


def run_tests(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Run the app's tests, and return the exit status of their runner.

    The arguments are the folders BUILD, of the built app, and optionally ENV. Raises
    BuildStopped, WrongUsage.
    """
    raise WrongUsage("bin/test BUILD [ENV]")
