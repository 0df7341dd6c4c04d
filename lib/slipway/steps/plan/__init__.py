"""Read an app, and decide everything about its build before changing anything."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slipway.domain import settings as app_settings
from slipway.domain.app_files import HOOKS, NLTK_DATA
from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.django.release_step import notice_without_release, runs_in_release_phase
from slipway.domain.locks.choices import chosen
from slipway.domain.locks.formats import format_of
from slipway.domain.nltk_data import INDEX as NLTK_INDEX
from slipway.domain.nltk_data import check_index as check_nltk_index
from slipway.domain.nltk_data import parse as parse_nltk_data
from slipway.domain.python.selection import PythonRequest
from slipway.domain.requirements.dependencies import (
    Dependencies,
    app_as_package,
    from_pyproject,
)
from slipway.domain.requirements.for_tests import ForTests
from slipway.domain.requirements.groups import extra_names, group_names, lists_extras
from slipway.domain.requirements.poetry_package import missing_module, without_package
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.domain.web.launch import WebSearch
from slipway.domain.web.process_types import Procfile, parse_procfile
from slipway.domain.web.servers import web_command
from slipway.domain.web.shell_commands import ShellSyntaxError
from slipway.domain.web.shell_scripts import scripts_of
from slipway.effects.files import AppFolder
from slipway.errors.app import ApplicationMissing, VirtualenvCheckedIn
from slipway.errors.python import RequestRefused
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.brought_lock import read_lock
from slipway.steps.plan.check_addresses import check_index_addresses
from slipway.steps.plan.check_builder_files import check_builder_files
from slipway.steps.plan.check_checkout import check_checkout
from slipway.steps.plan.check_files import check_file, check_files, misspelled_files
from slipway.steps.plan.dependency_files import dependency_files
from slipway.steps.plan.find_django import find_django
from slipway.steps.plan.find_for_tests import find_for_tests, with_tests
from slipway.steps.plan.find_root import notices_about_root
from slipway.steps.plan.find_vendored import check_submodules
from slipway.steps.plan.find_web import find_web
from slipway.steps.plan.honour_sources import honour_sources
from slipway.steps.plan.old_parts import refuse_python_2
from slipway.steps.plan.other_sources import notices_about_sources
from slipway.steps.plan.own_lock import OWN_LOCK, made_of, refuse_outdated, uv_settings
from slipway.steps.plan.read_requirements import read_requirements
from slipway.steps.plan.requested_python import (
    combined_with_dependencies,
    name_what_fits,
    requested_pythons,
)

if TYPE_CHECKING:
    from slipway.domain.locks.written import MadeFrom

PYPROJECT = "pyproject.toml"
_OWN_FOLDER = ".slipway/"


def plan(
    app: AppFolder,
    environment: Mapping[str, str],
    *,
    is_locking: bool = False,
    reads_yaml: bool = False,
    for_tests: bool = False,
) -> BuildPlan:
    """Return every decision; `environment` has the variables for the processes of the build.

    With `is_locking`, a setting may name Slipway's own lock, which is not written yet.
    `reads_yaml` says whether the platform reads a Procfile as YAML, which it does only at the
    top of the repository. With `for_tests`, the dependencies include those of the app's tests.

    Raises BuildStopped if one of the app's files or settings prevents the build.
    """
    check_builder_files(app, environment)
    check_submodules(app)
    notices = [*check_files(app)]
    document = _pyproject(app)
    settings = replace(_settings(document, environment), root=app.path_in_repository or None)
    _learn_secrets(app, settings.build_commands)
    missing = missing_module(document, app.text)
    if missing:
        document = without_package(document)
    if is_locking:
        settings = _without_own_lock(settings)
    _refuse_virtualenv(app)
    if not settings.offline:
        check_index_addresses(app, environment)
    required = _required(app, document, settings, environment, notices, for_tests=for_tests)
    settings, dependencies = required.settings, required.dependencies
    refuse_python_2(app, dependencies)
    sourced = honour_sources(app, document, settings, dependencies, environment)
    dependencies, vendoring = sourced.dependencies, sourced.vendoring
    notices += sourced.notices
    notices += notices_about_sources(
        app, document, settings, dependencies, environment, required.python
    )
    notices += [
        *misspelled_files(app, settings, dependencies, vendoring),
        *check_checkout(app, vendoring.folders),
        *_editable(dependencies),
    ]
    if missing and dependencies.origin in (PYPROJECT, "poetry.lock"):
        notices.append(
            "Not installing the app itself as a package: Poetry would package "
            f"`{missing}`, and the app has no folder or module of that name"
        )
    is_of_repository = bool(app.path_in_repository) and app.whole_repository.has("Procfile")
    of_procfile = app.whole_repository if is_of_repository else app
    is_yaml = reads_yaml and (is_of_repository or not app.path_in_repository)
    if reads_yaml and app.path_in_repository and app.whole_repository.is_at("Procfile"):
        check_file(app.whole_repository, "Procfile")
    procfile = _procfile(of_procfile, notices, is_yaml=is_yaml)
    notices += notices_about_root(app, document)
    django = find_django(app, settings)
    has_web = procfile is not None and "web" in procfile.processes
    if has_web and settings.app and not for_tests:
        origin = settings.app_origin.removeprefix("The variable ")
        notices.append(
            f"Not serving {settings.app}, which {origin} names, because the Procfile has a "
            "process `web`"
        )

    def search(notices: list[str]) -> WebSearch:
        return find_web(
            app,
            document,
            settings,
            environment,
            dependencies,
            notices,
            is_django=django is not None
            and django.web is not None
            and "django" in dependencies.names,
        )

    decided = BuildPlan(
        settings=settings,
        python=required.python,
        dependencies=dependencies,
        vendoring=vendoring,
        django=django,
        search=WebSearch() if has_web else search([] if for_tests else notices),
        procfile=procfile.processes if procfile else None,
        scripts=_scripts(procfile, of_procfile),
        procfile_is_of_repository=is_of_repository,
        is_web_corrected=procfile is not None and procfile.is_web_corrected,
        web_line=procfile.web_line if procfile else 0,
        hooks=tuple(hook for hook in HOOKS if app.has(hook)),
        notices=tuple(notices),
        nltk_data=_nltk_data(app, settings, environment),
        tests=required.tests,
    )
    if for_tests:  # which start no process of the app
        return decided
    found = _about_processes(decided, app, procfile, search)
    return replace(decided, notices=(*decided.notices, *found))


@dataclass(frozen=True, kw_only=True)
class _Required:
    """What an app requires: a Python, and packages."""

    settings: Settings
    """Those of the app, with the groups and extras that its tests need."""
    dependencies: Dependencies
    python: PythonRequest
    tests: ForTests | None


def _required(
    app: AppFolder,
    document: Document,
    settings: Settings,
    environment: Mapping[str, str],
    notices: list[str],
    *,
    for_tests: bool,
) -> _Required:
    """Read what an app requires; an error about a Python names one that fits.

    Raises RequestRefused, and as the reading of the files.
    """
    try:
        requests = requested_pythons(app, document, settings, notices)
        files = dependency_files(app, document, settings)
        tests = find_for_tests(app, document, files, settings) if for_tests else None
        settings = tests.chosen_in(settings) if tests else settings
        dependencies = _dependencies(app, document, files, settings, environment)
        if tests:
            dependencies = with_tests(app, document, dependencies, tests, environment)
        python = combined_with_dependencies(requests, app, dependencies, settings, notices)
    except RequestRefused as error:
        declared = None
        with suppress(BuildStopped):  # this error counts, whatever keeps facts away
            files = dependency_files(app, document, settings)
            declared = _dependencies(app, document, files, settings, environment)
        name_what_fits(error, app, document, declared)
        raise
    return _Required(settings=settings, dependencies=dependencies, python=python, tests=tests)


def _nltk_data(
    app: AppFolder, settings: Settings, environment: Mapping[str, str]
) -> tuple[str, ...] | None:
    text = app.text(NLTK_DATA)
    if text is None:
        return None
    names = parse_nltk_data(text)
    if names and not settings.offline:
        check_nltk_index(environment.get(NLTK_INDEX, "").strip())
    return names


def _about_processes(
    decided: BuildPlan,
    app: AppFolder,
    procfile: Procfile | None,
    search: Callable[[list[str]], WebSearch],
) -> Iterator[str]:
    """Yield notices about lines of the Procfile, and of the configuration of Gunicorn."""
    is_of_repository, root = decided.procfile_is_of_repository, app.path_in_repository
    folder = f"{root}/" if root and not is_of_repository else ""
    command = _web_command(decided)
    if "gunicorn" in command:
        from slipway.domain.web.gunicorn_notices import notices_about_config  # rarely needed

        read = (app.whole_repository if is_of_repository else app).text
        with suppress(BuildStopped):  # raised for a file that cannot be read; it sets nothing
            yield from notices_about_config(command, read, folder)
    if procfile is None:
        return
    is_django = decided.django is not None and "django" in decided.brought
    if is_django and runs_in_release_phase(decided.settings):
        notice = notice_without_release(procfile.processes, decided.scripts)
        if notice:
            yield notice
    from slipway.domain.web.procfile_lint import lint_lines  # only apps with a Procfile need it

    above = root if is_of_repository else ""
    yield from lint_lines(
        procfile.lines,
        lambda: _default_command(decided, search, above),
        lambda line: _modern_line(line, app, decided.django, above),
        decided.brought,
        folder,
        is_yaml=procfile.is_yaml,
    )


def _scripts(procfile: Procfile | None, app: AppFolder) -> Mapping[str, str]:
    """Read the shell scripts that process types start, as one text for each type."""
    found = {}
    for name, line in (procfile.processes if procfile else {}).items():
        if "sh" in line:  # `bash bin/web.sh`; others need no grammar
            with suppress(BuildStopped, ShellSyntaxError):  # check_processes warns about it
                found[name] = "\n".join(scripts_of(line, app.text))
    return {name: text for name, text in found.items() if text}


def _web_command(decided: BuildPlan) -> str:
    """Return the command of the process `web`, as far as it is known; empty for none."""
    if decided.procfile is not None:
        return decided.procfile.get("web", "")
    packages = {**({"django": ""} if decided.django else {}), **decided.brought}
    web = decided.web(packages)
    return web_command(web, packages) if web else ""


def _default_command(
    decided: BuildPlan, search: Callable[[list[str]], WebSearch], root: str
) -> str | None:
    """Return the command of `web` if the app had no Procfile, to advise it; None if none.

    `root` is the app's folder in the repository if the Procfile is at its top.
    """
    try:
        without = replace(decided, procfile=None, search=search([]))
    except ApplicationMissing:  # named by a setting that has no effect
        return None
    command = _web_command(without)
    prefix = f"env -C {root} " if root else ""
    return f"{prefix}{command}" if command else None


def _modern_line(
    line: str, app: AppFolder, django: DjangoProject | None, root: str
) -> str | None:
    """Return what to write instead of a line with an old command of Gunicorn; None if unclear.

    `root` is the app's folder in the repository if the Procfile is at its top.
    """
    from slipway.domain.web.gunicorn_commands import RUN_GUNICORN, modern_line  # rarely needed

    command = f"management/commands/{RUN_GUNICORN}.py"
    if django is None or any(app.has(f"{folder}{command}") for folder in app.entries()):
        return None
    if root and django.web:
        folder = posixpath.join(root, django.web.folder).rstrip("/")
        django = replace(django, web=replace(django.web, folder=folder))
    return modern_line(line, django)


def declared_dependencies(app: AppFolder, environment: Mapping[str, str]) -> MadeFrom:
    """Return what the files of an app without a lock declare.

    Raises BuildStopped.
    """
    from slipway.domain.locks.written import declared_by  # only for a lock of Slipway

    document = _pyproject(app)
    settings = _without_own_lock(_settings(document, environment))
    files = dependency_files(app, document, settings)
    dependencies = _dependencies(app, document, files, settings, environment)
    return declared_by(files, dependencies, document, uv_settings(app))


def _without_own_lock(settings: Settings) -> Settings:
    return replace(settings, lock=None) if settings.lock == OWN_LOCK else settings


def wants_debug(app: AppFolder, environment: Mapping[str, str]) -> bool:
    """Return whether the log level is debug; called before `plan`.

    Returns False if the settings are invalid: `plan` reports that.
    """
    try:
        return _settings(_pyproject(app), environment).log_level == "debug"
    except BuildStopped:
        return False


def _settings(document: Document, environment: Mapping[str, str]) -> Settings:
    return app_settings.parse(table_in(document, "tool", "slipway"), environment)


def _pyproject(app: AppFolder) -> Document:
    text = app.text(PYPROJECT)
    return parse_toml(text, PYPROJECT) if text is not None else {}


def _refuse_virtualenv(app: AppFolder) -> None:
    folders = [name for name in app.entries() if name.endswith("/") and name != _OWN_FOLDER]
    inner = [f"{name}{below}" for name in folders for below in app.entries(name)]
    found = [name for name in [*folders, *inner] if app.has(f"{name}pyvenv.cfg")]
    if found:
        raise VirtualenvCheckedIn(folders=tuple(name.rstrip("/") for name in found))


def _dependencies(
    app: AppFolder,
    document: Document,
    files: Sequence[str],
    settings: Settings,
    environment: Mapping[str, str],
) -> Dependencies:
    found = format_of(files[0])
    if found is not None and len(files) == 1:
        made_from = made_of(app, files[0])
        if made_from and all(map(app.has, made_from.files)):
            sources = _dependencies(app, document, made_from.files, settings, environment)
            refuse_outdated(app, files[0], made_from, sources, document)
        return read_lock(app, files[0], found, settings)
    match files:
        case ["pyproject.toml"]:
            # Only the build of a package tells extras that its pyproject.toml does not list.
            extras = extra_names(document) if lists_extras(document) else settings.extras
            choice = chosen(settings, PYPROJECT, group_names(document), extras)
            dependencies = from_pyproject(document, PYPROJECT, choice)
            return replace(dependencies, choice=choice)
        case ["Pipfile" as source]:
            from slipway.domain.requirements import pipfile  # few apps have one

            text = app.text(source) or ""
            categories = pipfile.group_names(parse_toml(text, source))
            choice = chosen(settings, source, categories, extras=None)
            dependencies = pipfile.from_pipfile(text, source, choice, environment)
            return replace(dependencies, choice=choice)
        case ["setup.py" | "setup.cfg" as source]:
            choice = chosen(settings, source, groups=None, extras=settings.extras)
            dependencies = app_as_package(source, choice.extras)
            return replace(dependencies, choice=choice)
        case _:
            chosen(settings, " and ".join(files), groups=None, extras=None)
            return read_requirements(app, files, environment)


def _editable(dependencies: Dependencies) -> Iterator[str]:
    """Yield a notice about editable requirements, if there are any."""
    lines = [line for line in dependencies.requirements if line.is_editable]
    if lines:
        places = ", ".join(line.place for line in lines)
        yield (
            f"Installing editable requirements ({places}) as wheels, because the app may be "
            "moved after its build"
        )


def _procfile(app: AppFolder, notices: list[str], *, is_yaml: bool) -> Procfile | None:
    text = app.text("Procfile")
    if text is None:
        return None
    procfile = parse_procfile(text, posixpath.join(app.path_in_repository, "Procfile"))
    _learn_secrets(app, procfile.processes.values())
    if is_yaml:
        from slipway.domain.web.procfile_yaml import read_as_yaml  # takes time to load

        procfile = read_as_yaml(text, procfile)
    notices += procfile.notices
    return procfile


def _learn_secrets(app: AppFolder, commands: Collection[str]) -> None:
    """Let nothing print the passwords that commands have as arguments."""
    if not commands:
        return
    from slipway.domain.web.procfile_lint import secrets_in  # not all apps have any commands

    for command in commands:
        for secret in secrets_in(command):
            app.secrets.learn_value(secret)
