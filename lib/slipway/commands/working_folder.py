"""What a platform would get of the folder in which somebody works on an app."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from slipway.composition import compose_processes
from slipway.domain.app_files import FILES_READ
from slipway.domain.redaction import printable
from slipway.effects.console import Console
from slipway.effects.files import copy_files, copy_folder, scratch
from slipway.effects.packages.git import Git, WorkTree

_NOT_COPIED = (".git", ".slipway", "__pycache__", "node_modules")
"""Names that are left out where git cannot say what belongs to the app."""
_NAMED = 3
"""How many of the files that are left out a warning names."""


def copy_app(
    app: Path, destination: Path, environment: Mapping[str, str], console: Console
) -> None:
    """Copy the files that git would ship; without a repository, all but generated ones."""
    tree = _work_tree(app, environment, console)
    if tree is None:
        copy_folder(app, destination, without=_NOT_COPIED)
    else:
        _copy(app, destination, tree, console)


@contextmanager
def shipped_files(
    app: Path, environment: Mapping[str, str], console: Console
) -> Iterator[Path]:
    """Yield a temporary copy of the files that git would ship; without git, the app itself."""
    tree = _work_tree(app, environment, console)
    if tree is None:
        yield app
        return
    with scratch("app") as folder:
        copy = folder / (app.name or "app")
        _copy(app, copy, tree, console)
        yield copy


def _work_tree(app: Path, environment: Mapping[str, str], console: Console) -> WorkTree | None:
    return Git(compose_processes(console), environment).work_tree(app)


def _copy(app: Path, destination: Path, tree: WorkTree, console: Console) -> None:
    """Copy files of a working folder, and log which are left out."""
    submodules = frozenset(tree.submodules)
    copy_files(app, destination, (name for name in tree.files if name not in submodules))
    for name in submodules:
        # Empty, unless its own files have just been copied into it.
        (destination / name).mkdir(parents=True, exist_ok=True)
    if not tree.is_tracked:
        console.info(
            "git tracks no file of the app yet, so all files that it does not ignore are used. "
            "Platforms get only files that are committed"
        )
    if tree.left_out:
        console.warning(_left_out(tree.left_out))
    given = {*tree.files, *tree.left_out}
    ignored = [name for name in FILES_READ if name not in given and (app / name).is_file()]
    if ignored:
        console.warning(_ignored(ignored))


def _ignored(names: Sequence[str]) -> str:
    return (
        f"Left out, because git ignores it: {', '.join(names)}. To include such files, run "
        f"`git add -f {shlex.join(names)}` in the folder of the app"
    )


def _left_out(names: tuple[str, ...]) -> str:
    named = ", ".join(printable(name) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    is_short = not more and all(printable(name) == name for name in names)
    what = shlex.join(names) if is_short else "."
    return (
        f"Left out, because git does not track it: {named}{more}. To include such files, run "
        f"`git add {what}` in the folder of the app"
    )
