"""The token for an index is not in the files of a build, the cache or the log."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import sdist, source, wheel, write_tree
from integration.words import assert_error

TOKEN = "s3cr3t/t0k&n-Z"  # noqa: S105  # of the test index
USER = f"ci:{TOKEN}"
ENCODED = f"ci:{quote(TOKEN, safe='')}@"
TRACES = {
    TOKEN.encode(),
    quote(TOKEN).encode(),
    quote(TOKEN, safe="").encode(),
    base64.b64encode(USER.encode()),
    base64.b64encode(TOKEN.encode()).rstrip(b"=")[:-1],
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


def assert_no_trace(*folders: Path, result: Result) -> None:
    assert not [trace for trace in TRACES if trace in result.all.encode()], result.all
    for folder in folders:
        for parent, _, names in os.walk(folder):
            assert not [trace for trace in TRACES if trace in os.fsencode(parent)]
            for path in (Path(parent, name) for name in names):
                content = path.read_bytes() if path.is_file() else b""
                assert not [trace for trace in TRACES if trace in content], path


def compile_with(
    platform: Platform, build: Path, requirements: str, config_vars: dict[str, str]
) -> Result:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false", **config_vars})


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"])
def test_a_token_in_the_url_of_an_index_is_not_stored(
    fresh_platform: Platform, tmp_path: Path, name: str
) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        requirements = "anchor\nboat\n"
        result = compile_with(fresh_platform, build, requirements, {name: index.at(ENCODED)})
    assert result.status == 0, result.all
    assert index.downloads["boat-1.0.tar.gz"] >= 1
    assert_no_trace(
        build / ".slipway", fresh_platform.cache, fresh_platform.temporary, result=result
    )


def test_a_token_in_the_url_of_a_package_is_not_stored(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        url = index.file_url("anchor-1.0-py3-none-any.whl")
        url = url.replace("http://", "http://ci:${ANCHOR_TOKEN}@")
        variables = {"ANCHOR_TOKEN": quote(TOKEN, safe="")}
        result = compile_with(fresh_platform, build, f"anchor @ {url}\n", variables)
    assert result.status == 0, result.all
    assert b"# from anchor @ http://127.0.0.1" in (build / ".slipway/lock.txt").read_bytes()
    assert_no_trace(
        build / ".slipway", fresh_platform.cache, fresh_platform.temporary, result=result
    )


def test_a_token_in_an_option_of_the_requirements_is_not_stored(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        line = f"--extra-index-url {index.at('ci:${ANCHOR_TOKEN}@')}\nanchor\n"
        variables = {"ANCHOR_TOKEN": quote(TOKEN, safe="")}
        result = compile_with(fresh_platform, build, line, variables)
    assert result.status == 0, result.all
    assert_no_trace(
        build / ".slipway", fresh_platform.cache, fresh_platform.temporary, result=result
    )


def test_a_token_is_not_in_an_error(fresh_platform: Platform, tmp_path: Path) -> None:
    build = tmp_path / "build"
    with private_index(tmp_path) as index:
        url = index.at(ENCODED.replace("ci:", "nobody:"))
        result = compile_with(fresh_platform, build, "anchor\n", {"PIP_INDEX_URL": url})
    assert_error(result, "index_refuses_401")
    assert_no_trace(build, fresh_platform.cache, fresh_platform.temporary, result=result)
