"""Both toolchains make the same app of the same settings, and the log says which one did."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import DEBUG, PATH, Ended, Platform, machine
from integration.conftest import open_to_all
from integration.index import Index, served
from integration.packages import extension, sdist, source, wheel, write_tree
from integration.scenario import PROCFILE
from integration.test_fixtures_served import CONFIG_VARS, EVERY_FIXTURE
from integration.words import assert_error, title

TOOLCHAINS = ("pip-tools", "uv")
UV_AND_IN_LONG_PIP_TOOLS = ["uv", pytest.param("pip-tools", marks=pytest.mark.long)]
"""For what is pip's own: its settings and words need a translation for uv alone."""
DIFFERENT_BY_NATURE = {"lock.txt"}
"""Of an environment's files: its own record says what it was installed by."""

Settings = Callable[[Path, Index], Mapping[str, str]]
"""Writes what it needs into a home folder; gives variables."""


@pytest.fixture(scope="module")
def with_uv(slipway: Path) -> Iterator[Path]:
    """Give a cache that has uv, and nothing else: what is asked of an index is the app's."""
    with open_to_all("uv-") as folder:
        platform = Platform(
            slipway=slipway, folder=folder, cache=folder / "cache", env=machine(PATH=PATH)
        )
        app = write_tree(folder / "app", {**PROCFILE, "requirements.txt": "six\n"})
        variables = {"SLIPWAY_TOOLCHAIN": "uv", "SLIPWAY_BUNDLE_PYTHON": "false"}
        ended = platform.compile(app, variables)
        assert ended.status == 0, ended.all
        for entry in folder.glob("cache/slipway-*/*"):
            if entry.name != "uv":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        yield folder / "cache"


@pytest.fixture
def alone(own: Platform, with_uv: Path) -> Platform:
    """Give a platform that has uv in its cache, and no index but those that a test names."""
    shutil.copytree(with_uv, own.cache, symlinks=True)
    env = {
        name: value for name, value in machine(PATH=PATH).items() if not name.startswith("PIP_")
    }
    home = own.folder / "home"
    home.mkdir()
    return replace(own, env={**env, "HOME": str(home), "PIP_RETRIES": "0"})


@pytest.fixture
def home(alone: Platform) -> Path:
    return Path(alone.env["HOME"])


def contents(folder: Path) -> dict[str, bytes]:
    """Read a tree: links by where they point, files by their content."""
    found = {}
    for parent, folders, names in os.walk(folder):
        for name in (*names, *(one for one in folders if Path(parent, one).is_symlink())):
            path = Path(parent, name)
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = content
    return found


@pytest.fixture(scope="module")
def caches() -> Iterator[Mapping[str, Path]]:
    """Give each toolchain a cache of its own: what one has made the other does not see."""
    with open_to_all("caches-") as folder:
        yield {toolchain: folder / toolchain for toolchain in TOOLCHAINS}


@pytest.mark.parametrize("fixture", EVERY_FIXTURE)
def test_an_app_is_the_same_whichever_toolchain_builds_it(
    fixture: str, platform: Platform, caches: Mapping[str, Path], tmp_path: Path
) -> None:
    made = []
    for toolchain in TOOLCHAINS:
        build = shutil.copytree(FIXTURES / fixture, tmp_path / "build", symlinks=True)
        settings = {"SLIPWAY_TOOLCHAIN": toolchain, "SLIPWAY_BUNDLE_PYTHON": "false"}
        config = {**settings, **CONFIG_VARS.get(fixture, {})}
        replace(platform, cache=caches[toolchain]).build(build, config)
        made.append(platform.move(build, toolchain) / ".slipway")
    by_pip, by_uv = made
    assert (by_pip / "lock.txt").read_text() == (by_uv / "lock.txt").read_text()
    one, other = contents(by_pip / "venv"), contents(by_uv / "venv")
    assert sorted(one) == sorted(other)
    assert {name for name in one if one[name] != other[name]} <= DIFFERENT_BY_NATURE
    records = [json.loads((place / "build.json").read_text()) for place in made]
    assert [record.pop("toolchain") for record in records] == [*TOOLCHAINS]
    assert records[0] == records[1]


def compiled(
    platform: Platform, build: Path, requirements: str, variables: Mapping[str, str]
) -> Ended:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false", **variables})


@contextmanager
def index_of_anchor(folder: Path, **settings: str) -> Iterator[Index]:
    """Serve an index of two versions in several forms."""
    index = Index(**settings)  # type: ignore[arg-type]  # its only text is the user
    index.add_setuptools()
    index.add(
        wheel(folder, "anchor", "1.0"),
        wheel(folder, "anchor", "2.0"),
        wheel(folder, "anchor", "3.0rc1"),
        sdist(folder, "anchor", "2.5", source("anchor", "2.5")),
    )
    with served(index):
        yield index


def by_variable(home: Path, index: Index) -> Mapping[str, str]:
    return {"PIP_INDEX_URL": index.at("ci:token@")}


def by_netrc(home: Path, index: Index) -> Mapping[str, str]:
    write_tree(home, {".netrc": "machine 127.0.0.1 login ci password token\n"})
    (home / ".netrc").chmod(0o600)
    return {"PIP_INDEX_URL": index.url}


