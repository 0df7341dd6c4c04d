"""Slipway runs from a compiled copy in the cache, or from the pulled folder without one."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from unit.samples import write_files

LIFECYCLE_DATE = 315532801
"""1980-01-01T00:00:01Z, which the Cloud Native lifecycle gives to each file of a layer."""

TAG = sys.implementation.cache_tag
HOLD = """
import sys
sys.path.append(sys.argv[1])
from library_copy import compiled_library
print(compiled_library(sys.argv[1], [], sys.argv[2]), flush=True)
sys.stdin.read()
"""


SMALL = {
    "lib/slipway/__init__.py": "",
    "lib/slipway/cli.py": """
import sys
from packaging import specifiers
from slipway.messages import app
from slipway.platforms import classic

def main(arguments, installation):
    print(app.TEXT, file=sys.stderr)
    return 1
""",
    "lib/slipway/domain/__init__.py": "",
    "lib/slipway/messages/__init__.py": "",
    "lib/slipway/messages/app.py": 'TEXT = "Error: The app\'s folder cannot be read"\n',
    "lib/slipway/platforms/__init__.py": "",
    "lib/slipway/platforms/classic.py": "",
}
"""A library that ends like Slipway's own: compiling it in each test takes less time."""
REAL = ("lib/library_copy.py", "lib/slipway/__main__.py", "lib/slipway/domain/installation.py")


