"""What Dokku does differently from Heroku with the processes of an app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from slipway.domain.django.release_step import COMMAND, migrates

DOKKU = "HEROKUISH_DISABLE_CHOWN"
"""A variable of the images in which Dokku builds, and of no other platform's:
https://github.com/dokku/dokku/blob/master/plugins/builder-herokuish/dockerfiles/copy-source.Dockerfile
"""
APP_JSON = "app.json"
"""The file with the tasks of a deployment:
https://dokku.com/docs/appendices/file-formats/app-json/"""


def notice_about_release(
    processes: Mapping[str, str], app_json: Iterable[str], builder: Mapping[str, str]
) -> str:
    """Say that Dokku will not run the process `release`; empty if that is no problem.

    Dokku takes the command from the Procfile of the repository, never from one that a build
    has written: https://dokku.com/docs/advanced-usage/deployment-tasks/

    `processes` are those that Slipway adds to the app, and `app_json` has the text of each
    app.json that Dokku may read.
    """
    if DOKKU not in builder or "release" not in processes:
        return ""
    if any(migrates(task) for text in app_json for task in tasks_in(text)):
        return ""
    return (
        "Dokku runs `release` only from a committed Procfile, so nothing migrates the "
        "database. To do that in each deployment, commit an app.json with "
        f'`{{"scripts": {{"dokku": {{"predeploy": "{COMMAND}"}}}}}}`, or set `migrate` to '
        '"start". To migrate by hand, set it to "off"'
    )


def tasks_in(app_json: str) -> tuple[str, ...]:
    """Return the commands that Dokku runs in each deployment; it says itself what is wrong."""
    try:
        found = json.loads(app_json)
    except (ValueError, RecursionError):
        return ()
    for name in ("scripts", "dokku"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return ()
    return tuple(command for command in found.values() if isinstance(command, str))
