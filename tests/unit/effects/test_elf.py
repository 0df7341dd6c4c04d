"""The libraries that compiled files need are listed, and their run paths can be replaced."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from slipway.effects.elf import (
    files_that_embed_python,
    needed_from_system,
    note_shared_libraries,
    run_paths,
    set_run_path,
    shared_libraries,
)

OLD = "/a/place/that/is/long/enough/to/be/overwritten"


def build(library: Path, *options: str, source: str = "int one(void) { return 1; }") -> Path:
    code = library.with_suffix(".c")
    code.write_text(source)
    subprocess.check_call(["cc", "-shared", "-fPIC", "-o", library, code, *options])
    return library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Build a library that needs another one, as in a package with its own libraries."""
    below = tmp_path / "root" / "lib"
    below.mkdir(parents=True)
    build(below / "libown.so.1", "-Wl,-soname,libown.so.1", "-Wl,--no-as-needed", "-lm")
    build(
        below / "module.so",
        f"-Wl,-rpath,{OLD}",
        str(below / "libown.so.1"),
        source="int one(void); int two(void) { return one() + 1; }",
    )
    return tmp_path / "root"


def test_libraries_outside_the_folder_are_needed_from_the_system(root: Path) -> None:
    assert needed_from_system([root]) == ("libc.so.6", "libm.so.6")
    (root / "lib" / "libown.so.1").unlink()
    assert needed_from_system([root]) == ("libown.so.1",)


def test_pyelftools_finds_the_same(tmp_path: Path) -> None:
    """The files are this Python's own modules, and those of installed packages."""
    files = {path for prefix in (sys.base_prefix, sys.prefix) for path in modules_in(prefix)}
    assert len(files) > 20
    for file in sorted(files):
        tags = tags_of(file)
        texts = [text for kind, text in tags if kind in ("DT_RPATH", "DT_RUNPATH")]
        assert run_paths(file) == texts, file
        alone = tmp_path / file.name
        alone.mkdir()
        shutil.copy(file, alone)
        own = {file.name, *(text for kind, text in tags if kind == "DT_SONAME")}
        needed = {text for kind, text in tags if kind == "DT_NEEDED"}
        assert needed_from_system([alone]) == tuple(sorted(needed - own)), file
        shutil.rmtree(alone)


def tags_of(file: Path) -> list[tuple[str, str]]:
    names = {"DT_NEEDED": "needed", "DT_SONAME": "soname", "DT_RPATH": "rpath"}
    names["DT_RUNPATH"] = "runpath"
    with file.open("rb") as stream:
        return [
            (tag.entry.d_tag, getattr(tag, names[tag.entry.d_tag]))
            for segment in ELFFile(stream).iter_segments("PT_DYNAMIC")
            if isinstance(segment, DynamicSegment)
            for tag in segment.iter_tags()
            if tag.entry.d_tag in names
        ]


def modules_in(prefix: str) -> list[Path]:
    return sorted(Path(prefix, "lib").glob("python3*/**/*.so"))


def test_programs_are_read_but_links_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), tmp_path / "bin" / "python")
    (tmp_path / "bin" / "link").symlink_to("/usr/bin/gone")
    (tmp_path / "bin" / "script").write_text("#!/bin/sh")
    (tmp_path / "bin" / "empty").touch()
    (tmp_path / "broken.so").write_bytes(b"\x7fELF and no more")
    assert "libc.so.6" in needed_from_system([tmp_path])


def test_the_lists_of_several_folders_are_combined(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "shared-libraries.txt").write_text("libz.so.1\nlibc.so.6\n")
    assert note_shared_libraries(root) == ("libc.so.6", "libm.so.6")
    found = shared_libraries(root, other, tmp_path / "gone")
    assert found == ("libc.so.6", "libm.so.6", "libz.so.1")


def test_a_library_is_found_by_its_new_run_path(root: Path, tmp_path: Path) -> None:
    module = root / "lib" / "module.so"
    assert run_paths(module) == [OLD]
    assert set_run_path(module, "$ORIGIN/../lib")
    assert run_paths(module) == ["$ORIGIN/../lib"]
    root.rename(tmp_path / "moved")
    assert ctypes.CDLL(str(tmp_path / "moved" / "lib" / "module.so")).two() == 2


def test_a_run_path_that_is_too_short_is_not_replaced(root: Path) -> None:
    module = root / "lib" / "module.so"
    before = module.read_bytes()
    assert not set_run_path(module, "$ORIGIN/" + "x" * len(OLD))
    assert module.read_bytes() == before


def test_a_file_without_a_run_path_is_not_changed(root: Path) -> None:
    library = root / "lib" / "libown.so.1"
    before = library.read_bytes()
    assert set_run_path(library, "$ORIGIN")
    assert library.read_bytes() == before
    assert run_paths(library) == []


def test_a_file_without_a_dynamic_section_needs_no_libraries(tmp_path: Path) -> None:
    code = tmp_path / "a.c"
    code.write_text("int one(void) { return 1; }")
    subprocess.check_call(["cc", "-c", "-o", tmp_path / "a.so", code])
    assert set_run_path(tmp_path / "a.so", "$ORIGIN")
    assert needed_from_system([tmp_path]) == ()


def test_files_that_start_a_python_are_found(root: Path) -> None:
    """Modules for Python call many of its functions, and define `PyInit_...`."""
    starts = "int Py_InitializeFromConfig(void *); int one(void) { %s }"
    build(root / "lib" / "host.so", source=starts % "return Py_InitializeFromConfig(0);")
    build(
        root / "lib" / "other.so",
        source="int Py_IncRef(void *); int PyInit_other(void) "
        '{ return Py_IncRef(0); } const char *name = "Py_Initialize";',
    )
    (root / "lib" / "text.so").write_bytes(b"\0Py_Initialize\0")
    assert files_that_embed_python(root) == ("lib/host.so",)
