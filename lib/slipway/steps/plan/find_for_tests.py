"""Find what an app's tests need in addition to the dependencies that the app runs with."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import NO_CHOICE, Choice
from slipway.domain.locks.formats import format_of
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.for_tests import (
    USUAL_FILES,
    ForTests,
    Offered,
    names_listed,
    needed_for_tests,
    way_to_add,
)
from slipway.domain.requirements.groups import (
    extra_names,
    extra_requirements,
    group_names,
    group_requirements,
    groups_to_install,
    lists_extras,
)
from slipway.domain.requirements.lines import Line
from slipway.domain.settings import Settings
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.domain.unread_files import (
    is_for_development,
    is_for_production,
    requirements_files,
    requirements_in,
)
from slipway.effects.files import AppFolder
from slipway.errors.running_tests import WayToAdd
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.check_files import check_file
from slipway.steps.plan.read_requirements import read_requirements

_PYPROJECT = "pyproject.toml"


def find_for_tests(
    app: AppFolder, document: Document, files: Sequence[str], settings: Settings
) -> ForTests:
    """Decide what is installed for the tests of an app whose dependencies `files` declare.

    `document` is pyproject.toml. Raises as the reading of the files.
    """
    return needed_for_tests(_offered(app, document, files, settings), settings)


def _offered(
    app: AppFolder, document: Document, files: Sequence[str], settings: Settings
) -> Offered:
    origin = files[0]
    form = format_of(origin)
    offered = Offered(origin=origin, files=_files(app, files, settings))
    if form is not None:
        return replace(_in_lock(app, origin, document), files=offered.files)
    match origin:
        case "pyproject.toml":
            return replace(
                offered,
                groups=group_names(document),
                extras=extra_names(document) if lists_extras(document) else (),
                for_production=groups_to_install(document, NO_CHOICE),
                for_developers=_for_developers(document),
            )
        case "Pipfile":
            from slipway.domain.requirements import pipfile  # few apps have one

            groups = pipfile.group_names(parse_toml(app.text(origin) or "", origin))
            return replace(
                offered, groups=tuple(groups), for_developers=(pipfile.DEV_PACKAGES,)
            )
        case "setup.py" | "setup.cfg":
            from slipway.domain.requirements.setup_extras import extras_in_setup

            extras = extras_in_setup(app.text("setup.py") or "", app.text("setup.cfg") or "")
            return replace(offered, extras=extras, groups_beside=group_names(document))
        case _:
            return replace(
                offered,
                groups_beside=group_names(document),
                extras_beside=extra_names(document),
            )


def _in_lock(app: AppFolder, file: str, document: Document) -> Offered:
    """Return what a lock has for choosing."""
    form = format_of(file)
    assert form is not None
    check_file(app, file)
    text = app.text(file) or ""
    lock = form.read(text, file, app.text, app.entries)
    folder = posixpath.dirname(file)
    if folder:
        path = posixpath.join(folder, _PYPROJECT)
        document = parse_toml(app.text(path) or "", path)
    extras = tuple(lock.extras) if form.has_extras else ()
    groups = tuple(name for name in lock.groups if name not in extras)
    production: tuple[str, ...] = ()
    developers: tuple[str, ...] = ()
    groups_beside: tuple[str, ...] = ()
    extras_beside: tuple[str, ...] = ()
    match form.module:
        case "pylock":
            listed = parse_toml(text, file).get("default-groups")
            default = tuple(map(canonicalize_name, listed if isinstance(listed, list) else ()))
            production = tuple(name for name in groups if name in default and name != "dev")
            developers = default
            groups_beside = tuple(one for one in group_names(document) if one not in groups)
            extras_beside = tuple(one for one in extra_names(document) if one not in extras)
        case "uv":
            production = groups_to_install(document, NO_CHOICE)
            developers = _for_developers(document)
        case "poetry":
            developers = tuple(name for name in groups if not _is_optional(document, name))
        case "pdm":
            developers = groups
        case _:
            from slipway.domain.requirements.pipfile import DEV_PACKAGES

            developers = (DEV_PACKAGES,)
    return Offered(
        origin=file,
        is_lock=True,
        groups=groups,
        extras=extras,
        for_production=production,
        for_developers=developers,
        groups_beside=groups_beside,
        extras_beside=extras_beside,
    )


def _for_developers(document: Document) -> tuple[str, ...]:
    """Return the groups that the tool of a pyproject.toml installs by default.

    https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups,
    https://python-poetry.org/docs/managing-dependencies/#optional-groups,
    https://pdm-project.org/en/latest/usage/dependency/#select-a-subset-of-dependency-groups-to-install
    """
    known = group_names(document)
    if table_in(document, "tool", "poetry"):
        return tuple(name for name in known if not _is_optional(document, name))
    if table_in(document, "tool", "pdm"):
        return known
    listed = table_in(document, "tool", "uv").get("default-groups", ["dev"])
    if listed == "all":
        return known
    names = listed if isinstance(listed, list) else []
    return tuple(canonicalize_name(name) for name in names if isinstance(name, str))


def _is_optional(document: Document, group: str) -> bool:
    """Return whether Poetry installs a group only if it is asked to."""
    return any(
        canonicalize_name(name) == group
        and table_in(document, "tool", "poetry", "group", name).get("optional") is True
        for name in table_in(document, "tool", "poetry", "group")
    )


def _files(app: AppFolder, counting: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return the requirements files of an app that do not count."""
    folders = dict.fromkeys(posixpath.dirname(file) for file in settings.requirements)
    found = [
        *requirements_files(app.entries(), app.entries("requirements")),
        *(
            path
            for folder in folders
            if folder
            for path in requirements_in(folder, app.entries(folder))
        ),
        *filter(app.has, USUAL_FILES),
    ]
    return tuple(name for name in dict.fromkeys(found) if name not in counting)


