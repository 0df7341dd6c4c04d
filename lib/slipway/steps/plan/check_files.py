"""Check that each file that decides something has its name and can be read as what it is."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from shlex import quote

from slipway.domain.app_files import FILES_READ, misspelled, path_instead_of_content
from slipway.domain.checkout import is_lfs_pointer, same_but_for_case
from slipway.domain.layout import IN_APP
from slipway.domain.locks.formats import FORMATS
from slipway.domain.requirements.dependencies import DEPENDENCY_FILES, Dependencies
from slipway.domain.settings import Settings
from slipway.domain.unread_files import is_of_another_tool
from slipway.domain.vendoring.packages import Vendoring
from slipway.effects.files import AppFolder
from slipway.errors.app import (
    FileIsLfsPointer,
    FileUndecodable,
    LinkDead,
    LinkWrittenAsText,
    NotAFile,
    NotAFolder,
)
from slipway.errors.vendored import OutsideTheApp

_MAY_BE_UTF16 = frozenset(
    {"requirements.txt", "requirements.in", ".python-version", "runtime.txt"}
)
"""Only Slipway and pip read these files, and they understand UTF-16."""
_EFFECTS_OF_MARKS = {
    "Procfile": "which platforms that read it themselves, such as Dokku, take for a part of "
    "the name of the first process type",
    "pyproject.toml": "which other tools that read TOML do not accept",
    "setup.cfg": "which setuptools does not accept",
}
"""What a byte order mark does in files that others read too."""
_LOCKS = tuple(one.pattern for one in FORMATS if "*" not in one.pattern)
_UTF8_MARK = b"\xef\xbb\xbf"
_FOLDERS_OF_SCRIPTS = frozenset({"bin/", "hooks/", "scripts/"})
"""Where a hook may be that is not in its place."""
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def check_files(app: AppFolder) -> Iterator[str]:
    """Check the files with fixed names at the top of the app; yield notices.

    Raises LinkDead, OutsideTheApp, FileUnreadable, FileUndecodable, LinkWrittenAsText,
    FileIsLfsPointer.
    """
    present = {*app.entries()}
    for name in FILES_READ:
        if {name, f"{name}/"} & present or (posixpath.dirname(name) and app.is_at(name)):
            check_file(app, name)
            yield from _marked(app, name)
    if os.path.islink(app.root / "bin") and not os.path.exists(app.root / "bin"):
        target = os.readlink(app.root / "bin")
        yield (
            f"bin is a symbolic link to {target}, which does not exist in the app, so no hook "
            "in it runs. To remove it, run `git rm bin`"
        )


def refuse_dead_links(app: AppFolder, path: str) -> None:
    """Stop if a symbolic link along a path leads to nothing.

    Raises LinkDead.
    """
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        link = "/".join(parts[:end])
        if os.path.islink(app.root / link) and not os.path.exists(app.root / link):
            raise LinkDead(file=link, target=os.readlink(app.root / link))


def refuse_files_as_folders(app: AppFolder, names: Iterable[str]) -> None:
    """Stop if a build could not write into these folders of the app.

    Slipway's own folder is never a link, because a build removes what it does not need there.

    Raises NotAFolder.
    """
    for name in names:
        full = app.root / name
        is_elsewhere = app.target_outside(name) or (name == IN_APP and full.is_symlink())
        if os.path.lexists(full) and (not full.is_dir() or is_elsewhere):
            raise NotAFolder(path=name)


def refuse_folder_as_file(app: AppFolder, name: str) -> None:
    """Stop if a build could not write a file of the app, because a folder has its name.

    Raises NotAFile.
    """
    full = app.root / name
    if full.is_dir() and not full.is_symlink():  # a link is replaced
        raise NotAFile(path=name)


def check_file(app: AppFolder, name: str) -> None:
    """Stop if a file that a build needs cannot be read as what its name says.

    Raises as check_files.
    """
    refuse_dead_links(app, name)
    full = app.root / name
    if os.path.islink(full):
        outside = app.target_outside(name)
        if outside is not None:
            raise OutsideTheApp(path=name, target=outside)
    app.refuse_unreadable(name)
    start = app.start_of(name)
    if is_lfs_pointer(start):
        raise FileIsLfsPointer(file=name)
    if start.startswith(_UTF16_MARKS) and name in FILES_READ and name not in _MAY_BE_UTF16:
        raise FileUndecodable(file=name, line=1, encoding="UTF-16")
    folder = posixpath.dirname(name)
    target = path_instead_of_content(name, start.decode("utf-8", "replace"), app.has)
    if target is not None:
        is_in_app = app.has(posixpath.normpath(posixpath.join(folder, target)))
        raise LinkWrittenAsText(file=name, target=target, is_in_app=is_in_app)


def _marked(app: AppFolder, name: str) -> Iterator[str]:
    """Yield a notice about a byte order mark that other readers of the file do not expect."""
    effect = _EFFECTS_OF_MARKS.get(name)
    if effect and app.start_of(name).startswith(_UTF8_MARK):
        yield (
            f"{name} begins with a byte order mark (BOM), {effect}. To remove it, run "
            f"`sed -i '1s/^\\xef\\xbb\\xbf//' {name}`, or save the file as UTF-8 without BOM"
        )


def misspelled_files(
    app: AppFolder, settings: Settings, dependencies: Dependencies, vendoring: Vendoring
) -> Iterator[str]:
    """Yield a notice for each file whose name is probably not the one that is meant."""
    entries = [
        name for name in app.entries() if name in FILES_READ or not is_of_another_tool(name)
    ]
    hooks = [
        f"{folder}{name}"
        for folder in entries
        if folder.casefold() in _FOLDERS_OF_SCRIPTS
        for name in app.entries(folder)
    ]
    used = {
        *dependencies.files,
        settings.manage_py or "",
        *(f"{package.path.partition('/')[0]}/" for package in vendoring.packages),
    }
    for name, right in misspelled(
        [*entries, *hooks], _would_count(app, settings, dependencies)
    ):
        if name not in used and not app.is_at(right):
            yield (
                f"{name} has no effect. If it is meant to be {right}, rename it with "
                f"`{_move(name.rstrip('/'), right.rstrip('/'))}`"
            )
    for group in same_but_for_case(entries):
        for name in {*group}.intersection((*FILES_READ, "vendor/")):
            if not used.intersection({*group} - {name}):
                yield (
                    f"{' and '.join(group)} differ only by case, so macOS and Windows cannot "
                    f"check out both. Slipway reads only {name}; delete or rename the other "
                    "with git"
                )


def _would_count(
    app: AppFolder, settings: Settings, dependencies: Dependencies
) -> Iterator[str]:
    """Yield the names that would have an effect if a file had them."""
    # Other tools also read mise's files, under these names only.
    ignored = {"mise.toml", ".mise.toml"}
    if settings.python_version is not None:
        ignored |= {".python-version", "runtime.txt", ".tool-versions"}
    if app.has(".python-version"):
        ignored |= {"runtime.txt", ".tool-versions"}
    if settings.manage_py is not None:
        ignored.add("manage.py")
    if settings.vendor_origin is not None:
        ignored.add("vendor/")
    # Only the first of the files with dependencies counts; pyproject.toml also has settings.
    sources = [name for name in (*_LOCKS, *DEPENDENCY_FILES) if name != "pyproject.toml"]
    origin = dependencies.origin
    order = (*_LOCKS, *DEPENDENCY_FILES)
    after = order.index(origin) if origin in order else -1
    ignored |= {name for name in sources if order.index(name) > after}
    yield from (name for name in (*FILES_READ, "vendor/") if name not in ignored)


def _move(name: str, right: str) -> str:
    folder = posixpath.dirname(right)
    is_new = folder and posixpath.dirname(name) != folder
    return f"{f'mkdir -p {folder} && ' if is_new else ''}git mv {quote(name)} {right}"
