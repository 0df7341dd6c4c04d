"""Prove that Django can import its URLconf, and what templates load, which no server does.

Django imports them only for the first requests. collectstatic, which sets up Django in any
case, does it in the same process; here is decided what the result means. Without collectstatic,
only the modules of the URLconf are read.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from functools import partial

from slipway.domain.django.exception_chain import Site
from slipway.domain.django.project import DjangoProject, root_urlconf
from slipway.domain.locks.formats import requirements_of
from slipway.domain.settings import FOR_THE_LOG
from slipway.domain.web.launch import Launch
from slipway.domain.web.targets import StartTarget
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.kinds import TARGETS
from slipway.effects.files import AppFolder, scratch, write
from slipway.errors.web import Fault
from slipway.steps.collectstatic import Collected
from slipway.steps.context import BuildContext
from slipway.steps.module_finder import text_of
from slipway.steps.prove_targets import Proof, targets_in


def key_of_pages(
    context: BuildContext,
    variables: Mapping[str, str],
    virtualenv_digest: str | None,
    files: str,
) -> CacheKey | None:
    """Return the key under which the cache knows that all this can be imported.

    None if the app has no Django project, or nothing may be reused: a hook may have changed the
    virtual environment. `files` is the digest of the app's modules.
    """
    project = context.plan.django
    if project is None or not virtualenv_digest:
        return None
    return TARGETS.key(
        {
            "virtualenv": virtualenv_digest,
            "pages_of": project.settings or "",
            "files": files,
            "variables": sorted(set(variables) - FOR_THE_LOG),
        }
    )


def prove_pages(
    context: BuildContext, launch: Launch, collected: Collected, key: CacheKey | None
) -> list[str]:
    """Return a sentence if processes of the app will answer each request with an error.

    There is another one if only those requests fail for which Django renders a template. `key`
    is that of key_of_pages, before collectstatic, and has no entry. What could not be checked
    is logged.
    """
    project, effects = context.plan.django, context.effects
    if project is None or project.settings is None:
        return []
    files = AppFolder(context.app, effects.console.secrets)
    read = partial(text_of, files)
    site = Site(project=project, read=read, entries=files.entries)
    processes = processes_serving(context, launch, project)
    module, pages = root_urlconf(project.settings, site.source), collected.pages
    if pages is not None and not any(pages.values()):
        _remember(context, key, module)  # the next build need not do it again
        return []
    if not processes:
        return []
    names = " and ".join(f"`{name}`" for name in processes)
    faults: dict[tuple[str, str], Fault] = {}
    for verdict in _verdicts(context, collected, site, module):
        if isinstance(verdict, Fault):  # what fails for both is said once
            faults.setdefault((verdict.subject, verdict.place), verdict)
        else:
            effects.console.info(f"Not known whether {names} can answer requests: {verdict}")
    return [_problem(context, names, one) for one in faults.values()]


def _verdicts(
    context: BuildContext, collected: Collected, site: Site, module: str | None
) -> Iterator[Fault | str]:
    """Yield what is wrong with the URLconf and with templates, or why that is not known."""
    project, pages = site.project, collected.pages
    target = _target(context, project, module or project.settings or "")
    if pages is None:
        fault = Proof(context, collected.with_placeholders).of_urls(target) if module else None
        if fault:
            yield fault
        return
    from slipway.domain.django.urlconf_failure import meaning_for_pages  # only for failures

    if module and pages.get("urls"):
        yield meaning_for_pages(pages["urls"], target, site)
    if pages.get("templates"):
        yield meaning_for_pages(pages["templates"], target, site, of_templates=True)


def _remember(context: BuildContext, key: CacheKey | None, module: str | None) -> None:
    """Store that all can be imported, unless nothing may be reused."""
    if key is not None:
        with scratch("pages") as folder:
            write(folder / "module", module or "")
            context.effects.cache.store(key, folder)


def processes_serving(
    context: BuildContext, launch: Launch, project: DjangoProject
) -> tuple[str, ...]:
    """Name the processes that serve the project with the settings that the build uses."""
    served = (project.web, project.asgi)
    modules = {one.target.partition(":")[0] for one in served if one is not None}
    names = [
        name
        for one in targets_in(context, launch)
        if one.target.interface and one.target.module in modules
        if not one.target.sets_variables
        for name in one.processes
    ]
    return tuple(dict.fromkeys(names))


def _target(context: BuildContext, project: DjangoProject, module: str) -> StartTarget:
    app = os.path.relpath(context.app, context.start_folder)
    folder = posixpath.normpath(posixpath.join(app, project.folder))
    return StartTarget(
        program="django",
        shown=module,
        module=module,
        folders=(folder,),
        start_folder="" if app == "." else app,
    )


def _problem(context: BuildContext, names: str, fault: Fault) -> str:
    from slipway.domain.web import fault_words  # only failures need it

    requirements = requirements_of(context.plan.dependencies.origin)
    remedy = fault.advice or fault_words.remedy(fault, "", "", requirements)
    return f"{names} {fault_words.what_happens(fault).rstrip('.')}. {remedy}"
