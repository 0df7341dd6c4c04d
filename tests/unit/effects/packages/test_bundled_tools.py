"""The vendored tools are unpacked once, and only if they are those that were vendored."""

from __future__ import annotations

import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier

import pytest

from slipway.toolchains.pip_tools import bundled_tools
from slipway.toolchains.pip_tools.bundled_tools import WheelTampered, open_bundled_tools


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Make a folder of wheels with their hashes, as vendor/ is."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    make_wheel(folder, "pip-1-py3-none-any.whl", "pip/__init__.py", "pip-1.dist-info/METADATA")
    make_wheel(
        folder, "virtualenv-1-py3-none-any.whl", "virtualenv/seed.whl", "virtualenv/a.py"
    )
    return folder


def make_wheel(vendor: Path, name: str, *files: str) -> None:
    with zipfile.ZipFile(vendor / name, "w") as archive:
        for file in files:
            archive.writestr(file, f"# {file}")
    digest = hashlib.sha256((vendor / name).read_bytes()).hexdigest()
    with (vendor / "wheels.txt").open("a") as stream:
        stream.write(f"{name.split('-')[0]}==1 --hash=sha256:{digest}  # {name}\n")


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_the_tools_are_unpacked_and_pip_by_itself(vendor: Path, tmp_path: Path) -> None:
    tools = open_bundled_tools(vendor, tmp_path / "cache")
    assert names(tools.everything) == [
        "pip-1.dist-info/METADATA",
        "virtualenv/a.py",
    ]
    assert names(tools.pip_alone) == ["pip/__init__.py"]


def test_what_runs_backends_is_unpacked_without_the_rest(vendor: Path, tmp_path: Path) -> None:
    make_wheel(vendor, "build-1-py3-none-any.whl", "build/__init__.py")
    tools = open_bundled_tools(vendor, tmp_path / "cache")
    assert names(tools.for_backends) == ["build/__init__.py"]
    assert len(list((tmp_path / "cache" / "tools").iterdir())) == 1


def test_they_are_unpacked_once(vendor: Path, tmp_path: Path) -> None:
    first = open_bundled_tools(vendor, tmp_path / "cache")
    (first.everything / "mark").touch()
    assert (open_bundled_tools(vendor, tmp_path / "cache").everything / "mark").exists()


@pytest.mark.parametrize("asked_by", ["one build", "many builds"])
def test_they_may_be_asked_for_at_the_same_moment(
    asked_by: str, vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if asked_by == "many builds":
        monkeypatch.setattr(bundled_tools, "_ONE_AT_A_TIME", nullcontext())
    starting = Barrier(8)

    def unpacked(_: int) -> Path:
        starting.wait()
        return open_bundled_tools(vendor, tmp_path / "cache").everything

    with ThreadPoolExecutor(8) as threads:
        (place,) = {*threads.map(unpacked, range(8))}
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert "virtualenv/a.py" in names(place)


def test_other_wheels_are_other_tools(vendor: Path, tmp_path: Path) -> None:
    first = open_bundled_tools(vendor, tmp_path / "cache").everything
    make_wheel(vendor, "wheel-1-py3-none-any.whl", "wheel/__init__.py")
    second = open_bundled_tools(vendor, tmp_path / "cache").everything
    assert first != second
    assert (second / "wheel").is_dir()


def test_a_wheel_that_was_tampered_with_is_not_unpacked(vendor: Path, tmp_path: Path) -> None:
    wheel = vendor / "pip-1-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(WheelTampered, match="pip-1"):
        names(open_bundled_tools(vendor, tmp_path / "cache").everything)
    assert names(tmp_path / "cache") == []


def test_a_wheel_that_is_not_listed_is_not_unpacked(vendor: Path, tmp_path: Path) -> None:
    (vendor / "evil-1-py3-none-any.whl").write_bytes(b"PK")
    with pytest.raises(WheelTampered, match="evil"):
        names(open_bundled_tools(vendor, tmp_path / "cache").everything)


def test_another_user_can_read_what_was_unpacked(vendor: Path, tmp_path: Path) -> None:
    tools = open_bundled_tools(vendor, tmp_path / "cache")
    assert tools.everything.stat().st_mode & 0o777 == 0o755


def test_a_build_that_needs_no_tool_unpacks_none(vendor: Path, tmp_path: Path) -> None:
    open_bundled_tools(vendor, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
