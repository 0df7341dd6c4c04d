"""Slipway compiles its own modules once where a cache can keep them, else each time."""

from __future__ import annotations

import marshal
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

USAGE = "usage: bin/compile BUILD CACHE [ENV]\n"


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    """Give what a platform has pulled: no bytecode."""
    return pull(tmp_path / "pulled")


def pull(place: Path) -> Path:
    for name in ("lib", "vendor"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    return place


def run(pulled: Path, kept: Path | str, *options: str) -> str:
    """Ask for the usage of a door; give what it says."""
    argv = [sys.executable, "-I", "-S", "-B", "-X", f"slipway_own={kept}", *options]
    main = pulled / "lib" / "slipway" / "__main__.py"
    ended = subprocess.run(
        [*argv, main, "compile"], capture_output=True, text=True, cwd=pulled, check=False
    )
    assert ended.returncode == 2, ended.stderr
    return ended.stderr


def kept_in(folder: Path) -> Path:
    [file] = folder.iterdir()
    return file


def test_modules_are_compiled_once(pulled: Path, tmp_path: Path) -> None:
    own = tmp_path / "cache" / "slipway-own"
    run(pulled, own)
    written = kept_in(own).stat().st_mtime_ns
    again = pull(tmp_path / "pulled again")
    assert run(again, own) == USAGE
    assert kept_in(own).stat().st_mtime_ns == written
    assert not [*pulled.rglob("__pycache__")]


def test_what_was_kept_is_what_runs(pulled: Path, tmp_path: Path) -> None:
    run(pulled, tmp_path / "own")
    again = run(pulled, tmp_path / "own", "-v")
    cli = [line for line in again.splitlines() if "cli" in line and "code object" in line]
    assert cli == []
    assert "import 'slipway.cli'" in again


def test_a_wheel_is_not_compiled_again_either(pulled: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import sys
lib, wheel, kept = sys.argv[1:]
sys.path += [lib, wheel]
from slipway.own_code import OwnCode, run_from
own = OwnCode(kept)
run_from(own, lib, [wheel])
compiled = []
sys.addaudithook(lambda event, args: event == "compile" and compiled.append(str(args[1])))
from packaging.version import Version
import packaging
assert str(Version("1.0")) == "1.0"
assert packaging.__file__ == f"{wheel}/packaging/__init__.py"
own.keep()
print(sum("packaging" in name for name in compiled))
"""
    )
    [wheel] = pulled.glob("vendor/packaging-*.whl")
    argv = [sys.executable, "-I", "-S", "-B", str(script)]
    argv += [str(pulled / "lib"), str(wheel), str(tmp_path / "own")]
    first, second = (int(subprocess.check_output(argv, text=True)) for _ in range(2))
    assert first > 0
    assert second == 0


def test_another_slipway_runs_as_it_is(pulled: Path, tmp_path: Path) -> None:
    run(pulled, tmp_path / "own")
    cli = pulled / "lib" / "slipway" / "cli.py"
    text = cli.read_text()
    cli.write_text(text.replace('"usage: ', '"another: '))
    assert run(pulled, tmp_path / "own") == USAGE.replace("usage", "another")
    cli.write_text(text)
    assert run(pulled, tmp_path / "own") == USAGE


def test_what_another_slipway_left_does_not_pile_up(pulled: Path, tmp_path: Path) -> None:
    own, cli = tmp_path / "own", pulled / "lib" / "slipway" / "cli.py"
    text = cli.read_text().replace("import errno\n", "import dataclasses\nimport errno\n")
    sizes = []
    for number in range(4):
        one = f"\n\n@dataclasses.dataclass\nclass C{number}:\n    c{number}: int\n"
        cli.write_text(text + one)
        run(pulled, own)
        content = kept_in(own).read_bytes()[32:]
        sizes.append(len(marshal.loads(content)))  # noqa: S302  # it was written right here
    assert sizes[0] > 50
    assert sizes == sizes[:1] * 4


def test_what_an_ended_build_left_is_removed(pulled: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    run(pulled, own)
    file = kept_in(own)
    file.rename(f"{file}.77")
    run(pulled, own)
    assert kept_in(own) == file


def test_a_full_disk_leaves_nothing(pulled: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999))"
    main = pulled / "lib" / "slipway" / "__main__.py"
    code = (
        f"{limit}; import runpy, sys; sys.argv[1:] = ['compile']; runpy.run_path({str(main)!r})"
    )
    argv = [sys.executable, "-I", "-S", "-B", "-X", f"slipway_own={own}", "-c", code]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.stderr == USAGE
    assert [*own.iterdir()] == []


@pytest.mark.parametrize("how", ["cut short", "one byte", "empty", "a folder"])
def test_what_is_damaged_is_compiled_again(how: str, pulled: Path, tmp_path: Path) -> None:
    run(pulled, tmp_path / "own")
    file = kept_in(tmp_path / "own")
    content = file.read_bytes()
    file.unlink()
    if how == "a folder":
        file.mkdir()
    else:
        middle = len(content) // 2
        changed = content[:middle] + b"?" + content[middle + 1 :]
        file.write_bytes({"cut short": content[:-9], "one byte": changed}.get(how, b""))
    assert run(pulled, tmp_path / "own") == USAGE
    if how != "a folder":
        assert file.read_bytes() == content


def test_a_report_of_a_bug_has_its_lines(pulled: Path, tmp_path: Path) -> None:
    cli = pulled / "lib" / "slipway" / "cli.py"
    bug = "def _usage(line: str) -> int:\n    raise KeyError(line)  # here\n"
    cli.write_text(cli.read_text().replace("def _usage(line: str) -> int:\n", bug))
    argv = [sys.executable, "-I", "-S", "-B", "-X", f"slipway_own={tmp_path / 'own'}"]
    argv += [str(pulled / "lib" / "slipway" / "__main__.py"), "compile"]
    for _ in range(2):
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert "raise KeyError(line)  # here" in ended.stderr


@pytest.mark.parametrize("own", ["", "relative", "/proc/none", "/dev/null/x"])
def test_without_a_place_to_keep_it_slipway_runs_as_it_is(own: str, pulled: Path) -> None:
    assert run(pulled, own) == USAGE
    assert not (pulled / "relative").exists()
