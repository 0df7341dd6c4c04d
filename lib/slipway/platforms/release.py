"""Prints the process types of a built app, for classic platforms and Cloud Foundry.

https://devcenter.heroku.com/articles/buildpack-api#bin-release,
https://docs.cloudfoundry.org/buildpacks/custom.html#release-script
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP, RELEASE
from slipway.effects.console import Console
from slipway.effects.files import read_if_there
from slipway.errors.app import NotCompiled
from slipway.errors.stopped import WrongUsage


def release_app(
    arguments: Sequence[str],
    _builder: Mapping[str, str],
    console: Console,
    _installation: Installation,
) -> int:
    """Print what the build has written, as YAML; the argument is the app's folder, BUILD.

    lib/bring_python.sh does the same if no Python is found.

    Raises NotCompiled, WrongUsage.
    """
    if len(arguments) not in (1, 2):  # herokuish passes the cache as well
        raise WrongUsage("bin/release BUILD")
    text = read_if_there(Path(arguments[0]) / IN_APP / RELEASE)
    if text is None:
        raise NotCompiled(path=arguments[0])
    console.for_platform(text)
    return 0
