"""A tree is shared whole, by one process as by two, whatever becomes of the second."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.effects.processes import Command, Processes
from slipway.effects.shared_trees import share
from slipway.effects.trees import read_tree
from unit.samples import write_files
from unit.whole_trees import described, everything

TWO = Processes(now=time.monotonic)


@dataclass(frozen=True, kw_only=True)
class Others(Processes):
    """Starts a shell command in place of the second process."""

    instead: str

    @contextmanager
    def meanwhile(self, command: Command) -> Iterator[Callable[[], bytes]]:
        other = replace(command, argv=["sh", "-c", self.instead])
        with super().meanwhile(other) as output:
            yield output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return everything(tmp_path / "made")


@pytest.fixture(params=["one", "two"])
def processes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Processes | None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    return TWO if request.param == "two" else None


@pytest.mark.parametrize("with_dates", [True, False])
def test_all_of_it_is_there_as_it_was(
    root: Path, tmp_path: Path, processes: Processes | None, *, with_dates: bool
) -> None:
    place = tmp_path / "not" / "there yet" / "place"
    census = share(root, place, with_dates=with_dates, processes=processes)
    assert described(place) == described(root)
    assert census == read_tree(root).census(with_dates=with_dates)
    assert (place / "a.txt").samefile(root / "a.txt")
    assert [path.name for path in place.parent.iterdir()] == ["place"]


def test_folders_that_nobody_may_write_to_are_filled_and_then_closed(
    tmp_path: Path, processes: Processes | None
) -> None:
    root = write_files(tmp_path / "made", {f"{name}/below/{name}": "" for name in "abcdefgh"})
    folders = [path for path in sorted(root.rglob("*"), reverse=True) if path.is_dir()]
    for folder in [*folders, root]:
        folder.chmod(0o555)
    place = tmp_path / "place"
    share(root, place, with_dates=True, processes=processes)
    assert described(place) == described(root)
    assert place.stat().st_mode & 0o777 == 0o555
    for folder in [root, *reversed(folders)]:
        folder.chmod(0o755)
        (place / folder.relative_to(root)).chmod(0o755)


def test_names_that_are_no_utf_8_are_names(tmp_path: Path, processes: Processes | None) -> None:
    root = tmp_path / "made"
    for name in (b"\xff\n", b"\xfe", b"plain"):
        write_files(root / os.fsdecode(name), {os.fsdecode(name): "text"})
    census = share(root, tmp_path / "place", with_dates=True, processes=processes)
    assert described(tmp_path / "place") == described(root)
    assert census == read_tree(root).census(with_dates=True)


def test_on_another_file_system_it_is_a_copy(root: Path, processes: Processes | None) -> None:
    other = Path("/dev/shm")  # noqa: S108  # the other file system that all have
    if other.stat().st_dev == root.stat().st_dev:
        pytest.skip("this machine has one file system alone")
    place = other / f"slipway-{os.getpid()}"
    try:
        census = share(root, place, with_dates=True, processes=processes)
        assert described(place) == described(root)
        assert census == read_tree(place).census(with_dates=True)
        assert not (place / "a.txt").samefile(root / "a.txt")
    finally:
        shutil.rmtree(place)


def test_a_place_that_is_there_is_left_alone(
    root: Path, tmp_path: Path, processes: Processes | None
) -> None:
    place = write_files(tmp_path / "place", {"theirs": ""})
    with pytest.raises(FileExistsError):
        share(root, place, with_dates=True, processes=processes)
    assert {*described(place)} == {"theirs"}


@pytest.mark.parametrize(
    "end",
    [
        "kill -9 $$",
        "mkdir -p empty below/deep; kill -9 $$",  # half done, as the first one has to believe
        "mkdir -p below; echo 'No space left on device' >&2; exit 1",
        "sleep 0.2; exit 1",
    ],
)
def test_a_second_process_that_fails_costs_time_alone(
    end: str, root: Path, tmp_path: Path, processes: Processes | None
) -> None:
    failing = Others(now=time.monotonic, instead=end) if processes else None
    census = share(root, tmp_path / "place", with_dates=True, processes=failing)
    assert described(tmp_path / "place") == described(root)
    assert census == read_tree(root).census(with_dates=True)


def test_a_second_process_that_cannot_be_started_is_done_without(
    root: Path, tmp_path: Path, processes: Processes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/not/there")
    share(root, tmp_path / "place", with_dates=True, processes=processes)
    assert described(tmp_path / "place") == described(root)


def test_on_one_processor_there_is_no_second_process(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    asked: list[str] = []
    heard = replace(TWO, on_end=asked.append)
    share(root, tmp_path / "place", with_dates=True, processes=heard)
    assert described(tmp_path / "place") == described(root)
    assert asked == []


def test_where_there_is_no_room_the_second_process_ends_too(
    root: Path, tmp_path: Path, processes: Processes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("slipway.effects.sharing.copy_file", refuse)
    monkeypatch.setattr(os, "link", refuse)
    ends: list[str] = []
    waiting = Others(now=time.monotonic, instead="sleep 60", on_end=ends.append)
    with pytest.raises(OSError, match="No space left"):
        share(root, tmp_path / "place", with_dates=True, processes=processes and waiting)
    assert all("status -15" in end for end in ends)
    assert len(ends) == (1 if processes else 0)


SHARES = """
import sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from slipway.effects.processes import Processes
from slipway.effects.shared_trees import share
root, place = map(Path, sys.argv[2:])
print("begins", flush=True)
share(root, place, with_dates=True, processes=Processes(now=time.monotonic))
"""


def test_whenever_the_first_one_is_killed_the_next_finds_its_place_free(tmp_path: Path) -> None:
    """The second one, which nobody has killed, does not go on in what comes after."""
    chance = random.Random(6)  # noqa: S311  # the same moments each time
    files = {f"{number % 40}/{number}/{name}": "" for number in range(400) for name in "abcd"}
    root, place = write_files(tmp_path / "made", files), tmp_path / "place"
    wanted = described(root)
    for _ in range(8):
        argv = [sys.executable, "-I", "-c", SHARES, str(ROOT / "lib"), str(root), str(place)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"begins\n"
            time.sleep(chance.uniform(0, 0.06))
            process.send_signal(signal.SIGKILL)
        while place.exists():
            shutil.rmtree(place, ignore_errors=True)
        share(root, place, with_dates=True)
        time.sleep(0.02)
        assert described(place) == wanted
        shutil.rmtree(place)
