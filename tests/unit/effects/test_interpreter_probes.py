"""An interpreter is asked once, and again when anything of it is another one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.effects.interpreter_probes import Probes, Said
from slipway.effects.processes import Command, Processes
from unit.fakes import FakeProcesses, no_time

SAID = {
    "implementation": "cpython",
    "path": "/python",
    "version": "3.12.1",
    "prefix": "/",
    "stdlib": "/lib",
    "platform": "linux",
}


def probes(root: Path, processes: Processes, env: Mapping[str, str] | None = None) -> Probes:
    return Probes(
        file=root / "cache" / "probes.json", processes=processes, environment=env or {}
    )


class Image:
    """An interpreter that loads a library, and how often it was asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.program, self.library = root / "bin" / "python3", root / "libpython.so"
        self.program.parent.mkdir()
        for path in (self.program, self.library):
            path.write_text("1")
        self.version, self.asked = "3.12.1", 0
        self.files = [str(self.program), str(self.library)]
        time.sleep(0.03)  # what has only just been written is not relied on

    def answer(self, command: Command) -> str:
        assert command.argv[0] == str(self.program)
        self.asked += 1
        return json.dumps({**SAID, "version": self.version, "files": self.files})

    def ask(self, env: Mapping[str, str] | None = None) -> Said | None:
        fake = FakeProcesses(now=no_time, answer=self.answer)
        return probes(self.root, fake, env).ask(self.program)

    @property
    def file(self) -> Path:
        return self.root / "cache" / "probes.json"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def test_an_answer_serves_the_next_build(image: Image) -> None:
    first = image.ask()
    assert image.ask() == first == SAID
    assert image.asked == 1


@pytest.mark.parametrize("part", ["program", "library"])
def test_a_part_that_is_replaced_is_asked_about(part: str, image: Image) -> None:
    image.ask()
    new = image.root / "new"
    new.write_text("2")
    path = {"program": image.program, "library": image.library}[part]
    shutil.copystat(path, new)
    new.replace(path)
    image.version = "3.12.2"
    time.sleep(0.03)
    said = image.ask()
    assert said is not None
    assert said["version"] == "3.12.2"


def test_a_part_that_is_gone_is_asked_about(image: Image) -> None:
    image.ask()
    image.library.unlink()
    image.ask()
    assert image.asked == 2


def test_a_virtual_environment_around_it_is_noticed(image: Image) -> None:
    image.ask()
    (image.root / "pyvenv.cfg").write_text("home = /elsewhere")
    image.ask()
    assert image.asked == 2


@pytest.mark.parametrize("name", ["LD_LIBRARY_PATH", "_PYTHON_HOST_PLATFORM"])
def test_a_variable_that_reaches_it_is_asked_about(name: str, image: Image) -> None:
    image.ask({"PATH": "/bin"})
    image.ask({"PATH": "/usr/bin"})
    assert image.asked == 1
    image.ask({name: "/elsewhere"})
    assert image.asked == 2


def test_one_that_changed_while_it_was_asked_is_asked_again(image: Image) -> None:
    image.library.write_text("only just now")
    image.ask()
    image.ask()
    assert image.asked == 2


def test_one_that_does_not_say_what_it_has_loaded_is_asked_each_time(image: Image) -> None:
    image.files = []
    image.ask()
    image.ask()
    assert image.asked == 2


@pytest.mark.parametrize("content", ["", "nonsense", "{}", "0\n{}"])
def test_a_file_of_something_else_is_ignored(content: str, image: Image) -> None:
    image.file.parent.mkdir()
    image.file.write_text(content)
    assert image.ask() == SAID
    image.ask()
    assert image.asked == 1


def test_an_answer_that_somebody_edits_is_not_believed(image: Image) -> None:
    image.ask()
    image.file.write_text(image.file.read_text().replace("3.12.1", "3.13.9"))
    assert image.ask() == SAID


def test_a_cache_that_cannot_be_written_costs_a_process_alone(image: Image) -> None:
    (image.root / "cache").write_text("in the way")
    assert image.ask() == image.ask() == SAID


def test_a_broken_one_is_none_and_is_not_kept(image: Image) -> None:
    image.program.write_text("2")
    asked = probes(image.root, Processes(now=time.monotonic))
    assert asked.ask(image.program) is None
    assert not image.file.exists()


def test_a_real_one_is_asked_once(tmp_path: Path) -> None:
    real = Path(os.path.realpath(sys.executable))
    env = {"PATH": os.defpath}
    first = probes(tmp_path, Processes(now=time.monotonic), env).ask(real)
    assert first is not None
    assert first["version"] == ".".join(map(str, sys.version_info[:3]))
    none = FakeProcesses(now=no_time)
    assert probes(tmp_path, none, env).ask(real) == first
    assert none.started == []


def test_the_one_that_slipway_runs_in_says_the_same_without_a_process(tmp_path: Path) -> None:
    program = Path(os.path.realpath("/usr/bin/python3"))
    script = """
import json, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from slipway.effects.probes import Probes
environment = json.loads(sys.argv[2])
probes = Probes(file=Path(sys.argv[1]), processes=None, environment=environment)
program = Path(sys.executable).resolve()
print(json.dumps([probes.ask(program), probes.ask(program)]))
"""
    argv = [str(program.parent / "python3"), "-I", "-S", "-B", "-c", script]
    lib = [str(ROOT / "lib"), *map(str, sorted(ROOT.glob("vendor/*.whl")))]
    kept = tmp_path / "probes.json"
    first, again = json.loads(
        subprocess.check_output([*argv, str(kept), "{}", *lib], text=True)
    )
    real = probes(tmp_path, Processes(now=time.monotonic)).ask(program)
    assert first == again == real
    reaching = [*argv, str(tmp_path / "other.json"), '{"LD_LIBRARY_PATH": "/x"}', *lib]
    ended = subprocess.run(reaching, capture_output=True, text=True, check=False)
    assert "AttributeError" in ended.stderr, "a process of its own is asked for"
