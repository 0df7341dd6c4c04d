"""The Pythons of an image are found, each once, and started only if something has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging import tags

from conftest import ROOT
from slipway.domain.python.wheel_tags import wheel_fits
from slipway.effects.interpreters import (
    PROBE,
    Probes,
    Report,
    find_candidates,
    supported_platforms,
    supported_tags,
)
from slipway.effects.processes import Command, Processes
from slipway.effects.python_trees import SITE_FOLDER
from unit.fakes import FakeProcesses, no_time


def program(path: Path, content: bytes = b"\x7fELF...", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def found(root: Path, **environment: str) -> dict[str, tuple[int, int] | None]:
    """Return the Pythons found below a folder, relative to it, without the machine's own."""
    return {
        str(one.path.relative_to(root)): one.likely_minor
        for one in find_candidates(environment, ())
        if one.path.is_relative_to(root)
    }


def test_names_on_path_are_found_with_their_version(tmp_path: Path) -> None:
    for name in ("a/python3.12", "a/python3.13", "b/python3"):
        program(tmp_path / name)
    assert found(tmp_path, PATH=f"{tmp_path}/a:{tmp_path}/b:{tmp_path}/gone") == {
        "a/python3.12": (3, 12),
        "a/python3.13": (3, 13),
        "b/python3": None,
    }


@pytest.mark.parametrize(
    "name", ["python", "python2", "python3-config", "python3.12-dbg", "python3.12m", "pip3"]
)
def test_other_programs_are_ignored(name: str, tmp_path: Path) -> None:
    program(tmp_path / name)
    assert found(tmp_path, PATH=str(tmp_path)) == {}


def test_a_file_with_many_names_is_found_once(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python3.12")
    (tmp_path / "bin" / "python3").symlink_to("python3.12")
    (tmp_path / "other").symlink_to("bin")
    path = f"{tmp_path}/other:{tmp_path}/bin"
    assert found(tmp_path, PATH=path) == {"bin/python3.12": (3, 12)}


def test_scripts_with_the_name_of_a_python_are_ignored(tmp_path: Path) -> None:
    """An example is pyenv's shims on PATH, which start the Python that pyenv has selected."""
    program(tmp_path / "shims" / "python3.12", b"#!/usr/bin/env bash\nexec pyenv\n")
    program(tmp_path / "plain" / "python3.12", mode=0o644)
    (tmp_path / "plain" / "python3.13").mkdir()
    (tmp_path / "plain" / "python3").symlink_to("gone")
    path = f"{tmp_path}/shims:{tmp_path}/plain"
    assert found(tmp_path, PATH=path) == {}


def test_interpreters_with_unusual_names_are_not_candidates_for_apps(tmp_path: Path) -> None:
    """Free-threaded builds, PyPy and GraalPy; pyenv gives them the usual names, too."""
    names = ("python3.13t", "pypy3", "pypy3.11", "graalpy", "graalpy3.12", "python3.12")
    for name in names:
        program(tmp_path / name)
    program(tmp_path / "versions" / "pypy3.11-7.3.20" / "bin" / "python3")
    program(tmp_path / "versions" / "graalpy-25.0.0" / "bin" / "python3.12")
    environment = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    found = [
        (str(one.path.relative_to(tmp_path)), one.is_other)
        for one in find_candidates(environment, ())
        if one.path.is_relative_to(tmp_path)
    ]
    assert [name for name, is_other in found if not is_other] == ["python3.12"]
    assert len(found) == len(names) + 2


def test_an_interpreter_that_also_has_a_usual_name_is_a_candidate(tmp_path: Path) -> None:
    program(tmp_path / "python3.13")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "python3.13t").symlink_to(tmp_path / "python3.13")
    found = find_candidates({"PATH": f"{tmp_path}/a:{tmp_path}"}, ())
    (ours,) = (one for one in found if one.path.is_relative_to(tmp_path))
    assert not ours.is_other


