"""A backend that is imported once does what one does that is started for each question."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.toolchains.backends import Backends
from slipway.toolchains.reproducible import SAME_EACH_TIME
from unit.samples import write_files

# What `build` does by itself, with a process for each question.
EACH_STARTED = """
import json, sys
sys.path.insert(0, sys.argv.pop(1))
from build import BuildBackendException, ProjectBuilder
report, python, source, into, *_ = sys.argv[1:]
try:
    builder = ProjectBuilder(source, python)
    builder.get_requires_for_build("wheel")
    result = {"outcome": "built", "wheel": builder.build("wheel", into)}
except BuildBackendException as error:
    result = {"outcome": "failed", "reason": str(error)}
with open(report, "w") as stream:
    json.dump(result, stream)
"""
COUNTS_STARTS = "import os; open({file!r}, 'a').write(f'{{os.getpid()}}\\n')\n"

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "acme"
version = "1.0"
"""
SETUP = "from setuptools import setup\nsetup(name='acme', version='1.0', py_modules=['acme'])\n"

# In the place of setuptools, and quick.
BACKEND = """
{code}

import os
seen = []


def get_requires_for_build_wheel(config_settings=None):
    seen.append("the first question")
    print("asked", seen, flush=True)
    return []


def build_wheel(into, config_settings=None, metadata_directory=None):
    seen.append("the second question")
    print("asked", seen, flush=True)
    with open(os.path.join(into, "acme-1.0-py3-none-any.whl"), "w") as wheel:
        wheel.write("a wheel")
    return "acme-1.0-py3-none-any.whl"
"""
STARTS_A_THREAD = """
import threading, time
threading.Thread(target=time.sleep, args=[0.3]).start()
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    report: Mapping[str, str]
    output: str
    wheel: bytes
    starts: int
    """How often the Python of the environment was started."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """An environment of a package, and a folder for what is built in it."""

    root: Path
    tools: Path

    @property
    def packages(self) -> Path:
        [found] = self.root.glob("env/lib/python*/site-packages")
        return found

    def run(self, files: Mapping[str, str], script: Path) -> Result:
        work = self.root / script.stem
        for folder in ("into", "tmp"):
            (work / folder).mkdir(parents=True)
        source = write_files(work / "source", files)
        for path in source.iterdir():
            os.utime(path, (1_600_000_000, 1_600_000_000))
        starts = work / "starts"
        starts.touch()
        line = COUNTS_STARTS.format(file=str(starts))
        (self.packages / "starts.pth").write_text(line, "utf-8")
        python = self.root / "env" / "bin" / "python"
        places = (script, self.tools, work / "report", python, source, work / "into")
        ended = subprocess.run(
            [sys.executable, "-I", "-S", *map(str, places), "setuptools"],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(work / "tmp"), **SAME_EACH_TIME},
            cwd=source,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        told = (work / "report").read_text("utf-8") + "\0" + ended.stdout
        # Folders for a moment have random names.
        told = re.sub(r"(tmp/tmp|\.tmp-)\w+", r"\1", told.replace(str(work), "WORK"))
        report, _, output = told.partition("\0")
        wheels = [path.read_bytes() for path in (work / "into").glob("*.whl")]
        return Result(
            report=json.loads(report),
            output=output,
            wheel=b"".join(wheels),
            starts=len(set(starts.read_text("utf-8").split())),
        )


@pytest.fixture
def site(tmp_path: Path, backends: Backends) -> Site:
    venv.create(tmp_path / "env", symlinks=True)
    return Site(root=tmp_path, tools=backends.tools())


@pytest.fixture
def with_setuptools(site: Site) -> Site:
    [wheel] = (ROOT / "vendor").glob("setuptools-*.whl")
    with zipfile.ZipFile(wheel) as zipped:
        zipped.extractall(site.packages)
    return site


def results(site: Site, files: Mapping[str, str]) -> tuple[Result, Result]:
    """Build with a backend that is imported once, and with one that is started each time."""
    each = site.root / "each_started.py"
    each.write_text(EACH_STARTED, "utf-8")
    ours = site.run(files, ROOT / "lib" / "inside" / "build_wheel.py")
    return ours, site.run(files, each)


def assert_same(ours: Result, theirs: Result) -> None:
    assert ours.report == theirs.report
    assert ours.output == theirs.output
    assert ours.wheel == theirs.wheel


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pyproject.toml": PYPROJECT}, id="pyproject"),
        pytest.param({"setup.py": SETUP}, id="legacy"),
    ],
)
def test_setuptools_is_started_once_and_makes_the_same_wheel(
    with_setuptools: Site, files: Mapping[str, str]
) -> None:
    ours, theirs = results(with_setuptools, {**files, "acme.py": "A = 1\n"})
    assert_same(ours, theirs)
    assert ours.report["outcome"] == "built"
    assert "running bdist_wheel" in ours.output
    assert (ours.starts, theirs.starts) == (1, 2)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def build():\n    1 / 0\nbuild()", id="raises"),
        pytest.param("import sys\nsys.exit('the tide is out')", id="exits"),
        pytest.param("import os\nprint('gone', flush=True)\nos._exit(3)", id="ends-at-once"),
        pytest.param("import os\nos.kill(os.getpid(), 9)", id="is-killed"),
        pytest.param("raise KeyboardInterrupt", id="is-interrupted"),
        pytest.param(
            "import sys\nprint(sys.argv, sys.path[1:], repr(sys.stdin.read()))\n" + SETUP,
            id="looks-around",
        ),
        pytest.param(
            "import warnings\nwarnings.warn('it may rain')\n" + SETUP,
            id="warns",
        ),
    ],
)
def test_what_a_setup_script_does_is_seen_as_ever(with_setuptools: Site, code: str) -> None:
    files = {"setup.py": f"{code}\n", "acme.py": "A = 1\n"}
    ours, theirs = results(with_setuptools, files)
    assert_same(ours, theirs)
    assert ours.starts == 1


def test_what_setuptools_asks_for_besides_is_told(with_setuptools: Site) -> None:
    code = SETUP.replace("version='1.0'", "setup_requires=['acme-rules>1', 'setuptools']")
    script = ROOT / "lib" / "inside" / "build_wheel.py"
    asked = with_setuptools.run({"setup.py": code}, script)
    assert asked.report == {"outcome": "needs", "requires": ["acme-rules>1"]}


def with_backend(site: Site, code: str) -> tuple[Result, Result]:
    write_files(
        site.packages,
        {"setuptools/__init__.py": "", "setuptools/build_meta.py": BACKEND.format(code=code)},
    )
    return results(site, {"pyproject.toml": PYPROJECT})


def test_a_question_leaves_nothing_behind_for_the_next(site: Site) -> None:
    ours, theirs = with_backend(site, "")
    assert_same(ours, theirs)
    assert ours.output == "asked ['the first question']\nasked ['the second question']\n"
    assert ours.starts == 1


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("print('hello')", id="prints"),
        pytest.param("import os\nos.write(2, b'hello\\n')", id="writes"),
        pytest.param("import warnings\nwarnings.warn('it may rain')", id="warns"),
        pytest.param(STARTS_A_THREAD, id="starts-a-thread"),
        pytest.param("raise ImportError('no such luck')", id="is-not-there"),
        pytest.param("1 / 0", id="raises"),
        pytest.param("raise SystemExit('the tide is out')", id="exits"),
        pytest.param("import os\nos._exit(3)", id="ends-at-once"),
        pytest.param("import os\nos.kill(os.getpid(), 9)", id="is-killed"),
    ],
)
def test_a_backend_that_does_more_than_to_be_imported_is_started_each_time(
    site: Site, code: str
) -> None:
    ours, theirs = with_backend(site, code)
    assert_same(ours, theirs)
    assert ours.starts == theirs.starts + 1, "it was tried"


def test_a_backend_in_the_tree_is_asked_instead_of_the_one_of_its_name(site: Site) -> None:
    write_files(site.packages, {"setuptools/build_meta.py": "", "setuptools/__init__.py": ""})
    in_tree = PYPROJECT.replace("[project]", 'backend-path = ["."]\n[project]')
    files = {"setuptools/__init__.py": "", "setuptools/build_meta.py": BACKEND.format(code="")}
    ours, theirs = results(site, {"pyproject.toml": in_tree, **files})
    assert_same(ours, theirs)
    assert "asked ['the first question']" in ours.output
