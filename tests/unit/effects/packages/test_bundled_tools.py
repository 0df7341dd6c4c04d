"""The vendored tools are unpacked once, and only if they have the listed hashes."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from slipway.effects.packages.bundled_tools import (
    BundledTools,
    WheelTampered,
    extract_program,
)


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Create a folder like vendor/, with wheels and their hashes."""
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
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "sha256"]
    return sorted(str(path.relative_to(root)) for path in files)


def test_pip_is_unpacked_separately_from_the_other_tools(vendor: Path, tmp_path: Path) -> None:
    tools = BundledTools(vendor, tmp_path / "cache")
    assert names(tools.everything) == [
        "pip-1.dist-info/METADATA",
        "virtualenv/a.py",
    ]
    assert names(tools.pip_alone) == ["pip/__init__.py"]


def test_the_tools_for_backends_are_unpacked_without_the_rest(
    vendor: Path, tmp_path: Path
) -> None:
    make_wheel(vendor, "build-1-py3-none-any.whl", "build/__init__.py")
    tools = BundledTools(vendor, tmp_path / "cache")
    assert names(tools.for_backends) == ["build/__init__.py"]
    assert len(list((tmp_path / "cache" / "tools").iterdir())) == 1


def test_tools_are_unpacked_once(vendor: Path, tmp_path: Path) -> None:
    first = BundledTools(vendor, tmp_path / "cache").everything
    before = (first / "virtualenv" / "a.py").stat().st_ino
    bytecode = first / "virtualenv" / "__pycache__"
    bytecode.mkdir()
    again = BundledTools(vendor, tmp_path / "cache").everything
    assert (again / "virtualenv" / "a.py").stat().st_ino == before
    assert bytecode.exists()


@pytest.mark.parametrize("damage", ["garbage", "missing", "more", "empty", "no folder"])
def test_damaged_tools_are_unpacked_again(damage: str, vendor: Path, tmp_path: Path) -> None:
    place = BundledTools(vendor, tmp_path / "cache").pip_alone
    module = place / "pip" / "__init__.py"
    match damage:
        case "garbage":
            module.write_text("garbage")
        case "missing":
            module.unlink()
        case "more":
            (place / "pip" / "more.py").touch()
        case _:
            shutil.rmtree(place)
            if damage == "empty":
                place.mkdir()
            else:
                place.touch()
    assert names(BundledTools(vendor, tmp_path / "cache").pip_alone) == ["pip/__init__.py"]
    assert module.read_text() == "# pip/__init__.py"


def test_tools_are_marked_as_used(vendor: Path, tmp_path: Path) -> None:
    place = BundledTools(vendor, tmp_path / "cache").everything
    os.utime(place, (1, 1))
    assert BundledTools(vendor, tmp_path / "cache").everything == place
    assert place.stat().st_mtime > 1


def test_concurrent_builds_may_unpack_the_same_tools(vendor: Path, tmp_path: Path) -> None:
    starting = Barrier(8)

    def unpacked(_: int) -> Path:
        starting.wait()
        return BundledTools(vendor, tmp_path / "cache").everything

    with ThreadPoolExecutor(8) as threads:
        (place,) = {*threads.map(unpacked, range(8))}
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert "virtualenv/a.py" in names(place)


def test_other_wheels_are_unpacked_to_another_folder(vendor: Path, tmp_path: Path) -> None:
    first = BundledTools(vendor, tmp_path / "cache").everything
    make_wheel(vendor, "wheel-1-py3-none-any.whl", "wheel/__init__.py")
    second = BundledTools(vendor, tmp_path / "cache").everything
    assert first != second
    assert (second / "wheel").is_dir()


def test_a_wheel_that_was_tampered_with_is_not_unpacked(vendor: Path, tmp_path: Path) -> None:
    wheel = vendor / "pip-1-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(WheelTampered, match="pip-1"):
        names(BundledTools(vendor, tmp_path / "cache").everything)
    assert names(tmp_path / "cache") == []


def test_a_wheel_that_is_not_listed_is_not_unpacked(vendor: Path, tmp_path: Path) -> None:
    (vendor / "evil-1-py3-none-any.whl").write_bytes(b"PK")
    with pytest.raises(WheelTampered, match="evil"):
        names(BundledTools(vendor, tmp_path / "cache").everything)


def test_another_user_can_read_the_unpacked_tools(vendor: Path, tmp_path: Path) -> None:
    tools = BundledTools(vendor, tmp_path / "cache")
    assert tools.everything.stat().st_mode & 0o777 == 0o755


def test_a_build_that_needs_no_tools_unpacks_none(vendor: Path, tmp_path: Path) -> None:
    BundledTools(vendor, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_program_is_extracted_from_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "uv-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv-1.data/scripts/uvx", "another one")
        archive.writestr("uv-1.data/scripts/uv", "the program")
    place = tmp_path / "cache" / "uv"
    for _ in range(2):
        extract_program(wheel, "uv", place)
        assert place.read_text() == "the program"
        assert place.stat().st_mode & 0o777 == 0o755
        assert [*place.parent.iterdir()] == [place]