@pytest.mark.parametrize("variable", ["HOME", "PYENV_ROOT"])
def test_pythons_of_pyenv_are_found(variable: str, tmp_path: Path) -> None:
    root = tmp_path / ".pyenv"
    program(root / "versions" / "3.12.4" / "bin" / "python3")
    program(root / "versions" / "pypy3.10" / "bin" / "python3")
    value = str(tmp_path if variable == "HOME" else root)
    assert found(root, **{variable: value}) == {
        "versions/3.12.4/bin/python3": (3, 12),
        "versions/pypy3.10/bin/python3": (3, 10),
    }


def test_a_relative_folder_on_path_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "python3.12")
    monkeypatch.chdir(tmp_path)
    assert found(tmp_path, PATH="bin:.:") == {}


def test_slipways_own_python_comes_last_if_it_is_not_the_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path / "slipway-python" / "bin" / "python3.13")
    program(tmp_path / "bin" / "python3.12")
    (tmp_path / "python3").symlink_to(own)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    last = find_candidates({"PATH": f"{tmp_path}/bin"}, ())[-1]
    assert (last.path, last.likely_minor, last.runs_slipway) == (own, (3, 13), True)
    of_the_image = find_candidates({"PATH": f"{tmp_path}/slipway-python/bin"}, ())
    assert [one for one in of_the_image if one.runs_slipway] == []


def test_pythons_that_builds_made_are_not_the_images(tmp_path: Path) -> None:
    """The result of an earlier build is on PATH, or the app has its own virtual environment."""
    copy = program(tmp_path / "other" / ".slipway" / "python" / "bin" / "python3.12")
    (copy.parents[1] / SITE_FOLDER).write_text("lib/python3.12/site-packages\n")
    venv = tmp_path / "other" / ".slipway" / "venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python3").symlink_to("../../python/bin/python3.12")
    managed = "cpython-3.12.4-linux-x86_64-gnu"
    program(tmp_path / "old-cache" / f"{managed}+20260101-0123456789ab" / "bin" / "python3.12")
    program(tmp_path / "copies" / "bin" / "python3")
    (tmp_path / "copies" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    program(tmp_path / "app" / "tools" / "bin" / "python3.12")
    (tmp_path / "link-to-app").symlink_to("app")
    program(tmp_path / "image" / managed / "bin" / "python3.12")
    folders = (
        venv,
        copy.parent,
        *(path / "bin" for path in (tmp_path / "old-cache").iterdir()),
        tmp_path / "copies" / "bin",
        tmp_path / "app" / "tools" / "bin",
        tmp_path / "image" / managed / "bin",
    )
    path = ":".join(map(str, folders))
    below = find_candidates({"PATH": path}, (tmp_path / "link-to-app",))
    ours = [one.path for one in below if one.path.is_relative_to(tmp_path)]
    assert ours == [tmp_path / "image" / managed / "bin" / "python3.12"]


def test_the_base_of_a_virtual_environment_on_path_is_found(tmp_path: Path) -> None:
    base = program(tmp_path / "opt" / "bin" / "python3.12")
    venv = tmp_path / "app" / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    (venv / "bin" / "python3").symlink_to(base)
    found = find_candidates({"PATH": f"{venv}/bin"}, (tmp_path / "app",))
    assert base in [one.path for one in found]


def test_an_interpreter_reports_what_it_is() -> None:
    argv = [sys.executable, "-I", "-S", "-c", PROBE]
    report = json.loads(subprocess.check_output(argv, text=True))
    assert report["version"] == ".".join(map(str, sys.version_info[:3]))
    assert report["implementation"] == "cpython"
    assert report["path"] == os.path.realpath(sys.executable)
    assert Path(report["stdlib"], "os.py").is_file()
    assert report["stdlib"].startswith(report["prefix"])


def test_the_tags_of_this_python_are_those_of_packaging() -> None:
    minor = ".".join(map(str, sys.version_info[:2]))
    assert supported_tags(minor) == tuple(map(str, tags.sys_tags()))


def test_the_tags_of_another_python_are_sorted_best_first() -> None:
    found = supported_tags("3.13")
    assert found[0].startswith("cp313-cp313-")
    assert any(tag.startswith("cp312-abi3-") for tag in found)
    places = [found.index(tag) for tag in ("cp313-none-any", "py3-none-any")]
    assert places == sorted(places)
    assert not any("cp314" in tag or "cp312-cp312" in tag for tag in found)


def test_an_arm_machine_supports_its_own_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "linux-aarch64")
    platforms = supported_platforms()
    machine = ("manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64")
    assert {*machine} <= {*platforms}
    tags_of_arm = supported_tags("3.13")
    for tag in ("cp313-cp313", "cp312-abi3"):
        name = f"anchor-1.0-{tag}-manylinux_2_17_{{}}.manylinux2014_{{}}.whl"
        assert f"{tag}-manylinux_2_17_aarch64" in tags_of_arm
        assert wheel_fits(name.format("aarch64", "aarch64"), "3.13", platforms)
        assert not wheel_fits(name.format("x86_64", "x86_64"), "3.13", platforms)
        assert not wheel_fits(f"anchor-1.0-{tag}-musllinux_1_2_aarch64.whl", "3.13", platforms)


