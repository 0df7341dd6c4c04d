"""How many requests the choice of a Python costs: one a pinned package, once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import wheel, write_tree

NAMES = ("anchor", "buoy", "capstan", "davit")
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}
PINNED = {**PROCFILE, "requirements.txt": "".join(f"{name}==1.0\n" for name in NAMES)}
CHANGED = {**PINNED, "requirements.txt": PINNED["requirements.txt"].replace("t==1.0", "t==2.0")}
UNPINNED = {**PROCFILE, "requirements.txt": "".join(f"{name}\n" for name in NAMES)}
PAGES = [f"/simple/{name}/" for name in NAMES]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(max_age=600)
    for name in NAMES:
        index.add(*(wheel(tmp_path, name, version) for version in ("1.0", "2.0")))
    with served(index):
        yield index


class Builds:
    """Builds an app without a version file, several times."""

    def __init__(self, platform: Platform, index: Index, toolchain: str) -> None:
        self.platform, self.index = platform, index
        self.variables = {
            "PIP_INDEX_URL": index.url,
            "PIP_FIND_LINKS": "",
            # pip has no cache for an address that is not encrypted, unless it is trusted.
            "PIP_TRUSTED_HOST": index.host,
            "PIP_RETRIES": "0",
            "SLIPWAY_TOOLCHAIN": toolchain,
            "SLIPWAY_BUNDLE_PYTHON": "false",
        }

    def pages(self, files: dict[str, str], **variables: str) -> dict[str, int]:
        """Build, and return how often each page was requested."""
        self.index.requests.clear()
        self.log = self.build(files, **variables).out
        found = self.index.requests
        return {path: found[path] for path in found if path.startswith("/simple/")}

    def build(self, files: dict[str, str], **variables: str) -> Result:
        app = self.platform.folder / "build"
        shutil.rmtree(app, ignore_errors=True)
        result = self.platform.compile(write_tree(app, files), {**self.variables, **variables})
        assert result.status == 0, result.all
        return result


@pytest.mark.parametrize("toolchain", ["uv", pytest.param("pip-tools", marks=pytest.mark.long)])
def test_each_pinned_package_costs_one_request_and_an_unchanged_build_none(
    toolchain: str, fresh_platform: Platform, index: Index
) -> None:
    builds = Builds(fresh_platform, index, toolchain)
    requested = builds.pages({**PINNED, ".python-version": "3.11\n"})
    shutil.rmtree(fresh_platform.cache)
    # uv reads the pages itself; pip-compile takes them from the cache.
    more = 1 if toolchain == "uv" else 0
    assert builds.pages(PINNED) == {page: requested[page] + more for page in PAGES}
    assert builds.pages(PINNED) == {}
    assert "as in the last build" in builds.log


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_a_changed_pin_is_asked_for_alone(
    toolchain: str, fresh_platform: Platform, index: Index
) -> None:
    builds = Builds(fresh_platform, index, toolchain)
    builds.build({**PINNED, ".python-version": "3.11\n"})
    with_version_file = builds.pages({**CHANGED, ".python-version": "3.11\n"})
    shutil.rmtree(fresh_platform.cache)
    builds.build(PINNED)
    chosen = builds.pages(CHANGED)
    more = {path: chosen[path] - with_version_file.get(path, 0) for path in chosen}
    changed = {f"/simple/{name}/" for name in NAMES if name.endswith("t")}
    assert {path for path, count in more.items() if count > 0} <= changed


@pytest.mark.long
def test_without_pins_or_a_network_no_index_is_asked(
    fresh_platform: Platform, index: Index, tmp_path: Path
) -> None:
    builds = Builds(fresh_platform, index, "uv")
    assert builds.pages(UNPINNED) == dict.fromkeys(PAGES, 1)  # by uv
    shutil.rmtree(fresh_platform.cache)
    vendored = {
        f"vendor/{path.name}": path.read_bytes() for path in tmp_path.glob("*-1.0-*.whl")
    }
    app = write_tree(tmp_path / "vendored", PINNED)
    for name, content in vendored.items():
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_bytes(content)
    index.requests.clear()
    result = fresh_platform.compile(app, {**builds.variables, "SLIPWAY_OFFLINE": "true"})
    assert result.status == 0, result.all
    assert not index.requests
    assert "could not be asked" not in result.out


@pytest.mark.long
def test_an_index_that_fails_is_named_and_the_newest_python_is_used(
    fresh_platform: Platform, index: Index, tmp_path: Path
) -> None:
    """What the app pins can be installed all the same: the folder has it."""
    options = f"--find-links {tmp_path.as_uri()}\n"
    files = {**PINNED, "requirements.txt": options + PINNED["requirements.txt"]}
    index.status = 503
    result = Builds(fresh_platform, index, "pip-tools").build(files)
    said = " ".join(result.out.split())
    assert "No file requests a version, so Slipway uses the newest available" in said
    assert "it responded with a server error. Slipway assumes that they fit" in said
