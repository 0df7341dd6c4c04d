"""One process or two: each folder is made once, and none is left out."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import pytest

from slipway.effects.sharing import FOLDER, PROGRAM, Sharing
from slipway.effects.trees import census_of, read_tree
from unit.samples import write_files
from unit.whole_trees import described

NONE: frozenset[str] = frozenset()


@contextmanager
def sharing(source: Path, target: Path) -> Iterator[Sharing]:
    target.mkdir(exist_ok=True)
    opened = [os.open(folder, FOLDER) for folder in (source, target)]
    try:
        yield Sharing(*opened, with_dates=True)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def forest(root: Path, seed: int, size: int) -> Path:
    """Make folders, here and there one below the other, with files."""
    chance = random.Random(seed)  # noqa: S311  # the same folders each time
    folders = [root]
    for number in range(size):
        folders.append(chance.choice(folders[-20:]) / f"{chance.random():.4f} {number}")
        folders[-1].mkdir(parents=True)
    for folder in folders:
        write_files(folder, {f"{number}.py": "" for number in range(chance.randrange(4))})
    return root


def at_once(*works: Callable[[], None]) -> None:
    ready = Barrier(len(works))

    def begin(work: Callable[[], None]) -> None:
        ready.wait()
        work()

    threads = [Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let each folder be read in another order each time, and keep which are read."""
    chance, scandir = random.Random(1), os.scandir  # noqa: S311  # as above
    found: list[int] = []

    @contextmanager
    def shuffled(folder: str) -> Iterator[list[os.DirEntry[str]]]:
        found.append(os.stat(folder).st_ino)
        with scandir(folder) as entries:
            yield chance.sample(both := [*entries], len(both))

    monkeypatch.setattr(os, "scandir", shuffled)
    return found


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [1, 5, 50, 300])
def test_two_at_once_do_together_what_one_does(size: int, seed: int, tmp_path: Path) -> None:
    source, target = forest(tmp_path / "source", seed, size), tmp_path / "target"
    with sharing(source, target) as first, sharing(source, target) as second:
        at_once(lambda: first.from_front(NONE), lambda: second.from_back(os.getppid()))
        first.add(second.report())
        assert len(first.blocks) == len({*first.blocks})
        assert census_of(first.blocks) == read_tree(source).census(with_dates=True)
    assert described(target) == described(source)


@pytest.mark.parametrize("done", [0, 1, 2, 5, 9, 30, 50])
def test_wherever_they_meet_nothing_is_left_out_and_little_read_twice(
    done: int, tmp_path: Path, read: list[int]
) -> None:
    """The second one has come so far when the first one begins, and goes on afterwards."""
    source, target = forest(tmp_path / "source", 3, 50), tmp_path / "target"
    deepest = max(len(path.parents) for path in source.rglob("*")) - len(source.parents)
    with sharing(source, target) as first, sharing(source, target) as second:
        read.clear()
        usual = target.stat().st_mode & 0o7777
        waiting = second._folders("")
        for _ in range(done):
            if waiting:
                waiting += second._visit(waiting, usual)
        first.from_front(NONE)
        while waiting:
            waiting += second._visit(waiting, usual)
        assert len(read) <= len({*read}) + 2 * deepest
        first.add(second.report())
    assert census_of(first.blocks) == read_tree(source).census(with_dates=True)
    assert described(target) == described(source)


def test_folders_are_closed_from_the_inside_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody but root could not get at what is in a closed one."""
    source = write_files(tmp_path / "source", {"a/b/c": "", "a/d/e": ""})
    for folder in (source, source / "a", source / "a" / "b"):
        folder.chmod(0o700)
    with sharing(source, tmp_path / "target") as first:
        first.from_front(NONE)
        closed: list[str] = []
        monkeypatch.setattr(os, "chmod", lambda name, *_, **__: closed.append(name))
        first.close()
    assert closed == ["a/b/", "a/", "."]


def test_what_is_left_out_is_left_out_at_the_top_alone(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", {"mark": "", "below/mark": ""})
    with sharing(source, tmp_path / "target") as first:
        first.from_front(frozenset({"mark"}))
    assert {*described(tmp_path / "target")} == {"below", "below/mark"}


def test_a_second_one_whose_first_has_ended_does_nothing(tmp_path: Path) -> None:
    source = forest(tmp_path / "source", 1, 5)
    with sharing(source, tmp_path / "target") as second, pytest.raises(ProcessLookupError):
        second.from_back(os.getpid())
    assert described(tmp_path / "target") == {}


def test_a_report_keeps_every_name_and_mode(tmp_path: Path) -> None:
    """Names with line ends, names that are no UTF-8, and nothing at all."""
    source = tmp_path / "source"
    closed = source / os.fsdecode(b"\xff\nclosed")
    closed.mkdir(parents=True)
    (closed / os.fsdecode(b"\xfe")).symlink_to(os.fsdecode(b"\xfd\n"))
    closed.chmod(0o555)
    with (
        sharing(source, tmp_path / "one") as first,
        sharing(source, tmp_path / "two") as second,
    ):
        second.from_front(NONE)
        first.add(second.report())
        assert (first.blocks, first.closing) == (second.blocks, second.closing)
        assert first.closing == [(f"{closed.name}/", 0o555)]
        first.add(Sharing(-1, -1, with_dates=True).report())
        assert len(first.blocks) == 1


def test_the_program_needs_nothing_of_slipway_and_little_of_python() -> None:
    as_program = "exec(open(sys.argv[1]).read(), {'__name__': '', '__file__': ''})"
    show = f"import sys; {as_program}; print(*sys.modules)"
    argv = [sys.executable, "-I", "-S", "-c", show, PROGRAM]
    loaded = subprocess.check_output(argv, text=True).split()
    assert not {"slipway", "dataclasses", "typing", "re", "shutil"} & {*loaded}
