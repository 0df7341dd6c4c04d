"""Compilers and build backends write the same bytes each time."""

from __future__ import annotations

import shlex
from pathlib import Path

from slipway.toolchains.tool_environment import (
    REPRODUCIBLE,
    compiler_variables,
    linker_variables,
)


def test_the_date_is_valid_in_a_zip_archive() -> None:
    assert int(REPRODUCIBLE["SOURCE_DATE_EPOCH"]) > 315532800  # 1980


def test_compilers_do_not_write_the_folder_of_a_build() -> None:
    found = compiler_variables({"CFLAGS": "-O3 -g", "RUSTFLAGS": "-C lto"}, Path("/srv/work"))
    assert found["CFLAGS"] == "-O3 -g -ffile-prefix-map=/srv/work=."
    assert found["CXXFLAGS"] == "-ffile-prefix-map=/srv/work=."
    assert found["RUSTFLAGS"] == "-C lto --remap-path-prefix=/srv/work=."


def test_compilers_write_neither_of_two_folders() -> None:
    found = compiler_variables({}, Path("/srv/work"), Path("/build/1"))
    assert found["CFLAGS"].split() == [
        "-ffile-prefix-map=/srv/work=.",
        "-ffile-prefix-map=/build/1=.",
    ]
    assert found["RUSTFLAGS"].count("--remap-path-prefix=") == 2


def test_a_folder_with_a_space_is_one_word() -> None:
    found = compiler_variables({}, Path("/srv/my work"))
    assert shlex.split(found["CFLAGS"]) == ["-ffile-prefix-map=/srv/my work=."]
    assert "RUSTFLAGS" not in found  # it cannot have quotes


def test_a_libpython_next_to_the_interpreter_is_found_by_linkers(tmp_path: Path) -> None:
    for name in ("bin/python3.12", "lib/libpython3.12.so"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    link = tmp_path / "python"
    link.symlink_to("bin/python3.12")
    folder = str(tmp_path / "lib")
    assert linker_variables({}, link) == {"LIBRARY_PATH": folder}
    own = {"LIBRARY_PATH": "/app/.apt/lib"}
    assert linker_variables(own, link) == {"LIBRARY_PATH": f"/app/.apt/lib:{folder}"}
    (tmp_path / "lib" / "libpython3.12.so").unlink()
    assert linker_variables(own, link) == {}