def pull(place: Path) -> Path:
    """Copy the files that a platform pulls, which include no bytecode."""
    for name in ("lib", "vendor"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    return place


def pull_small(place: Path) -> Path:
    """Write the files of SMALL, and copy those that find and start the copy."""
    write_files(place, SMALL)
    (place / "vendor").mkdir()
    [wheel] = (ROOT / "vendor").glob("packaging-*.whl")
    for name in (*REAL, f"vendor/{wheel.name}"):
        shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a first build, with its `pulled` and `cache`."""
    folder = tmp_path_factory.mktemp("first")
    run(pull_small(folder / "pulled"), folder / "cache")
    return folder


@pytest.fixture
def cache(first: Path, tmp_path: Path) -> Path:
    """Return the cache as a platform restores it for the next build."""
    return shutil.copytree(first / "cache", tmp_path / "cache")


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    return pull_small(tmp_path / "pulled")


def program(pulled: Path, cache: Path | str, *options: str) -> list[str]:
    """Return a command that loads all modules of a build, and then does not find the app."""
    python = [sys.executable, "-I", "-S", "-B", *options, "-X", f"slipway_library={cache}"]
    main = str(pulled / "lib" / "slipway" / "__main__.py")
    return [*python, main, "compile", "/no/app", "/no/cache"]


def run(pulled: Path, cache: Path | str, *options: str) -> str:
    """Run Slipway; return what it prints."""
    ended = subprocess.run(
        program(pulled, cache, *options), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stderr
    assert "Error: The app's folder cannot be read" in ended.stderr
    return ended.stderr


def loaded_from(pulled: Path, cache: Path) -> tuple[set[str], set[str]]:
    """Return the modules that were loaded from bytecode, and those that were compiled.

    Only modules of the library count, and not library_copy, which finds the copy.
    """
    start = "# code object from "
    lines = run(pulled, cache, "-v").splitlines()
    files = {Path(line[len(start) :].strip("'")) for line in lines if line.startswith(start)}
    own = {path for path in files if path.is_relative_to(cache.parent)}
    bytecode = {path.name.split(".")[0] for path in own if path.suffix == ".pyc"}
    return bytecode, {path.stem for path in own if path.suffix == ".py"} - {"library_copy"}


def content(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def edit(pulled: Path) -> None:
    """Turn the pulled files into another Slipway, which differs in a single byte."""
    module = pulled / "lib" / "slipway" / "messages" / "app.py"
    text = module.read_text("utf-8")
    module.write_text(text.replace("folder cannot be read", "folder cannot be Read"))


def test_a_later_build_compiles_nothing(tmp_path: Path) -> None:
    pulled, cache = pull(tmp_path / "pulled"), tmp_path / "cache"
    run(pulled, cache)
    before = content(cache)
    bytecode, compiled = loaded_from(pulled, cache)
    assert {"cli", "compile", "specifiers"} <= bytecode
    assert compiled == set()
    assert content(cache) == before
    assert not [*pulled.rglob("__pycache__")]


def test_bytecode_is_valid_whatever_its_dates_are(pulled: Path, cache: Path) -> None:
    for path in cache.rglob("*"):
        os.utime(path, (LIFECYCLE_DATE, LIFECYCLE_DATE))
    assert loaded_from(pulled, cache)[1] == set()


def test_a_changed_slipway_does_not_run_the_old_copy(pulled: Path, cache: Path) -> None:
    edit(pulled)
    ended = subprocess.run(program(pulled, cache), capture_output=True, text=True, check=False)
    assert "Error: The app's folder cannot be Read" in ended.stderr


def test_the_copy_of_an_earlier_slipway_is_removed(pulled: Path, cache: Path) -> None:
    [earlier] = cache.iterdir()
    edit(pulled)
    subprocess.run(program(pulled, cache), capture_output=True, check=False)
    [copy] = cache.iterdir()
    assert copy != earlier


def test_a_copy_that_another_build_runs_is_not_removed(pulled: Path, cache: Path) -> None:
    [earlier] = cache.iterdir()
    other_build = os.open(earlier, os.O_RDONLY)
    fcntl.flock(other_build, fcntl.LOCK_SH)
    edit(pulled)
    subprocess.run(program(pulled, cache), capture_output=True, check=False)
    os.close(other_build)
    assert len({*cache.iterdir()} - {earlier}) == 1
    assert content(earlier)


def test_a_build_locks_its_copy_until_it_ends(pulled: Path, cache: Path) -> None:
    argv = [sys.executable, "-I", "-c", HOLD, str(pulled / "lib"), str(cache)]
    build = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert build.stdout
    copy = os.open(Path(build.stdout.readline().strip()).parent, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(copy, fcntl.LOCK_EX | fcntl.LOCK_NB)
    build.communicate()
    fcntl.flock(copy, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(copy)


def test_two_first_builds_at_once_leave_one_copy(
    first: Path, pulled: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    builds = [
        subprocess.Popen(program(pulled, cache), stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for build in builds:
        assert "The app's folder cannot be read" in build.communicate()[1]
    assert content(cache).keys() == content(first / "cache").keys()
    assert loaded_from(pulled, cache)[1] == set()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("lib/slipway/cli.py", "main = print\n"),
        (f"lib/slipway/__pycache__/cli.{TAG}.pyc", ""),
        ("lib/slipway/cli.abi3.so", "not a library\n"),
        ("sha256", ""),
        ("sha256", None),
        ("lib/packaging/version.py", None),
    ],
)
def test_a_damaged_copy_is_made_again(
    first: Path, pulled: Path, cache: Path, file: str, text: str | None
) -> None:
    [copy] = cache.iterdir()
    if text is None:
        (copy / file).unlink()
    else:
        (copy / file).write_text(text)
    run(pulled, cache)
    assert content(cache).keys() == content(first / "cache").keys()
    assert loaded_from(pulled, cache)[1] == set()


@pytest.mark.parametrize("has_copy", [False, True])
def test_the_unfinished_copy_of_a_killed_build_is_removed(
    *, has_copy: bool, pulled: Path, cache: Path, tmp_path: Path
) -> None:
    folder = cache if has_copy else tmp_path / "empty"
    (folder / ".new-1234" / "lib").mkdir(parents=True)
    run(pulled, folder)
    assert len(list(folder.iterdir())) == 1


def test_anything_but_a_copy_is_removed_without_reading_it(pulled: Path, cache: Path) -> None:
    [copy] = cache.iterdir()
    (copy / "sha256").unlink()
    os.mkfifo(copy / "sha256")
    os.mkfifo(copy / "lib" / "slipway" / "fifo.py")
    os.mkfifo(cache / "fifo")
    (cache / "file").touch()
    run(pulled, cache)
    assert [path.name for path in cache.iterdir()] == [copy.name]
    assert (copy / "sha256").is_file()


def test_a_link_in_place_of_the_cache_is_removed(pulled: Path, cache: Path) -> None:
    elsewhere = cache.rename(cache.with_name("elsewhere"))
    (elsewhere / "file").touch()
    cache.symlink_to(elsewhere)
    before = content(elsewhere)
    run(pulled, cache)
    assert content(elsewhere) == before
    assert not cache.is_symlink()
    assert loaded_from(pulled, cache)[1] == set()


@pytest.mark.parametrize("place", ["", "lib"])
def test_a_folder_deeper_than_the_stack_costs_only_time(
    place: str, pulled: Path, cache: Path, make_deep: Callable[[Path], None]
) -> None:
    [copy] = cache.iterdir()
    make_deep(copy / place if place else cache)
    run(pulled, cache)


def test_a_full_disk_leaves_nothing(pulled: Path, tmp_path: Path) -> None:
    """A limit on the size of files simulates a full disk."""
    cache = tmp_path / "cache"
    limit = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh"]
    ended = subprocess.run(
        [*limit, *program(pulled, cache)], capture_output=True, text=True, check=False
    )
    assert "The app's folder cannot be read" in ended.stderr
    assert [*cache.iterdir()] == []


@pytest.mark.parametrize("cache", ["", "relative", "/proc/none", "/dev/null/x"])
def test_slipway_runs_without_a_folder_for_a_copy(cache: str, pulled: Path) -> None:
    before = content(pulled)
    run(pulled, cache)
    assert content(pulled) == before


def test_the_traceback_of_a_bug_shows_the_source_lines(tmp_path: Path) -> None:
    pulled = pull(tmp_path / "pulled")
    classic = pulled / "lib" / "slipway" / "platforms" / "classic" / "compile.py"
    bug = "    build, cache, *rest = arguments[:0]  # a bug\n"
    text = classic.read_text("utf-8")
    classic.write_text(text.replace("    build, cache, *rest = arguments\n", bug))
    for _ in range(2):
        argv = program(pulled, tmp_path / "cache")
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert ended.returncode == 70
        assert f'"{tmp_path}/cache/' in ended.stderr
        assert bug.strip() in ended.stderr
