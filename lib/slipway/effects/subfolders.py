"""Find the folders of an app that contain files with certain names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from slipway.effects.files import AppFolder

_DEPTH = 3
_MOST_FOLDERS = 500
_SKIPPED = frozenset(
    {"node_modules", "vendor", "requirements", "site-packages", "__pycache__", "bin"}
)


def folders_with(
    root: Path, names: Collection[str], is_wanted: Callable[[str], bool] | None = None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each folder below the root that has some of the files: its path, and their names.

    `is_wanted` accepts names of more files.

    Folders nearer to the root come first; those below a folder that is found, hidden ones and
    those of installed packages are left out.
    """
    app, level, seen = AppFolder(root), [""], 0
    for _ in range(_DEPTH):
        below: list[str] = []
        for folder in level:
            seen += 1
            if seen > _MOST_FOLDERS:
                return
            files, folders = _entries(app, folder)
            found = tuple(name for name in names if name in files)
            found += tuple(filter(is_wanted, sorted(files))) if is_wanted else ()
            if found and folder:
                yield folder, found
            else:
                below += [f"{folder}/{name}" if folder else name for name in folders]
        level = below


def _entries(app: AppFolder, folder: str) -> tuple[frozenset[str], list[str]]:
    """Return the names of the files in a folder, and those of the folders to look into."""
    found = app.scan(folder)
    files = frozenset(entry.name for entry in found if entry.is_file(follow_symlinks=False))
    folders = [
        entry.name
        for entry in found
        if entry.is_dir(follow_symlinks=False)
        and not entry.name.startswith(".")
        and entry.name not in _SKIPPED
    ]
    return files, folders
