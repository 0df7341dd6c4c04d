"""Check that the checkout of an app has the content of its files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator

from slipway.domain.checkout import (
    SMALL,
    is_lfs_pointer,
    link_in_text,
    same_but_for_case,
    uses_lfs,
)
from slipway.domain.counting import counted
from slipway.effects.files import AppFolder
from slipway.errors.checkout import LfsPointers

_SHOWN = 3


def check_checkout(app: AppFolder, vendor_folders: Iterable[str]) -> Iterator[str]:
    """Yield a notice for each thing that a checkout has done to the files.

    Only the vendor folders are searched, and the whole app if it uses Git LFS.

    Raises LfsPointers if the content of vendored packages is missing.
    """
    folders = [*vendor_folders]
    small = [found for folder in folders for found in app.small_files(folder, SMALL)]
    pointers = [path for path, content in small if is_lfs_pointer(content)]
    if pointers:
        raise LfsPointers(paths=tuple(pointers))
    for path, content in small:
        target = link_in_text(content)
        place = posixpath.join(posixpath.dirname(path), target or "")
        if (
            target
            and posixpath.basename(target) not in ("", ".", "..")
            and posixpath.normpath(place) != path
            and os.path.exists(app.root / place)
        ):
            yield (
                f"{path} holds only the path {target}, so it may have been a symbolic link "
                f"that git wrote as a text file on Windows. To make it a link again, run "
                f"`git config core.symlinks true && rm {path} && git checkout {path}`, or "
                "replace it by a copy of its target"
            )
    for folder in folders:
        for names in same_but_for_case(app.entries(folder)):
            yield (
                f"{' and '.join(f'{folder}/{name}' for name in names)} differ only by case, so "
                "macOS and Windows cannot check out both. Rename or remove one with git"
            )
    attributes = {folder.root: folder for folder in (app.whole_repository, app)}.values()
    if any(uses_lfs(folder.text(".gitattributes") or "") for folder in attributes):
        pointers = [
            path for path, content in app.small_files("", SMALL) if is_lfs_pointer(content)
        ]
        if pointers:
            more = f" and {len(pointers) - _SHOWN} more" if len(pointers) > _SHOWN else ""
            yield (
                f"The app gets {counted(len(pointers), 'Git LFS pointer')} instead of the "
                f"content of {', '.join(pointers[:_SHOWN])}{more}, because the checkout has "
                "not downloaded it. Run `git lfs pull` before you deploy a folder, or store "
                "the files in git"
            )
