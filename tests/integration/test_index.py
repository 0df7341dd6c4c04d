"""What a build requests from an index, how settings affect the lock, and what if it fails."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import sdist, sha256, source, wheel, write_tree
from integration.scenario import PROCFILE
from integration.test_field import title_of
from integration.test_fixtures_served import sentences

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


UNREACHABLE = "Packages cannot be downloaded"
NO_LIST = "An index does not list the files of a package"
BUSY = "A server limits requests for packages (status 429)"
SLOWEST = 60.0
"""In seconds: the longest time that a build may take until it reports a fault."""
FAULTS = {
    "page-429": (BUSY, "too many requests"),
    "file-429": (BUSY, "too many requests"),
    "page-500": (UNREACHABLE, "status 500 (Internal Server Error)"),
    "page-503": (UNREACHABLE, "status 503 (Service Unavailable)"),
    "file-502": (UNREACHABLE, "status 502 (Bad Gateway)"),
    "page-sign-in page": (NO_LIST, "lists no files"),
    "page-other type": (NO_LIST, "has the type application/json"),
    "file-sign-in page": ("A file does not have the expected hash", "anchor"),
    "page-redirects": (UNREACHABLE, "it redirects in a loop"),
    "file-redirects": (UNREACHABLE, "it redirects in a loop"),
    "page-cut": (UNREACHABLE, "ended before the whole response was received"),
    "file-cut": (UNREACHABLE, "ended before the whole response was received"),
    "page-closed": (UNREACHABLE, "onnection"),
    "page-silent": (UNREACHABLE, "127.0.0.1"),
    "file-changed": ("A file does not have the expected hash", "anchor"),
    "page-401": ("Access to packages is denied (status 401)", "/simple/anchor/"),
    "page-403": ("Access to packages is denied (status 403)", "/simple/anchor/"),
    "file-403": ("Access to packages is denied (status 403)", ANCHOR),
    "page-404": ("A package is not on the index", "requirements.txt:1 requires anchor"),
    "file-404": ("A file is not on its server (status 404)", ANCHOR),
}
"""Where and what the fault is -> the title of the error, and a passage."""
IN_CI = {("page-429", "uv")}


@pytest.mark.parametrize(
    ("fault", "toolchain"),
    [
        pytest.param(
            fault,
            toolchain,
            id=f"{fault}-{toolchain}",
            marks=() if (fault, toolchain) in IN_CI else pytest.mark.long,
        )
        for fault in FAULTS
        for toolchain in ("uv", "pip-tools")
    ],
)
def test_a_fault_of_an_index_has_its_words_and_a_limited_time(
    fault: str, toolchain: str, platform: Platform, tmp_path: Path
) -> None:
    place, _, kind = fault.partition("-")
    title, passage = FAULTS[fault]
    index = Index(page_fault=kind) if place == "page" else Index(file_fault=kind)
    index.add(wheel(tmp_path, "anchor", "1.0"))
    variables = {
        "SLIPWAY_TOOLCHAIN": toolchain,
        "PIP_RETRIES": "1",
        "PIP_DEFAULT_TIMEOUT": "2" if kind == "silent" else "15",
    }
    start = time.monotonic()
    with served(index):
        result = stopped(platform, tmp_path / "build", "anchor\n", index, variables)
    assert time.monotonic() - start < SLOWEST
    assert title_of(result) == title, result.all
    assert passage in sentences(result.err), result.all


def stopped(
    platform: Platform,
    build: Path,
    requirements: str,
    index: Index,
    config_vars: Mapping[str, str],
) -> Result:
    """Build an app that cannot be built."""
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    always = {"SLIPWAY_BUNDLE_PYTHON": "false", "PIP_INDEX_URL": index.url}
    always["PIP_FIND_LINKS"] = ""
    result = platform.compile(build, {**always, **config_vars})
    assert result.status == 1, result.all
    assert "Traceback" not in result.err, result.all
    return result


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        ("404", "A file is not on its server (status 404)"),
        ("sign-in page", "A downloaded file is not an archive"),
    ],
)
def test_a_url_without_an_archive_is_reported_with_its_line(
    fault: str, title: str, platform: Platform, tmp_path: Path
) -> None:
    index = Index(file_fault=fault)
    index.add(wheel(tmp_path, "anchor", "1.0"))
    with served(index):
        line = f"# ours\nanchor @ {index.file_url('anchor-1.0.zip')}\n"
        if fault != "404":
            (tmp_path / "anchor-1.0.zip").write_bytes(b"")
            index.files["anchor-1.0.zip"] = tmp_path / "anchor-1.0.zip"
        result = stopped(platform, tmp_path / "build", line, index, {})
    assert title_of(result) == title, result.all
    assert "requirements.txt:2 requires anchor @" in sentences(result.err)


@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
def test_an_unreachable_index_is_connected_with_what_is_not_vendored(
    toolchain: str, platform: Platform, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    (build / "vendor").mkdir(parents=True)
    sdist(build / "vendor", "anchor", "1.0", source("anchor", "1.0"))
    unserved = Index(port=1)
    variables = {"SLIPWAY_TOOLCHAIN": toolchain, "PIP_RETRIES": "0"}
    result = stopped(platform, build, "anchor\n", unserved, variables)
    said = sentences(result.err)
    assert title_of(result) == UNREACHABLE, result.all
    assert "vendor/build/ has nothing for setuptools" in said, result.all
    assert "vendor/anchor-1.0.tar.gz requires setuptools" in said, result.all
    assert "SLIPWAY_OFFLINE=true" in said
    # Follow the advice: the same file that the command would download, and the variable.
    [setuptools] = (ROOT / "vendor").glob("setuptools-*.whl")
    (build / "vendor" / "build").mkdir()
    shutil.copy(setuptools, build / "vendor" / "build")
    config_vars = {"SLIPWAY_OFFLINE": "true", "SLIPWAY_BUNDLE_PYTHON": "false"}
    followed = platform.compile(build, config_vars)
    assert followed.status == 0, followed.all
