"""The libraries of an app are read once, and programs that embed Python find theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.effects import Effects
from slipway.effects.elf import LIST
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.steps.context import BuildContext
from slipway.steps.shared_libraries import provide_libraries
from unit.fakes import FakeToolchain, context_with, effects_with, logged
from unit.samples import PYTHON, write_files

LIBPYTHON = "libpython3.13.so.1.0"
CODE = "int Py_BytesMain(int, char **); int main(void) { return Py_BytesMain(0, 0); }"


def library(folder: Path, name: str, code: str, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code.c").write_text(code)
    argv = ["cc", "-shared", "-fPIC", "-o", name, "code.c", *options]
    subprocess.check_call([*argv, f"-Wl,-soname,{name}"], cwd=folder)
    (folder / "code.c").unlink()
    return folder / name


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Make a Python with a libpython that needs the library of mathematics."""
    code = "int Py_BytesMain(int a, char **b) { return a; }"
    lib = tmp_path / "prefix" / "lib"
    library(lib, LIBPYTHON, code, "-Wl,--no-as-needed", "-lm")
    (tmp_path / "prefix" / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), tmp_path / "prefix" / "bin" / "python3.13")
    return tmp_path / "prefix"


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


@pytest.fixture
def context(tmp_path: Path, prefix: Path, effects: Effects) -> BuildContext:
    """Return a build with a bundled Python, which does not need its libpython itself."""
    python = replace(PYTHON, path=f"{prefix}/bin/python3.13", prefix=str(prefix))
    made = context_with(tmp_path / "app", effects, FakeToolchain(), interpreter=python)
    write_files(
        made.layout.python,
        {
            LIST: "libffi.so.8\nlibc.so.6\n",
            "site-folder.txt": "lib/python3.13/site-packages\n",
            "lib/python3.13/os.py": "",
        },
    )
    (made.layout.python / "bin").mkdir()
    shutil.copy(prefix / "bin" / "python3.13", made.layout.python / "bin" / "python3.13")
    made.virtualenv.site_packages.mkdir(parents=True)
    made.virtualenv.bin.mkdir()
    return replace(made, is_python_bundled=True)


def embed(virtualenv: Virtualenv, prefix: Path) -> None:
    """Install a program that embeds Python."""
    code = prefix.parent / "program.c"
    code.write_text(CODE)
    libpython = prefix / "lib" / LIBPYTHON
    subprocess.check_call(["cc", "-o", virtualenv.bin / "harbour", code, libpython])


def test_libraries_of_the_python_and_the_packages_are_merged(
    context: BuildContext,
) -> None:
    library(context.virtualenv.site_packages, "one.so", "", "-Wl,--no-as-needed", "-lm")
    found = provide_libraries(context, "key")
    assert found.libpython is None
    assert found.of_the_image == ("libc.so.6", "libffi.so.8", "libm.so.6")
    assert not (context.virtualenv.site_packages.parent / "os.py").exists()


def test_a_program_that_embeds_python_finds_the_bundled_one(
    context: BuildContext, prefix: Path, effects: Effects
) -> None:
    embed(context.virtualenv, prefix)
    found = provide_libraries(context, "key")
    (context.virtualenv.bin / "harbour").write_bytes(b"")
    assert provide_libraries(context, "key") == found  # from the cache
    folder = context.layout.python / "lib"
    assert found.libpython == folder
    assert (folder / LIBPYTHON).is_file()
    assert LIBPYTHON not in found.of_the_image
    assert "libm.so.6" in found.of_the_image
    link = context.virtualenv.site_packages.parent / "os.py"
    assert os.path.samefile(link, folder / "python3.13" / "os.py")
    assert "Making the bundled Python usable for bin/harbour" in logged(effects)


def test_a_libpython_of_an_earlier_build_is_removed(
    context: BuildContext, prefix: Path
) -> None:
    embed(context.virtualenv, prefix)
    provide_libraries(context, "key")
    (context.virtualenv.bin / "harbour").unlink()
    assert provide_libraries(context, "other").libpython is None
    assert not (context.layout.python / "lib" / LIBPYTHON).exists()


def test_without_bundling_the_images_libpython_is_found(
    context: BuildContext, prefix: Path
) -> None:
    embed(context.virtualenv, prefix)
    found = provide_libraries(replace(context, is_python_bundled=False), "key")
    assert found.libpython == prefix / "lib"
    assert LIBPYTHON in found.of_the_image
    assert not (context.virtualenv.site_packages.parent / "os.py").exists()


def test_a_libpython_that_is_not_there_is_named(
    context: BuildContext, prefix: Path, effects: Effects
) -> None:
    embed(context.virtualenv, prefix)
    (prefix / "lib" / LIBPYTHON).unlink()
    found = provide_libraries(context, "key")
    assert LIBPYTHON in found.of_the_image
    assert f"A package needs {LIBPYTHON}, which Python 3.13.1 does not have" in logged(effects)


def test_libraries_are_found_without_a_usable_cache(
    context: BuildContext, prefix: Path, tmp_path: Path
) -> None:
    embed(context.virtualenv, prefix)
    (tmp_path / "cache").write_text("in the way")
    assert provide_libraries(context, "key").libpython