def by_pip_conf(home: Path, index: Index) -> Mapping[str, str]:
    config = f"[global]\nindex-url = {index.at('ci:token@')}\n"
    write_tree(home, {".config/pip/pip.conf": config})
    return {}


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
@pytest.mark.parametrize("configure", [by_variable, by_netrc, by_pip_conf])
def test_the_password_of_an_index_is_used(
    configure: Settings, toolchain: str, alone: Platform, home: Path, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path, user="ci:token") as index:
        variables = {**configure(home, index), "SLIPWAY_TOOLCHAIN": toolchain}
        ended = compiled(alone, tmp_path / "build", "anchor<2\n", variables)
    assert ended.status == 0, ended.all
    assert "token" not in ended.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text()
    assert lock.startswith("anchor==1.0 ")
    assert "token" not in lock


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
@pytest.mark.parametrize(
    ("setting", "version"),
    [
        ({}, "2.5"),
        ({"PIP_ONLY_BINARY": ":all:"}, "2.0"),
        ({"lines": "--only-binary anchor"}, "2.0"),
        ({"PIP_PRE": "1"}, "3.0rc1"),
        ({"lines": "anchor>=3.0rc1"}, "3.0rc1"),
        ({"PIP_CONSTRAINT": "held.txt"}, "1.0"),
        ({"PIP_FIND_LINKS": "wheels"}, "4.0"),
        ({"lines": "--find-links ./wheels"}, "4.0"),
        ({"lines": "--no-index\n--find-links ./wheels"}, "4.0"),
    ],
)
def test_a_setting_means_the_same_to_both_toolchains(
    setting: Mapping[str, str], version: str, toolchain: str, alone: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", {"held.txt": "anchor<2\n"})
    (build / "wheels").mkdir()
    wheel(build / "wheels", "anchor", "4.0")
    requirements = f"{setting.get('lines', '')}\nanchor\n"
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain, **setting}
        ended = compiled(alone, build, requirements, variables)
    assert ended.status == 0, ended.all
    lock = (build / ".slipway" / "lock.txt").read_text()
    assert lock.startswith(f"anchor=={version} ")


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
def test_the_best_version_of_several_indexes_is_taken(
    toolchain: str, alone: Platform, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Index()
    other.add(wheel(tmp_path / "other", "anchor", "2.7"))
    with index_of_anchor(tmp_path) as index, served(other):
        indexes = {"PIP_INDEX_URL": index.url, "PIP_EXTRA_INDEX_URL": other.url}
        variables = {"SLIPWAY_TOOLCHAIN": toolchain, **indexes}
        ended = compiled(alone, tmp_path / "build", "anchor\n", variables)
    assert ended.status == 0, ended.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text()
    assert lock.startswith("anchor==2.7 ")


@pytest.fixture
def without_uv(own: Platform) -> Platform:
    return replace(own, env=machine(PATH=PATH))


def test_without_uv_pip_tools_builds(without_uv: Platform, tmp_path: Path) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "PIP_FIND_LINKS": ""}
        ended = compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
    assert ended.status == 0, ended.all
    record = json.loads((tmp_path / "build" / ".slipway" / "build.json").read_text())
    assert record["toolchain"] == "pip-tools"


def test_an_index_without_uv_is_searched_for_it_once_a_day(
    without_uv: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "PIP_FIND_LINKS": ""}
        compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
        asked = index.requests["/simple/uv/"]
        assert asked
        again = compiled(without_uv, tmp_path / "build", "anchor<2.1\n", variables)
        assert again.status == 0, again.all
        assert index.requests["/simple/uv/"] == asked
        with_uv = {**variables, "SLIPWAY_TOOLCHAIN": "uv"}
        compiled(without_uv, tmp_path / "build", "anchor<2.2\n", with_uv)
        assert index.requests["/simple/uv/"] == 2 * asked


def test_a_build_that_requests_uv_stops_without_it(
    without_uv: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {
            "SLIPWAY_TOOLCHAIN": "uv",
            "PIP_INDEX_URL": index.url,
            "PIP_FIND_LINKS": "",
        }
        ended = compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
    assert_error(ended, "uv_not_to_be_had")


def test_an_unchanged_app_needs_no_toolchain(alone: Platform, tmp_path: Path) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, **DEBUG}
        compiled(alone, tmp_path / "build", "anchor<2\n", variables)
        index.requests.clear()
        again = compiled(alone, tmp_path / "build", "anchor<2\n", variables)
        assert again.status == 0, again.all
        assert not index.requests
    assert not [command for command in again.started if "/uv " in command]


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_both_toolchains_report_an_index_that_refuses(
    toolchain: str, alone: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path, user="ci:token") as index:
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        ended = compiled(alone, tmp_path / "build", "anchor\n", variables)
    assert_error(ended, "index_refuses_401")


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
def test_both_toolchains_report_a_missing_header(
    toolchain: str, alone: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        code = "#include <re2/re2.h>\n"
        index.add(sdist(tmp_path, "boat", "1.0", extension("boat", "1.0", code)))
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        ended = compiled(alone, tmp_path / "build", "boat\n", variables)
    assert ended.status == 1
    assert "re2/re2.h" in title(ended.words)
    assert "libre2-dev" in ended.err


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
def test_both_toolchains_report_a_package_for_older_pythons(
    toolchain: str, alone: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        index.add(wheel(tmp_path, "boat", "1.0", metadata="Requires-Python: <3.9\n"))
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        ended = compiled(alone, tmp_path / "build", "boat\n", variables)
    assert_error(ended, "package_for_older_pythons")
    assert "needs Python <3.9" in ended.err
