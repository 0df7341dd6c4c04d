"""Find the app's folder in its repository, which is the repository itself or a folder below."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import suppress

from slipway.domain import settings
from slipway.domain.app_files import (
    FILES_READ,
    PYTHON_APP_FILES,
    are_of_python_app,
    is_named_lock,
)
from slipway.domain.toml_text import Document, parse_toml, table_in
from slipway.domain.vendoring import submodules
from slipway.effects.files import AppFolder
from slipway.errors.app import SettingOutside
from slipway.errors.root import RootMissing, RootNotPython, SettingsOfRepository
from slipway.errors.stopped import BuildStopped
from slipway.steps.plan.check_files import refuse_dead_links
from slipway.steps.plan.find_vendored import check_submodules


def find_root(repository: AppFolder, environment: Mapping[str, str]) -> AppFolder:
    """Return the folder that the setting `root` names; the repository itself without it.

    Only the repository's own pyproject.toml and the variable can name it. The path is that
    without symbolic links.

    Raises RootMissing, RootNotPython, SettingsOfRepository, SettingInvalid, SettingOutside,
    OutsideTheApp, LinkDead, SubmoduleEmpty.
    """
    table = _table(repository)
    try:
        path, origin = settings.parse_root(table, environment) or ("", "")
    except SettingOutside as error:
        error.inside = _inside(repository, error.path)
        raise
    if not path:
        return repository
    others = {key: value for key, value in table.items() if key != "root"}
    if others and origin == settings.TABLE:
        lines = settings.lines_of(others)
        raise SettingsOfRepository(path=path, keys=(*others,), lines=lines)
    refuse_dead_links(repository, path)
    real_path = repository.real_path(path)
    if not are_of_python_app(repository.entries(path)):
        raise _unusable(repository, path, origin)
    return AppFolder(repository.root / real_path, repository.secrets, repository.root)


def files_without_effect(repository: AppFolder) -> tuple[str, ...]:
    """Return files at the top of a repository that would count if the app were there."""
    for_all = ("Procfile", submodules.FILE, settings.FILE)
    return tuple(name for name in FILES_READ if name not in for_all and repository.has(name))


def notices_about_root(app: AppFolder, document: Document) -> Iterator[str]:
    """Yield a notice for each thing that does not count, because the app is in a folder.

    `document` is the app's own pyproject.toml.
    """
    root, repository = app.path_in_repository, app.whole_repository
    if not root:
        return
    if "root" in table_in(document, "tool", "slipway"):
        yield (
            f"`root` in {root}/pyproject.toml has no effect: only pyproject.toml at the top of "
            "the repository and SLIPWAY_ROOT name the folder of the app"
        )
    others = [key for key in _table(repository) if key != "root"]
    if others:
        yield (
            "[tool.slipway] in pyproject.toml at the top of the repository has no effect, "
            f"because SLIPWAY_ROOT names {root}/: settings count in {root}/pyproject.toml"
        )
    if app.has("Procfile") and _text(app) == _text(repository):
        yield (
            f"The Procfile at the top of the repository is a copy of {root}/Procfile, but "
            f"platforms start its lines at the top. To start them in {root}/, remove the copy, "
            "or the buildpack that makes it"
        )
    elif app.has("Procfile") and repository.has("Procfile"):
        yield (
            f"{root}/Procfile has no effect, because platforms read the Procfile at the top of "
            "the repository, and start its lines there. To use the other one, remove it with "
            "`git rm Procfile`"
        )
    for name in (".profile", ".profile.d"):
        if app.is_at(name):
            yield (
                f"{root}/{name} has no effect: platforms read it only at the top of the "
                f"repository. To move it there, run `git mv {root}/{name} {name}`"
            )


def _text(folder: AppFolder) -> str | None:
    """Return the text of a folder's Procfile; `plan` reports one that cannot be read."""
    with suppress(BuildStopped):
        return folder.text("Procfile")
    return None


def _table(repository: AppFolder) -> Mapping[str, object]:
    """Return the settings of the repository; none if the file is invalid: `plan` reports it."""
    try:
        text = repository.text(settings.FILE) or ""
        return table_in(parse_toml(text, settings.FILE), "tool", "slipway")
    except BuildStopped:
        return {}


def _inside(repository: AppFolder, path: str) -> str:
    """Return the folder of a Python app with which a path out of the repository ends, if any.

    So `/backend`, `/app/backend` and `../shop/backend` mean `backend`.
    """
    parts = [part for part in posixpath.normpath(path).split("/") if part not in ("", "..")]
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    apps = (end for end in ends if are_of_python_app(repository.entries(end)))
    return next(apps, "")


def _unusable(repository: AppFolder, path: str, origin: str) -> RootMissing | RootNotPython:
    """Return the error for a path at which there is no Python app.

    Raises SubmoduleEmpty.
    """
    full = repository.root / path
    # Only errors need these modules.
    from difflib import get_close_matches

    from slipway.effects.subfolders import folders_with

    apps = tuple(folders_with(repository.root, PYTHON_APP_FILES, is_named_lock))
    if full.is_dir():
        check_submodules(AppFolder(full, repository.secrets, repository.root))
        found = repository.entries(path)
        return RootNotPython(path=path, origin=origin, found=found, apps=apps)
    names = [folder for folder, _ in apps]
    by_case = {name.casefold(): name for name in names}
    nearest = by_case.get(path.casefold()) or next(
        iter(get_close_matches(path, names, n=1)), ""
    )
    return RootMissing(
        path=path,
        origin=origin,
        is_file=os.path.exists(full),
        nearest=nearest,
        apps=apps,
    )