REPORT = {
    "implementation": "cpython",
    "variant": "",
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
    """An interpreter that loads a library, and counts how often it is started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.program, self.library = root / "bin" / "python3", root / "libpython.so"
        self.program.parent.mkdir()
        for path in (self.program, self.library):
            path.write_text("1")
        self.version, self.starts = "3.12.1", 0
        self.files = [str(self.program), str(self.library)]
        time.sleep(0.03)  # a file that has just been written may still change

    def answer(self, command: Command) -> str:
        assert command.argv[0] == str(self.program)
        self.starts += 1
        return json.dumps({**REPORT, "version": self.version, "files": self.files})

    def probe(self, env: Mapping[str, str] | None = None) -> Report | None:
        fake = FakeProcesses(now=no_time, answer=self.answer)
        return probes(self.root, fake, env).probe(self.program)

    @staticmethod
    def version_in(report: Report | None) -> str:
        assert report is not None
        return report["version"]

    @property
    def file(self) -> Path:
        return self.root / "cache" / "probes.json"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def test_the_next_build_reads_the_saved_report(image: Image) -> None:
    first = image.probe()
    assert image.probe() == first
    assert first is not None
    build = first.pop("build")
    assert len(build) == 12
    assert first == REPORT
    assert image.starts == 1


@pytest.mark.parametrize("part", ["program", "library"])
def test_an_interpreter_with_a_replaced_file_is_started(part: str, image: Image) -> None:
    image.probe()
    new = image.root / "new"
    new.write_text("2")
    path = {"program": image.program, "library": image.library}[part]
    shutil.copystat(path, new)
    new.replace(path)
    image.version = "3.12.2"
    time.sleep(0.03)
    report = image.probe()
    assert report is not None
    assert report["version"] == "3.12.2"


@pytest.mark.parametrize("part", ["program", "library"])
def test_an_interpreter_that_is_replaced_under_the_same_version_is_another_build(
    part: str, image: Image
) -> None:
    library = image.library.rename(image.root / "libpython3.12.so.1.0")
    image.files = [str(image.program), str(library), "/lib/libc.so.6"]
    first = image.probe()
    path = {"program": image.program, "library": library}[part]
    (image.root / "new").write_text("2")
    (image.root / "new").replace(path)
    time.sleep(0.03)
    second = image.probe()
    assert first is not None
    assert second is not None
    assert first.pop("build") != second.pop("build")
    assert first == second


def test_an_interpreter_with_the_same_content_is_the_same_build_anywhere(
    image: Image, tmp_path: Path
) -> None:
    first = image.probe()
    (tmp_path / "other").mkdir()
    assert Image(tmp_path / "other").probe() == first


def test_a_program_that_reports_something_else_is_no_interpreter(image: Image) -> None:
    image.files = []
    fake = FakeProcesses(now=no_time, answer=lambda _: '{"version": "3.12.1"}')
    assert probes(image.root, fake).probe(image.program) is None


def test_an_interpreter_with_a_missing_file_is_started(image: Image) -> None:
    image.probe()
    image.library.unlink()
    image.probe()
    assert image.starts == 2


def test_an_interpreter_with_a_new_pyvenv_cfg_is_started(image: Image) -> None:
    image.probe()
    (image.root / "pyvenv.cfg").write_text("home = /elsewhere")
    image.probe()
    assert image.starts == 2


@pytest.mark.parametrize("name", ["LD_LIBRARY_PATH", "_PYTHON_HOST_PLATFORM"])
def test_an_interpreter_with_a_new_relevant_variable_is_started(
    name: str, image: Image
) -> None:
    image.probe({"PATH": "/bin"})
    image.probe({"PATH": "/usr/bin"})
    assert image.starts == 1
    image.probe({name: "/elsewhere"})
    assert image.starts == 2


def test_an_interpreter_is_not_started_for_another_folder_of_the_same_libraries(
    image: Image, tmp_path: Path
) -> None:
    folders = [tmp_path / "build_1" / "lib", tmp_path / "build_2" / "lib"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "libone.so").touch()
        image.probe({"LD_LIBRARY_PATH": f"{folder}:/gone", "LD_RUN_PATH": str(folder)})
    assert image.starts == 1
    (folders[1] / "libpython3.12.so.1.0").touch()
    image.probe({"LD_LIBRARY_PATH": str(folders[1])})
    assert image.starts == 2


def test_an_interpreter_that_has_just_changed_is_started_again(image: Image) -> None:
    image.library.write_text("only just now")
    image.probe()
    image.probe()
    assert image.starts == 2


def test_an_interpreter_without_known_files_is_started_each_time(image: Image) -> None:
    image.files = []
    image.probe()
    image.probe()
    assert image.starts == 2


@pytest.mark.parametrize("content", ["", "nonsense", "{}", "0\n{}"])
def test_a_damaged_file_of_reports_is_ignored(content: str, image: Image) -> None:
    image.file.parent.mkdir()
    image.file.write_text(content)
    assert image.version_in(image.probe()) == "3.12.1"
    image.probe()
    assert image.starts == 1


def test_an_edited_report_is_ignored(image: Image) -> None:
    image.probe()
    image.file.write_text(image.file.read_text().replace("3.12.1", "3.13.9"))
    assert image.version_in(image.probe()) == "3.12.1"


def test_an_interpreter_is_started_each_time_without_a_writable_cache(image: Image) -> None:
    (image.root / "cache").write_text("in the way")
    assert image.version_in(image.probe()) == image.version_in(image.probe()) == "3.12.1"


def test_a_broken_interpreter_has_no_report(image: Image) -> None:
    image.program.write_text("2")
    real = probes(image.root, Processes(now=time.monotonic))
    assert real.probe(image.program) is None
    assert not image.file.exists()


def test_a_real_interpreter_is_started_once(tmp_path: Path) -> None:
    real = Path(os.path.realpath(sys.executable))
    env = {"PATH": os.defpath}
    first = probes(tmp_path, Processes(now=time.monotonic), env).probe(real)
    assert first is not None
    assert first["version"] == ".".join(map(str, sys.version_info[:3]))
    fake = FakeProcesses(now=no_time)
    assert probes(tmp_path, fake, env).probe(real) == first
    assert fake.started == []


def test_slipways_own_process_gives_the_same_report(tmp_path: Path) -> None:
    program = Path(os.path.realpath("/usr/bin/python3"))
    script = """
import json, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from slipway.effects.interpreters import Probes
environment = json.loads(sys.argv[2])
probes = Probes(file=Path(sys.argv[1]), processes=None, environment=environment)
program = Path(sys.executable).resolve()
print(json.dumps([probes.probe(program), probes.probe(program)]))
"""
    argv = [str(program.parent / "python3"), "-I", "-S", "-B", "-c", script]
    lib = [str(ROOT / "lib"), *map(str, sorted(ROOT.glob("vendor/*.whl")))]
    saved = tmp_path / "probes.json"
    first, again = json.loads(
        subprocess.check_output([*argv, str(saved), "{}", *lib], text=True)
    )
    real = probes(tmp_path, Processes(now=time.monotonic)).probe(program)
    assert first == again == real
    reaching = [*argv, str(tmp_path / "other.json"), '{"LD_LIBRARY_PATH": "/x"}', *lib]
    ended = subprocess.run(reaching, capture_output=True, text=True, check=False)
    assert "AttributeError" in ended.stderr, "it is started in a new process"
