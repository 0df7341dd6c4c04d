"""A token that the index asks for is in no file of a build, no file of the cache and no log."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from integration.classic_platform import Ended, Platform
from integration.index import Index, served
from integration.packages import sdist, source, wheel, write_tree
from integration.words import assert_error

WORD = "s3cr3t/t0k&n-Z"
USER = f"ci:{WORD}"
ENCODED = f"ci:{quote(WORD, safe='')}@"
TRACES = {
    WORD.encode(),
    quote(WORD).encode(),
    quote(WORD, safe="").encode(),
    base64.b64encode(USER.encode()),
    base64.b64encode(WORD.encode()).rstrip(b"=")[:-1],
    base64.urlsafe_b64encode(USER.encode()),
}
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}


@contextmanager
def private_index(folder: Path) -> Iterator[Index]:
    index = Index(user=USER)
    index.add_setuptools()
    index.add(wheel(folder, "anchor", "1.0"))
    index.add(sdist(folder, "boat", "1.0", source("boat", "1.0")))
    with served(index):
        yield index


def assert_no_trace(*folders: Path, ended: Ended) -> None:
    assert not [trace for trace in TRACES if trace in ended.all.encode()], ended.all
    for folder in folders:
        for parent, _, names in os.walk(folder):
            assert not [trace for trace in TRACES if trace in os.fsencode(parent)]
            for path in (Path(parent, name) for name in names):
                content = path.read_bytes() if path.is_file() else b""
                assert not [trace for trace in TRACES if trace in content], path


def compile_with(
    platform: Platform, build: Path, requirements: str, config_vars: dict[str, str]
) -> Ended:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false", **config_vars})


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"])
def test_a_token_in_the_address_of_an_index(own: Platform, tmp_path: Path, name: str) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        requirements = "anchor\nboat\n"
        ended = compile_with(own, build, requirements, {name: index.at(ENCODED)})
    assert ended.status == 0, ended.all
    assert index.downloads["boat-1.0.tar.gz"] >= 1
    assert_no_trace(build / ".slipway", own.cache, own.temporary, ended=ended)


def test_a_token_in_the_address_of_a_package(own: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        address = index.file_url("anchor-1.0-py3-none-any.whl")
        address = address.replace("http://", "http://ci:${ANCHOR_TOKEN}@")
        variables = {"ANCHOR_TOKEN": quote(WORD, safe="")}
        ended = compile_with(own, build, f"anchor @ {address}\n", variables)
    assert ended.status == 0, ended.all
    assert b"# from anchor @ http://127.0.0.1" in (build / ".slipway/lock.txt").read_bytes()
    assert_no_trace(build / ".slipway", own.cache, own.temporary, ended=ended)


def test_a_token_in_a_line_of_the_requirements(own: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        line = f"--extra-index-url {index.at('ci:${ANCHOR_TOKEN}@')}\nanchor\n"
        variables = {"ANCHOR_TOKEN": quote(WORD, safe="")}
        ended = compile_with(own, build, line, variables)
    assert ended.status == 0, ended.all
    assert_no_trace(build / ".slipway", own.cache, own.temporary, ended=ended)


def test_a_token_in_an_error(own: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        address = index.at(ENCODED.replace("ci:", "nobody:"))
        ended = compile_with(own, build, "anchor\n", {"PIP_INDEX_URL": address})
    assert_error(ended, "index_refuses_401")
    assert_no_trace(build, own.cache, own.temporary, ended=ended)
