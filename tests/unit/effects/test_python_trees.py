"""A copied standard library gets the bytecode of the original."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.effects.python_trees import copy_bytecode, copy_standard_library
from unit.samples import write_files

MODULES = {"os.py": "A = 1\n", "json/__init__.py": "B = 2\n"}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """Create a small standard library, compiled as Linux distributions compile theirs."""
    folder = write_files(tmp_path / "original", MODULES)
    for name in MODULES:
        py_compile.compile(
            str(folder / name), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP
        )
    return folder


@pytest.fixture
def copied(original: Path, tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(original, tmp_path / "copy", ignore=ignored)


def copy_all(original: Path, copied: Path) -> bool:
    tag = sys.implementation.cache_tag
    assert tag
    return copy_bytecode(original, copied, importlib.util.MAGIC_NUMBER, tag)


def code_of(folder: Path, name: str) -> Path:
    return Path(importlib.util.cache_from_source(str(folder / name)))


def test_copied_bytecode_is_loaded_whatever_the_dates(original: Path, copied: Path) -> None:
    assert copy_all(original, copied)
    shutil.rmtree(original)
    os.utime(copied / "json" / "__init__.py", (1, 1))
    for mode in ("default", "always"):
        script = f"import sys; sys.path[:0] = [{str(copied)!r}]; import json; print(json.B)"
        argv = [sys.executable, "-v", "--check-hash-based-pycs", mode, "-I", "-S", "-c", script]
        ended = subprocess.run(argv, capture_output=True, text=True, check=True)
        assert ended.stdout == "2\n"
        assert f"{code_of(copied, 'json/__init__.py')} matches" in ended.stderr
        assert "is stale" not in ended.stderr


def test_bytecode_of_a_changed_module_is_not_copied(original: Path, copied: Path) -> None:
    (original / "os.py").write_text("A = 12345\n")
    assert not copy_all(original, copied)
    assert [*copied.rglob("*.pyc")] == []


@pytest.mark.parametrize("content", [b"", b"\0" * 40])
def test_bytecode_of_another_python_is_not_copied(
    content: bytes, original: Path, copied: Path
) -> None:
    code_of(original, "os.py").write_bytes(content)
    assert not copy_all(original, copied)


def test_all_modules_get_bytecode_or_none_does(original: Path, copied: Path) -> None:
    code_of(original, "json/__init__.py").unlink()
    assert not copy_all(original, copied)
    assert [*copied.rglob("*.pyc")] == []


def test_a_library_without_bytecode_is_copied_without_it(original: Path, copied: Path) -> None:
    shutil.rmtree(original / "__pycache__")
    assert not copy_all(original, copied)


def test_a_copied_library_has_no_links(tmp_path: Path) -> None:
    library = write_files(
        tmp_path / "lib", {"os.py": "x", "test/a.py": "", "json/a.pyc": "", "elsewhere": "y"}
    )
    (library / "site.py").symlink_to("elsewhere")
    (library / "dangling.py").symlink_to("gone")
    copy_standard_library(library, tmp_path / "copy", ["test", "*.pyc", "elsewhere"])
    found = {path.name for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert found == {"os.py", "site.py"}
    assert (tmp_path / "copy" / "site.py").read_text() == "y"
    assert not (tmp_path / "copy" / "site.py").is_symlink()
