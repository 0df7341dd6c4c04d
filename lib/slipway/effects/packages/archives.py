"""Source archives, looked into and unpacked without trusting them.

Each member is checked here, because the oldest Python that Slipway runs on has a tarfile
without extraction filters, and zipfile has none at all.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from slipway.effects.packages.archive_members import (
    MOST_UNPACKED,
    TOO_LARGE,
    Flawed,
    Member,
    opened,
    parts,
    printable,
)
from slipway.errors.vendored import ArchiveUnsafe, VendoredBroken

_MOST_READ = 1024**2
"""Bytes of a file that `top_files` reads; what says how to build a package is smaller."""
_MOST_LINKS = 40
"""Links on one path, as Linux has it."""
_DATE = 946684800
"""Seconds: 2000-01-01. A wheel, as a zip, can hold no date before 1980."""

_Place = tuple[str, ...]
_Tree = dict[_Place, Member]
"""What an archive leaves, by path; of two members at one path the last counts."""


def top_files(archive: Path, names: Iterable[str]) -> Mapping[str, str] | None:
    """Give the texts of those files that lie at the archive's source root.

    That is its only top folder, or its root if there is anything beside it. None if this is no
    archive; one that is cut short has what is before the cut.
    """
    wanted = frozenset(names)
    places: set[_Place] = set()
    texts: dict[_Place, str] = {}
    # What is wrong with it is said by `unpack`.
    with suppress(Flawed, OSError), opened(archive) as members:
        for member in members:
            place = member.path
            if ".." in place:
                continue
            places.add((*place, "") if member.kind == "folder" else place)
            if len(place) in (1, 2) and place[-1] in wanted:
                texts.update(_text(member))
    if not places:
        return None
    root = _source_root(places)
    return {place[-1]: text for place, text in texts.items() if place[:-1] == root}


def _text(member: Member) -> Mapping[_Place, str]:
    if member.kind != "file" or member.size > _MOST_READ:
        return {}
    return {member.path: member.content().decode("utf-8-sig", "replace")}


def unpack(archive: Path, into: Path, shown: str) -> Path:
    """Unpack an archive into an empty folder, and give the source root in it.

    Nothing is written before every member was found right, and links are written last, so that
    nothing is written through one. Modes are 644 or 755. All files get one date, lest one look
    older than what it was generated from.

    Raises ArchiveUnsafe, VendoredBroken; both name the archive as it is `shown`.
    """
    try:
        with opened(archive) as members:
            tree = _checked(members, shown)
            folders = _folders(tree)
            for place in sorted(folders):
                folder = into.joinpath(*place)
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)
            for place, member in sorted(tree.items(), key=lambda item: item[1].kind == "link"):
                _write(member, into.joinpath(*place))
    except Flawed as error:
        raise VendoredBroken(path=shown, reason=str(error)) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        reason = "it holds a file whose name is too long"
        raise VendoredBroken(path=shown, reason=reason) from None
    return into.joinpath(*_source_root({*tree, *((*place, "") for place in folders)}))


def _folders(tree: _Tree) -> set[_Place]:
    """Give all that are to be made, those included that no member names."""
    above = {place[:end] for place in tree for end in range(len(place))}
    return {(), *above, *(place for place, member in tree.items() if member.kind == "folder")}


def _write(member: Member, path: Path) -> None:
    if member.kind == "link":
        path.symlink_to(member.target)
    elif member.kind == "file":
        with member.stream() as source, path.open("xb") as destination:
            shutil.copyfileobj(source, destination)
        path.chmod(0o755 if member.is_program else 0o644)
        os.utime(path, (_DATE, _DATE))


def _checked(members: Iterable[Member], shown: str) -> _Tree:
    """Give what is to be written, hard links as copies; raises ArchiveUnsafe."""
    tree: _Tree = {}
    for member in members:
        reason = _flaw(member, tree)
        if reason:
            raise ArchiveUnsafe(path=shown, member=printable(member.name), reason=reason)
        if member.path:
            is_copy = member.kind == "hard link"
            tree[member.path] = tree[parts(member.target)] if is_copy else member
    if sum(member.size for member in tree.values()) > MOST_UNPACKED:
        raise Flawed(TOO_LARGE)  # by its copies
    for place, member in tree.items():
        reason = _flaw_among(tree, place, member)
        if reason:
            raise ArchiveUnsafe(path=shown, member=printable("/".join(place)), reason=reason)
    return tree


def _flaw(member: Member, before: _Tree) -> str | None:
    """Say what is wrong with a member by itself; a hard link means a file before it."""
    if member.name.startswith("/"):
        return "its path is absolute"
    if ".." in member.path:
        return "its path leads upwards, with `..`"
    if member.kind == "special":
        return "it is a device, a pipe or something else that is no file"
    if member.kind == "hard link":
        meant = before.get(parts(member.target))
        if member.target.startswith("/") or meant is None or meant.kind != "file":
            return f"it is a link to {printable(member.target)}, which is no file before it"
    return None


def _flaw_among(tree: _Tree, place: _Place, member: Member) -> str | None:
    """Say what is wrong with a member, seen beside all others."""
    for end in range(1, len(place)):
        above = tree.get(place[:end])
        if above and above.kind == "link":
            return f"it lies behind the link {printable('/'.join(place[:end]))}"
        if above and above.kind == "file":
            reason = f"{printable('/'.join(place[:end]))} is a file in it, and a folder too"
            raise Flawed(reason)
    if member.kind == "link" and _end(place, tree) is None:
        return f"it is a link to {printable(member.target)}, which leads out of the archive"
    return None


def _end(place: _Place, tree: _Tree, links: int = _MOST_LINKS) -> _Place | None:
    """Follow all links on a path as the system would; None if they lead out, or nowhere."""
    here: _Place = ()
    for number, part in enumerate(place, start=1):
        if part == "..":
            if not here:
                return None
            here = here[:-1]
            continue
        member = tree.get((*here, part))
        if member and member.kind == "link":
            if not links or not member.target or member.target.startswith("/"):
                return None
            return _end((*here, *parts(member.target), *place[number:]), tree, links - 1)
        here = (*here, part)
    return here


def _source_root(places: Iterable[_Place]) -> _Place:
    """Give the only top folder; what macOS adds to archives does not count."""
    seen = [place for place in places if place and not _is_litter(place[0])]
    tops = {place[0] for place in seen}
    return tuple(tops) if len(tops) == 1 and any(len(place) > 1 for place in seen) else ()


def _is_litter(top: str) -> bool:
    return top in ("", "__MACOSX") or top.startswith("._")
