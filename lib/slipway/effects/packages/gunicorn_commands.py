"""The old commands of Gunicorn in a virtual environment, which no package has any more.

Their files belong to no distribution, so no RECORD lists them. Nothing else has files of these
names, except versions of Gunicorn that have the commands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from slipway.effects.files import (
    OF_OTHER_BUILDPACKS,
    read,
    read_if_there,
    remove,
    walk,
    write,
)
from slipway.effects.packages.console_scripts import console_scripts
from slipway.effects.packages.virtualenvs import Virtualenv

RUN_GUNICORN = "run_gunicorn"
"""A command of manage.py."""
GUNICORN_DJANGO = "gunicorn_django"
"""A program."""

_MODULE = "slipway_gunicorn.py"
_ENTRY_POINT = "[console_scripts]\ngunicorn_django = slipway_gunicorn:gunicorn_django\n"
_FOLDER = "gunicorn_commands"
"""The folder in lib/runtime."""
_NOT_OF_THE_PROJECT = OF_OTHER_BUILDPACKS | {".git", ".slipway", "node_modules", "__pycache__"}


def missing_commands(
    environment: Virtualenv, app: Path, commands: Collection[str]
) -> frozenset[str]:
    """Return those of these commands that neither the packages nor the app's files have.

    None is missing if Django or Gunicorn is not installed, which could not serve anything.
    """
    site = environment.site_packages
    if not _django_commands(environment).is_dir() or not (site / "gunicorn").is_dir():
        return frozenset()
    missing = set(commands)
    file = f"management/commands/{RUN_GUNICORN}.py"
    if RUN_GUNICORN in missing and (
        any(site.glob(f"*/{file}"))
        or any(str(path).endswith(f"/{file}") for path in walk(app, _NOT_OF_THE_PROJECT))
    ):
        missing.remove(RUN_GUNICORN)
    program = environment.bin / GUNICORN_DJANGO
    if program.exists() and not _is_own(program):
        missing.discard(GUNICORN_DJANGO)
    return frozenset(missing)


def provide_commands(environment: Virtualenv, runtime: Path, commands: Collection[str]) -> bool:
    """Write the files of these commands, and remove those of the others; tell if any changed.

    `runtime` is the folder lib/runtime.
    """
    if not commands:
        return remove_commands(environment)
    content = {_module(environment): read(runtime / _FOLDER / _MODULE)}
    if RUN_GUNICORN in commands:
        content[_command(environment)] = read(runtime / _FOLDER / f"{RUN_GUNICORN}.py")
    if GUNICORN_DJANGO in commands:
        script = console_scripts(_ENTRY_POINT)[GUNICORN_DJANGO].decode()
        content[environment.bin / GUNICORN_DJANGO] = script
    is_changed = False
    for path in _own_files(environment):
        if path not in content:
            remove(path)
            is_changed = True
    for path, text in content.items():
        if read_if_there(path) != text:
            write(path, text, mode=0o755 if path.parent == environment.bin else 0o644)
            is_changed = True
    return is_changed


def remove_commands(environment: Virtualenv) -> bool:
    """Remove all files that `provide_commands` has written; tell if there were any."""
    if not _module(environment).exists():
        return False
    for path in _own_files(environment):
        remove(path)
    return True


def _own_files(environment: Virtualenv) -> Iterator[Path]:
    program = environment.bin / GUNICORN_DJANGO
    for path in (_command(environment), program, _module(environment)):
        if _is_own(path):
            yield path


def _is_own(path: Path) -> bool:
    return path.name == _MODULE or "slipway_gunicorn" in (read_if_there(path) or "")


def _module(environment: Virtualenv) -> Path:
    return environment.site_packages / _MODULE


def _command(environment: Virtualenv) -> Path:
    return _django_commands(environment) / f"{RUN_GUNICORN}.py"


def _django_commands(environment: Virtualenv) -> Path:
    return environment.site_packages / "django/core/management/commands"
