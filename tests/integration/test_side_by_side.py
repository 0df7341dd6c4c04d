"""What is built, resolved and installed at once comes out as if one came after the other."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from integration.doors import Platform
from integration.ground import PROCFILE
from integration.packages import sdist, wheel, write_tree
from integration.test_ended_builds import command_lines

# The metadata is known before the wheel is: pyproject.toml has all of it.
_STATING = """
[build-system]
requires = []
build-backend = "yard"
backend-path = ["."]

[project]
name = "ensign"
version = "1.0"
"""
_YARD = """
import shutil
from pathlib import Path

{before}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return Path(shutil.copy("made/ensign-1.0-py3-none-any.whl", folder)).name
"""
_NEEDING_ENSIGN = """
[build-system]
requires = ["ensign"]
build-backend = "yard"
backend-path = ["."]
"""
_YARD_WITH_ENSIGN = """
import zipfile
from pathlib import Path

import ensign


def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "davit-1.0.dist-info"
    files = {
        "davit.py": f"built_with = {ensign.__version__!r}",
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: davit\\nVersion: 1.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(Path(folder, "davit-1.0-py3-none-any.whl"), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return "davit-1.0-py3-none-any.whl"
"""


def app_with_ensign(place: Path, requirements: str, before: str = "") -> Path:
    """Write an app that ships a package; `before` is what its build does first."""
    ensign = place / "vendor" / "ensign"
    (ensign / "made").mkdir(parents=True)
    wheel(ensign / "made", "ensign", "1.0")
    write_tree(ensign, {"pyproject.toml": _STATING, "yard.py": _YARD.format(before=before)})
    return write_tree(place, {**PROCFILE, "requirements.txt": requirements})


def settings(toolchain: str, links: Path) -> dict[str, str | bytes]:
    return {
        "SLIPWAY_TOOLCHAIN": toolchain,
        "SLIPWAY_CARRY_PYTHON": "false",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(links),
    }


@pytest.fixture
def links(tmp_path: Path) -> Path:
    (tmp_path / "links").mkdir()
    return tmp_path / "links"


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_what_is_built_with_a_shipped_package_waits_for_its_wheel(
    own: Platform, links: Path, tmp_path: Path, toolchain: str
) -> None:
    """An sdist on the index needs it; what the package says of itself is not enough."""
    needing = {"pyproject.toml": _NEEDING_ENSIGN, "yard.py": _YARD_WITH_ENSIGN}
    sdist(links, "davit", "1.0", needing)
    build = app_with_ensign(tmp_path / "app", "davit\n", "import time; time.sleep(2)")
    ended = own.compile(build, settings(toolchain, links))
    assert ended.status == 0, ended.all
    [module] = (build / ".slipway" / "venv").glob("lib/*/site-packages/davit.py")
    assert module.read_text() == "built_with = '1.0'"
    record = json.loads((build / ".slipway" / "build.json").read_text())
    assert record["packages"] == {"davit": "1.0", "ensign": "1.0"}


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_a_wheel_that_takes_its_time_changes_nothing_but_the_time(
    own: Platform, links: Path, tmp_path: Path, toolchain: str
) -> None:
    """The rest is installed meanwhile; the log, the lock and the environment are the same."""
    for name in ("anchor", "bollard"):
        wheel(links, name, "1.0")
    quick = app_with_ensign(tmp_path / "quick", "anchor\nbollard\n")
    slow = app_with_ensign(tmp_path / "slow", "anchor\nbollard\n", "import time; time.sleep(3)")
    logs = []
    for build in (quick, slow):
        platform = replace(own, cache=tmp_path / f"cache-of-{build.name}")
        ended = platform.compile(build, settings(toolchain, links))
        assert ended.status == 0, ended.all
        logs.append([line for line in ended.out.splitlines() if " s" not in line])
    assert logs[0] == logs[1]
    assert described(quick) == described(slow)


def described(build: Path) -> dict[str, bytes]:
    own = build / ".slipway" / "venv"
    return {
        str(path.relative_to(own)): path.read_bytes()
        for path in own.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_an_end_by_the_platform_ends_both(
    own: Platform, links: Path, tmp_path: Path, toolchain: str
) -> None:
    started = [tmp_path / "one", tmp_path / "two"]
    waiting = [
        f"open({str(path)!r}, 'w'); import subprocess; "
        f"subprocess.call(['sleep', '600.{number}{toolchain == 'uv':d}'])"
        for number, path in enumerate(started, start=7)
    ]
    needing = {
        "pyproject.toml": _NEEDING_ENSIGN.replace('"ensign"', ""),
        "yard.py": f"{waiting[1]}\n{_YARD_WITH_ENSIGN}",
    }
    sdist(links, "davit", "1.0", needing)
    build = app_with_ensign(tmp_path / "app", "davit\n", waiting[0])
    own.set(settings(toolchain, links))
    own.temporary.mkdir()
    process = subprocess.Popen(
        [own.slipway / "bin" / "compile", build, own.cache, own.env_dir],
        env={**own.env, "TMPDIR": str(own.temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not all(path.exists() for path in started):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    left = b"\n".join(command_lines())
    assert f"600.7{toolchain == 'uv':d}".encode() not in left
    assert f"600.8{toolchain == 'uv':d}".encode() not in left
    assert [*own.temporary.glob("slipway-*")] == []  # pip leaves some of its own
