"""What a checkout may have written instead of the content of a file."""

from __future__ import annotations

from collections.abc import Iterable

SMALL = 255
"""Bytes: neither a Git LFS pointer nor the path of a link is longer."""

_POINTER = b"version https://git-lfs.github.com/spec/"


def is_lfs_pointer(content: bytes) -> bool:
    """Tell whether a file holds the address of its content, which Git LFS stores elsewhere.

    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    return content.startswith(_POINTER)


def uses_lfs(gitattributes: str) -> bool:
    """Tell whether a .gitattributes file assigns any files to Git LFS."""
    return "filter=lfs" in gitattributes


def link_in_text(content: bytes) -> str | None:
    """Return the path if a file holds nothing else, not even a newline.

    On Windows, git writes a symbolic link as such a file, and who then copies the folder or
    commits the file elsewhere loses the link:
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-coresymlinks
    """
    text = content.decode("utf-8", "replace")
    is_path = text.isprintable() and " " not in text and not text.startswith("/")
    return text if text and is_path else None


def same_but_for_case(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Group names that are one name on a disk that ignores case, as on macOS and Windows."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.casefold(), []).append(name)
    return [tuple(sorted(group)) for group in groups.values() if len(group) > 1]
