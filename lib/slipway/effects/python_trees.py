"""Copies the files of a Python installation, makes them relocatable, and identifies them."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from slipway.effects.elf import needed_by, needed_from_system, run_paths, set_run_path
from slipway.effects.files import read, read_if_there, remove, walk_folders
from slipway.effects.reading import MOST_FILE, read_bytes

SITE_FOLDER = "site-folder.txt"
"""A file in each relocatable copy of a Python; lib/start.sh also knows copies by it."""
_HEADER = 16
"""Bytes of a .pyc: magic number, flags, then date and size of the source, or its hash.

https://peps.python.org/pep-0552/
"""
_BY_DATE, _UNCHECKED_HASH = (0).to_bytes(4, "little"), (1).to_bytes(4, "little")

_BUILD_PREFIX = "/install"
"""The prefix in archives of python-build-standalone, which uv replaces with the real one."""
_COMPILERS = ((r"'/[^']*/llvm-ar'", "'ar'"), (r"'clang\+\+", "'c++"), (r"'clang", "'cc"))
_NAME_THE_PREFIX = ("lib/python3.*/_sysconfigdata_*.py", "lib/pkgconfig/*.pc")


def copy_python(
    program: Path, prefix: Path, name: str, tree: Path, left_out: Iterable[str]
) -> None:
    """Copy the program, standard library and libpython of `python3.x` to `tree`.

    Whatever is at `tree` is replaced. Names in the standard library that match the
    patterns in `left_out` are not copied.
    """
    remove(tree)
    (tree / "bin").mkdir(parents=True)
    copy = tree / "bin" / name
    shutil.copy2(program, copy)
    for link in ("python3", "python"):
        (tree / "bin" / link).symlink_to(name)
    copy_standard_library(prefix / "lib" / name, tree / "lib" / name, left_out)
    # The libpython of a Python that is built with a shared library.
    folders = [*map(Path, run_paths(copy)), prefix / "lib"]
    for library in needed_from_system([copy.parent]):
        found = [folder / library for folder in folders if (folder / library).is_file()]
        if found and library.startswith("libpython"):
            real = found[0].resolve()
            shutil.copy2(real, tree / "lib" / real.name)


def find_libpython(program: Path, prefix: Path, name: str) -> Path | None:
    """Find a shared library of a Python by its name, such as `libpython3.12.so.1.0`."""
    library = prefix / "lib"
    for folder in (*map(Path, run_paths(program)), library, *library.glob("*-linux-gnu")):
        if (folder / name).is_file():
            return folder / name
    return None


def keep_libpythons(tree: Path, name: str, wanted: Iterable[Path]) -> bool:
    """Put shared libraries of a Python into its copy, and remove those of earlier builds.

    Those that the program of `python3.x` itself loads stay. Returns whether anything changed.
    """
    folder, changed = tree / "lib", False
    libraries = {path.name: path for path in wanted}
    for path in folder.glob("libpython*"):
        if path.name not in {*libraries, *needed_by(tree / "bin" / name)}:
            path.unlink()
            changed = True
    for library, path in libraries.items():
        copy = folder / library
        if not copy.exists():
            shutil.copy2(path, copy)
            copy.chmod(copy.stat().st_mode | 0o200)
            set_run_path(copy, "$ORIGIN")
            changed = True
    return changed


def copy_standard_library(source: Path, destination: Path, left_out: Iterable[str]) -> None:
    """Copy a standard library without names that match the patterns and broken links."""
    by_name = shutil.ignore_patterns(*left_out)

    def ignored(folder: str, names: list[str]) -> set[str]:
        # Not `ignore_dangling_symlinks`: it resolves a relative link's target in the cwd.
        dangling = {name for name in names if not os.path.exists(os.path.join(folder, name))}
        return {*by_name(folder, names), *dangling}

    shutil.copytree(source, destination, ignore=ignored, symlinks=False)


def set_run_paths(tree: Path) -> str | None:
    """Make each compiled file search for libraries in `tree`, not where it came from.

    Returns the name of the first file whose run path is too short to be replaced, or None.
    """
    for folder, _, names in walk_folders(tree):
        place = os.path.relpath(tree / "lib", folder)
        for name in names:
            path = Path(folder, name)
            if path.is_symlink() or not (".so" in name or path.parent == tree / "bin"):
                continue
            path.chmod(path.stat().st_mode | 0o200)
            if not set_run_path(path, os.path.join("$ORIGIN", place)):
                return name
    return None


def copy_bytecode(original: Path, copy: Path, magic: bytes, tag: str) -> bool:
    """Copy the bytecode of a standard library next to the modules of a copy.

    The copied bytecode is valid whatever the date of its module, because platforms change
    dates. Compiling the modules instead takes 3 s of processor time, a third of a cold build.

    Returns whether the bytecode was copied: for all modules or for none, so the content of a
    copy does not depend on which modules were imported before. `magic` and `tag` are those of
    the Python; bytecode of another Python, or of other source, is not copied.
    """
    if not (original / "__pycache__").is_dir():
        return False
    compiled: list[tuple[Path, bytes]] = []
    for module in copy.rglob("*.py"):
        source = original / module.relative_to(copy)
        name = f"{module.stem}.{tag}.pyc"
        try:
            bytecode = read_bytes(source.parent / "__pycache__" / name)
            status, digest = source.stat(), importlib.util.source_hash(read_bytes(source))
        except OSError:
            return False
        date_and_size = (int(status.st_mtime), status.st_size)
        fields = [(number & 0xFFFFFFFF).to_bytes(4, "little") for number in date_and_size]
        if bytecode[:_HEADER] != b"".join([magic, _BY_DATE, *fields]):
            return False
        content = b"".join([magic, _UNCHECKED_HASH, digest, bytecode[_HEADER:]])
        compiled.append((module.parent / "__pycache__" / name, content))
    for path, content in compiled:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return True


def forget_prefix(python: Path) -> None:
    """Remove the path where a managed Python was installed from its own files.

    The path changes when the cache moves. `sysconfig` gets the paths that matter to builds
    from the interpreter itself.
    """
    for path in (path for pattern in _NAME_THE_PREFIX for path in python.glob(pattern)):
        text = read(path)
        if str(python) in text:
            path.write_text(text.replace(str(python), _BUILD_PREFIX), "utf-8")


def build_of(python: Path, program: Path) -> str:
    """Identify one of several builds of a Python version, by its release date and a digest.

    The date is in uv's BUILD file; without that file, which mirrors may lack, it is 0.
    """
    digest = hashlib.sha256()
    for path in (program, *sorted((python / "lib").glob("libpython*.so*"))):
        digest.update(read_bytes(path, MOST_FILE))
    date = (read_if_there(python / "BUILD") or "").strip()
    return f"{date if re.fullmatch(r'[0-9]+', date) else 0}-{digest.hexdigest()[:12]}"


def rename_unless_there(made: Path, place: Path) -> None:
    """Rename a folder, unless a concurrent build has already put the same folder there.

    Raises OSError.
    """
    try:
        made.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def name_usual_compilers(python: Path) -> None:
    """Make a Python of python-build-standalone name the compilers that an image has.

    As downloaded, it names those of the machine that built it.
    https://github.com/astral-sh/python-build-standalone/issues/209
    """
    for path in python.glob("lib/python3.*/_sysconfigdata_*.py"):
        text = read(path)
        for pattern, usual in _COMPILERS:
            text = re.sub(pattern, usual, text)
        path.write_text(text, "utf-8")
