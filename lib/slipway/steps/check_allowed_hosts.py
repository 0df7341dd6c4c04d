"""Check that a Django site does not refuse the hosts of all requests, which Django can do."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from slipway.domain.django.allowed_hosts import empty_hosts
from slipway.domain.web.fault_words import line_at
from slipway.domain.web.launch import Launch
from slipway.effects.files import AppFolder
from slipway.steps.collectstatic import Collected
from slipway.steps.context import BuildContext
from slipway.steps.module_finder import text_of
from slipway.steps.prove_pages import processes_serving

_EXAMPLE = '`ALLOWED_HOSTS = [".herokuapp.com", "www.example.com"]`'


def check_allowed_hosts(
    context: BuildContext, launch: Launch, collected: Collected
) -> Iterator[str]:
    """Yield a sentence if Django will refuse all hosts, because the settings name none.

    If they may get hosts when the app starts, from a variable for example, that is only logged.
    """
    project = context.plan.django
    if not collected.refuses_hosts or project is None or project.settings is None:
        return
    folder, app = project.folder, AppFolder(context.app, context.effects.console.secrets)
    processes = processes_serving(context, launch, project)
    empty = empty_hosts(
        project.settings, lambda file: text_of(app, posixpath.join(folder, file))
    )
    if not processes or empty is None:
        return
    names = " and ".join(f"`{name}`" for name in processes)
    file = posixpath.join(context.layout.path_in_repository, folder, empty.file)
    place = line_at(f"{file}:{empty.line}") if empty.line else file
    if empty.is_certain:
        lack = "is empty" if empty.line else "is not set"
        yield (
            f"{names} will answer requests with the status 400, because ALLOWED_HOSTS {lack} "
            f"in {place}. Write the hosts of the app there, for example {_EXAMPLE}"
        )
        return
    context.effects.console.info(
        f"ALLOWED_HOSTS ({place}) is empty in this build. Where the app runs, it must have the "
        f"hosts of the app, or {names} will answer requests with the status 400"
    )
