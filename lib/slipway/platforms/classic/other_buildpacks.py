"""Finds out which buildpacks have run before Slipway, as far as a user should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.domain.layout import IN_APP
from slipway.domain.run_environment import OTHER_PYTHON
from slipway.effects.files import AppFolder


def notices_about_buildpacks(
    repository: AppFolder, builder: Mapping[str, str]
) -> Iterator[str]:
    """Yield a notice for each buildpack that has built the same app for nothing.

    `builder` has the variables that they have exported.
    """
    if repository.is_at(f"{OTHER_PYTHON}/bin/python"):
        yield (
            f"Processes use Slipway's Python, not the one in {OTHER_PYTHON}. Remove the "
            "buildpack that has installed it, for example with `heroku buildpacks:remove "
            "heroku/python`, or delete the folder if it is in the git repository"
        )
    if f"{repository.root / IN_APP}/" in builder.get("PATH", ""):
        yield (
            "Slipway has built this app already, because it is twice among the app's "
            "buildpacks. Remove one of them, for example with `heroku buildpacks:remove`"
        )