def way_to_add_for_tests(
    app: AppFolder,
    document: Document,
    files: Sequence[str],
    settings: Settings,
    names: Sequence[str],
) -> WayToAdd:
    """Say how to add packages to what is installed for the tests.

    A file of another name may list them, for example requirements/local.txt. It is only named,
    because it may contradict what the app runs with.

    Raises as find_for_tests.
    """
    tests = find_for_tests(app, document, files, settings)
    of_poetry = table_in(document, "tool", "poetry", "group")
    groups = (name for name in of_poetry if canonicalize_name(name) in tests.groups)
    listed = {
        file: found
        for file in _other_files(app, files, tests)
        if (found := names_listed(_text(app, file), names))
    }
    return way_to_add(names, tests, files[0], listed, next(groups, ""))


def _other_files(app: AppFolder, files: Sequence[str], tests: ForTests) -> list[str]:
    """Return the files that may list requirements and are not installed, the likeliest first.

    They are at the top of the app, in its folder requirements, and next to the files that are
    installed and those that they name.
    """
    counting: set[str] = {*files, *tests.files}
    with suppress(BuildStopped):  # files of other formats, or what the build stops for
        sources = [name for name in counting if name.endswith((".txt", ".in", ".pip"))]
        counting.update(read_requirements(app, sources, {}).files)
    folders = {"", "requirements", *map(posixpath.dirname, (*counting, *USUAL_FILES))}
    found = {
        posixpath.join(folder, path.rpartition("/")[2])
        for folder in folders
        for path in requirements_in(folder, app.entries(folder))
    }
    return sorted(
        found - counting,
        key=lambda file: (is_for_production(file), not is_for_development(file), file),
    )


def _text(app: AppFolder, file: str) -> str:
    with suppress(BuildStopped):
        return app.text(file) or ""
    return ""


def with_tests(
    app: AppFolder,
    document: Document,
    dependencies: Dependencies,
    tests: ForTests,
    environment: Mapping[str, str],
) -> Dependencies:
    """Add what other files than that with the dependencies list for the tests.

    A lock stays as it is: the lines are resolved beside it, to versions that fit its packages.

    Raises as read_requirements, and as group_requirements.
    """
    more = Dependencies(origin="", files=(), requirements=())
    if tests.files:
        more = read_requirements(app, tests.files, environment)
    found = _new(more.requirements, dependencies)
    if tests.groups_beside:
        choice = Choice(groups=tests.groups_beside)
        found += group_requirements(document, _PYPROJECT, choice)
    found += extra_requirements(document, _PYPROJECT, tests.extras_beside)
    added = replace(
        dependencies,
        files=tuple(dict.fromkeys((*dependencies.files, *more.files))),
        constraints=(*dependencies.constraints, *_new(more.constraints, dependencies)),
        options=(*dependencies.options, *_new(more.options, dependencies)),
    )
    if dependencies.lock is None:
        return replace(added, requirements=(*dependencies.requirements, *found))
    # The lock has the app itself, and what the app contains.
    named = tuple(line for line in found if line.local_path is None)
    return replace(added, beside_lock=named)


def _new(lines: Sequence[Line], dependencies: Dependencies) -> tuple[Line, ...]:
    """Leave out the lines of files that have been read: `-r requirements.txt`."""
    return tuple(line for line in lines if line.file not in dependencies.files)
