"""What a build says about config variables, which were often set for another buildpack."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from slipway.domain.app_files import are_of_python_app
from slipway.domain.config_vars import (
    BuildEnvironment,
    instead_of_refused,
    is_for_the_running_app,
)
from slipway.domain.other_builders import Repository, notices_for_heroku
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.find_root import find_root


def log_refused(
    config_vars: Mapping[str, str], environment: BuildEnvironment, console: Console
) -> None:
    """Name the config variables that the build does not use, and say what to do about them."""
    for name, reason in environment.refused.items():
        value = config_vars[name]
        text = f"Ignoring the config variable {name}: {reason}"
        if is_for_the_running_app(name, value):
            console.info(f"{text}. The running app gets it")
            continue
        advice = instead_of_refused(name, value)
        console.warning(f"{text}. {advice}" if advice else text)


def log_of_other_builders(
    variables: Mapping[str, str], top: AppFolder, console: Console
) -> None:
    """Say what to set instead of variables that only other buildpacks heed.

    Called before anything can fail because of what they meant. `top` is the repository.
    """

    def text(path: str) -> str | None:
        with suppress(BuildStopped):
            return top.text(path)
        return None

    root = ""
    with suppress(BuildStopped):  # the build stops for that reason
        root = find_root(top, variables).path_in_repository
    repository = Repository(
        root=root,
        has_app=lambda folder: are_of_python_app(top.entries(folder)),
        text=text,
    )
    for notice in notices_for_heroku(variables, repository):
        console.warning(notice)
