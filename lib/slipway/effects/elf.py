"""What compiled files ask the system's loader for, and where they look."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.effects.files import read_if_there, write

if TYPE_CHECKING:
    from elftools.elf.dynamic import DynamicTag
    from elftools.elf.elffile import ELFFile

# elftools is loaded where it is used: it takes 50 ms, and an unchanged build does without it.

LIST = "shared-libraries.txt"


def note_shared_libraries(root: Path) -> tuple[str, ...]:
    """Write into a folder which of the system's libraries its files need, one a line."""
    needed = needed_from_system([root])
    write(root / LIST, render_libraries(needed))
    return needed


def render_libraries(names: Iterable[str]) -> str:
    """Write the names as `shared_libraries` reads them."""
    return "".join(f"{name}\n" for name in names)


def shared_libraries(*roots: Path) -> tuple[str, ...]:
    """Read what was noted in the folders, those that are there."""
    lists = (read_if_there(root / LIST) or "" for root in roots)
    return tuple(sorted({name for text in lists for name in text.split()}))


def needed_from_system(roots: Iterable[Path]) -> tuple[str, ...]:
    """Name the shared libraries that files below the roots need and none of them is."""
    needed: set[str] = set()
    own: set[str] = set()
    for root in roots:
        for path in _compiled_files(root):
            own.add(path.name)
            found = _values(path, ("DT_NEEDED", "DT_SONAME"))
            needed.update(found["DT_NEEDED"])
            own.update(found["DT_SONAME"])
    return tuple(sorted(needed - own))


def _compiled_files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        has_programs = os.path.basename(folder) == "bin"
        for name in names if has_programs else (name for name in names if ".so" in name):
            path = Path(folder, name)
            if not path.is_symlink():
                yield path


def _values(path: Path, tags: Sequence[str]) -> dict[str, list[str]]:
    """Give the texts of these tags: nothing for what is no ELF file, or a broken one."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    values: dict[str, list[str]] = {tag: [] for tag in tags}
    with path.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return values
        try:
            found = [*_tags(ELFFile(stream))]
        except ELFError:
            return values
        for tag in found:
            kind = tag.entry.d_tag
            if kind in values:
                values[kind].append(str(getattr(tag, kind.removeprefix("DT_").lower())))
    return values


def _tags(file: ELFFile) -> Iterator[DynamicTag]:
    from elftools.elf.dynamic import DynamicSegment

    # By segments, of which there are few: to find a section by its name, all have to be read.
    for segment in file.iter_segments("PT_DYNAMIC"):
        if isinstance(segment, DynamicSegment):
            yield from segment.iter_tags()


def set_run_path(path: Path, run_path: str) -> bool:
    """Make a file look for its libraries in `run_path`, in place of where it did.

    The old text is overwritten, so that nothing in the file moves; False says that it is
    too short for that. A file without a run path needs none: True.
    """
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    with path.open("r+b") as stream:
        file = ELFFile(stream)
        section = file.get_section_by_name(".dynamic")
        if not isinstance(section, DynamicSection):
            return True
        strings = file.get_section(section["sh_link"])["sh_offset"]
        for tag in section.iter_tags():
            if tag.entry.d_tag not in ("DT_RUNPATH", "DT_RPATH"):
                continue
            old = str(getattr(tag, tag.entry.d_tag.removeprefix("DT_").lower()))
            if len(old) < len(run_path):
                return False
            stream.seek(strings + tag["d_val"])
            stream.write(run_path.encode().ljust(len(old), b"\0"))
    return True


def run_paths(path: Path) -> list[str]:
    """Give the folders in which a file looks for its libraries before the usual ones."""
    found = _values(path, ("DT_RUNPATH", "DT_RPATH"))
    return [*found["DT_RUNPATH"], *found["DT_RPATH"]]
