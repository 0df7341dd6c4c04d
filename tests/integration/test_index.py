"""What a build requests from an index, and how the settings of indexes affect the lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import sdist, sha256, source, wheel, write_tree
from integration.scenario import PROCFILE

Locked = Callable[[str, Index], str]

ANCHOR = "anchor-1.0-py3-none-any.whl"


@pytest.fixture
def locked(platform: Platform, tmp_path: Path) -> Locked:
    """Build an app with some requirements and only one index, and return its lock."""

    def build(requirements: str, index: Index) -> str:
        result = compiled(platform, tmp_path / "build", requirements, index)
        assert result.status == 0, result.all
        return (tmp_path / "build" / ".slipway" / "lock.txt").read_text("utf-8")

    return build


def compiled(platform: Platform, build: Path, requirements: str, index: Index) -> Result:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    variables = {"SLIPWAY_BUNDLE_PYTHON": "false", "PIP_INDEX_URL": index.url}
    return platform.compile(build, {**variables, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"})


def with_many_files(folder: Path, *, with_hashes: bool = True) -> Index:
    """Return an index that has version 1.0 in several forms, and an older version."""
    index = Index(with_hashes=with_hashes)
    index.add(
        wheel(folder, "anchor", "1.0"),
        wheel(folder, "anchor", "1.0", tag="cp39-cp39-win_amd64"),
        sdist(folder, "anchor", "1.0", source("anchor", "1.0")),
        wheel(folder, "anchor", "0.9"),
    )
    return index


def hashes_of_1_0(index: Index) -> list[str]:
    names = (name for name in index.files if name.startswith("anchor-1.0"))
    return sorted(sha256(index.files[name]) for name in names)


def test_hashes_come_from_the_page_and_no_other_file_is_downloaded(
    locked: Locked, tmp_path: Path
) -> None:
    index = with_many_files(tmp_path)
    with served(index):
        lock = locked("anchor\n", index)
    assert [line.split(":")[-1].strip(" \\") for line in lock.splitlines()[1:]] == (
        hashes_of_1_0(index)
    )
    # Once for its metadata, once to install it: pip does not cache plain HTTP.
    assert {*index.downloads} == {ANCHOR}
    assert index.downloads[ANCHOR] <= 2


@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_all_files_of_a_version_are_locked_in_every_spelling(
    toolchain: str, platform: Platform, tmp_path: Path
) -> None:
    index = Index()
    files = (
        wheel(tmp_path, "anchor", "1"),
        wheel(tmp_path, "anchor", "1.0.0", tag="cp39-cp39-win_amd64"),
        sdist(tmp_path, "anchor", "1.0", source("anchor", "1.0")),
    )
    index.add(*files, wheel(tmp_path, "anchor", "1.0.1"), wheel(tmp_path, "anchor", "3"))
    build = write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": "anchor==1.0\n"})
    with served(index):
        variables = {
            "SLIPWAY_TOOLCHAIN": toolchain,
            "SLIPWAY_BUNDLE_PYTHON": "false",
            "PIP_INDEX_URL": index.url,
            "PIP_FIND_LINKS": "",
        }
        result = platform.compile(build, variables)
    assert result.status == 0, result.all
    lock = (build / ".slipway" / "lock.txt").read_text("utf-8")
    found = [line.split(":")[-1].strip(" \\") for line in lock.splitlines()[1:]]
    assert found == sorted(sha256(file) for file in files)


def test_files_are_downloaded_and_hashed_if_a_page_has_no_hashes(
    locked: Locked, tmp_path: Path
) -> None:
    index = with_many_files(tmp_path, with_hashes=False)
    with served(index):
        lock = locked("anchor\n", index)
    # pip-compile downloads and hashes all files of the version, uv only the selected one.
    found = [digest for digest in hashes_of_1_0(index) if f"--hash=sha256:{digest}" in lock]
    assert found
    assert lock.count("--hash=") == len(found)
    assert "anchor-0.9-py3-none-any.whl" not in index.downloads


def test_index_options_in_a_requirements_file_are_used(locked: Locked, tmp_path: Path) -> None:
    main, extra, ignored = Index(), Index(), Index()
    main.add(wheel(tmp_path, "anchor", "1.0"))
    extra.add(wheel(tmp_path, "boat", "1.0"))
    wheels = tmp_path / "build" / "wheels"
    wheels.mkdir(parents=True)
    wheel(wheels, "cable", "1.0")
    with served(main), served(extra), served(ignored):
        lines = (
            f"--index-url {main.url}",
            f"--extra-index-url={extra.url}",
            "--find-links ./wheels",
            *("anchor", "boat", "cable"),
        )
        lock = locked("".join(f"{line}\n" for line in lines), ignored)
    pins = [line.split()[0] for line in lock.splitlines() if "==" in line]
    assert pins == ["anchor==1.0", "boat==1.0", "cable==1.0"]
    assert not ignored.requests


def test_only_the_hashes_in_the_requirements_are_locked(locked: Locked, tmp_path: Path) -> None:
    index = with_many_files(tmp_path)
    index.add(wheel(tmp_path, "boat", "1.0"))
    digest = sha256(index.files[ANCHOR])
    with served(index):
        lock = locked(f"anchor==1.0 --hash=sha256:{digest}\nboat\n", index)
    assert lock.startswith(f"anchor==1.0 \\\n    --hash=sha256:{digest}\nboat==1.0 \\\n")


def test_a_new_version_is_not_locked_until_the_requirements_change(
    locked: Locked, tmp_path: Path
) -> None:
    index = with_many_files(tmp_path)
    with served(index):
        first = locked("anchor\n", index)
        index.add(wheel(tmp_path, "anchor", "1.1"))
        assert locked("anchor  # held\n", index) == first
        assert locked("anchor>=0.9\n", index).startswith("anchor==1.1 ")
