"""A copied standard library gets the byte code that the image has, where that is right."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slipway.effects import Effects
from slipway.effects.processes import Processes
from slipway.toolchains.pythons.stdlib_bytecode import copy_bytecode
from unit.fakes import effects_with
from unit.samples import write_files

MODULES = {"os.py": "A = 1\n", "json/__init__.py": "B = 2\n"}


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path, Processes(now=time.monotonic), {"PATH": os.defpath})


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """Make a small standard library, compiled as systems do that install one."""
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


def adopt(original: Path, copied: Path, effects: Effects) -> bool:
    return copy_bytecode(original, copied, sys.executable, effects)


def code_of(folder: Path, name: str) -> Path:
    return Path(importlib.util.cache_from_source(str(folder / name)))


def test_what_is_adopted_is_loaded_whatever_date_a_module_has(
    original: Path, copied: Path, effects: Effects
) -> None:
    assert adopt(original, copied, effects)
    shutil.rmtree(original)
    os.utime(copied / "json" / "__init__.py", (1, 1))
    for mode in ("default", "always"):
        script = f"import sys; sys.path[:0] = [{str(copied)!r}]; import json; print(json.B)"
        argv = [sys.executable, "-v", "--check-hash-based-pycs", mode, "-I", "-S", "-c", script]
        ended = subprocess.run(argv, capture_output=True, text=True, check=True)
        assert ended.stdout == "2\n"
        assert f"{code_of(copied, 'json/__init__.py')} matches" in ended.stderr
        assert "is stale" not in ended.stderr


def test_byte_code_of_a_module_that_has_changed_since_is_not_taken(
    original: Path, copied: Path, effects: Effects
) -> None:
    (original / "os.py").write_text("A = 12345\n")
    assert not adopt(original, copied, effects)
    assert [*copied.rglob("*.pyc")] == []


@pytest.mark.parametrize("content", [b"", b"\0" * 40])
def test_byte_code_of_another_python_is_not_taken(
    content: bytes, original: Path, copied: Path, effects: Effects
) -> None:
    code_of(original, "os.py").write_bytes(content)
    assert not adopt(original, copied, effects)


def test_one_module_without_byte_code_leaves_all_to_the_compiler(
    original: Path, copied: Path, effects: Effects
) -> None:
    code_of(original, "json/__init__.py").unlink()
    assert not adopt(original, copied, effects)
    assert [*copied.rglob("*.pyc")] == []


def test_a_python_that_was_never_compiled_is_not_even_asked(
    original: Path, copied: Path, tmp_path: Path
) -> None:
    shutil.rmtree(original / "__pycache__")
    assert not copy_bytecode(original, copied, "/no/python", effects_with(tmp_path))
