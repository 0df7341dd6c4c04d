"""What a build says about config variables, which were often set for another buildpack."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from contextlib import suppress

from slipway.domain.app_files import are_of_python_app
from slipway.domain.config_vars import (
    BuildEnvironment,
    instead_of_refused,
    is_for_the_running_app,
)
from slipway.domain.other_builders import GroupsAndExtras, Repository, notices_for_heroku
from slipway.domain.requirements.groups import extra_names, group_names
from slipway.domain.toml_text import Document, parse_toml
from slipway.effects.console import Console
from slipway.effects.files import AppFolder
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.find_root import find_root

_WITH_GROUPS = ("pyproject.toml", "requirements.txt", "poetry.lock", "uv.lock", "pdm.lock")


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

    def chosen() -> GroupsAndExtras:
        """Read the names of groups and extras, if pyproject.toml or its lock counts."""
        texts = {name: text(posixpath.join(root, name)) for name in _WITH_GROUPS}
        pyproject, requirements, *locks = texts.values()
        if not any(locks) and requirements is not None:
            return GroupsAndExtras()
        document: Document = {}
        with suppress(BuildStopped):  # the build stops for that reason
            document = parse_toml(pyproject or "", "pyproject.toml")
        return GroupsAndExtras(groups=group_names(document), extras=extra_names(document))

    repository = Repository(
        root=root,
        has_app=lambda folder: are_of_python_app(top.entries(folder)),
        chosen=chosen,
        text=text,
    )
    for notice in notices_for_heroku(variables, repository):
        console.warning(notice)
