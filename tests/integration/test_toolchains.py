"""Both toolchains make the same app with the same settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import DEBUG, PATH, Platform, Result, machine_env
from integration.conftest import open_to_all
from integration.index import Index, served
from integration.packages import extension, sdist, source, wheel, write_tree
from integration.scenario import PROCFILE
from integration.test_fixtures_served import CONFIG_VARS, EVERY_FIXTURE, one_of_each_kind
from integration.words import assert_error, title

TOOLCHAINS = ("pip-tools", "uv")
UV_AND_IN_LONG_PIP_TOOLS = ["uv", pytest.param("pip-tools", marks=pytest.mark.long)]
"""For pip's settings and messages, which only uv needs translated."""
Settings = Callable[[Path, Index], Mapping[str, str]]
"""Writes configuration files into a home folder, and returns config variables."""


@pytest.fixture(scope="module")
def with_uv(slipway: Path) -> Iterator[Path]:
    """Yield a cache that only has uv, so every request to an index is for the app."""
    with open_to_all("uv-") as folder:
        platform = Platform(
            slipway=slipway, folder=folder, cache=folder / "cache", env=machine_env(PATH=PATH)
        )
        app = write_tree(folder / "app", {**PROCFILE, "requirements.txt": "six\n"})
        variables = {"SLIPWAY_TOOLCHAIN": "uv", "SLIPWAY_BUNDLE_PYTHON": "false"}
        result = platform.compile(app, variables)
        assert result.status == 0, result.all
        for entry in folder.glob("cache/slipway-*/*"):
            if entry.name != "uv":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        yield folder / "cache"


@pytest.fixture
def isolated(fresh_platform: Platform, with_uv: Path) -> Platform:
    """Return a platform with uv in its cache, which only uses the indexes that a test names."""
    shutil.copytree(with_uv, fresh_platform.cache, symlinks=True)
    env = {
        name: value
        for name, value in machine_env(PATH=PATH).items()
        if not name.startswith("PIP_")
    }
    home = fresh_platform.folder / "home"
    home.mkdir()
    return replace(fresh_platform, env={**env, "HOME": str(home), "PIP_RETRIES": "0"})


@pytest.fixture
def home(isolated: Platform) -> Path:
    return Path(isolated.env["HOME"])


def contents(folder: Path) -> dict[str, bytes]:
    """Return the target of each symbolic link and the content of each file in a folder."""
    found = {}
    for parent, folders, names in os.walk(folder):
        for name in (*names, *(name for name in folders if Path(parent, name).is_symlink())):
            path = Path(parent, name)
            content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = content
    return found


@pytest.fixture(scope="module")
def caches() -> Iterator[Mapping[str, Path]]:
    """Yield a separate cache for each toolchain, so neither sees the results of the other."""
    with open_to_all("caches-") as folder:
        yield {toolchain: folder / toolchain for toolchain in TOOLCHAINS}


@pytest.mark.parametrize("fixture", one_of_each_kind(EVERY_FIXTURE, "django_site"))
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
    pip_files, uv_files = contents(by_pip / "venv"), contents(by_uv / "venv")
    assert sorted(pip_files) == sorted(uv_files)
    assert [name for name in pip_files if pip_files[name] != uv_files[name]] == []
    assert (by_pip / "build.json").read_text() == (by_uv / "build.json").read_text()


def compiled(
    platform: Platform, build: Path, requirements: str, variables: Mapping[str, str]
) -> Result:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false", **variables})


@contextmanager
def index_of_anchor(folder: Path, **settings: str) -> Iterator[Index]:
    """Serve an index with several versions of a package, as wheels and as an sdist."""
    index = Index(**settings)  # type: ignore[arg-type]  # only `user` is passed
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
def test_the_password_for_an_index_is_used(
    configure: Settings, toolchain: str, isolated: Platform, home: Path, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path, user="ci:token") as index:
        variables = {**configure(home, index), "SLIPWAY_TOOLCHAIN": toolchain}
        result = compiled(isolated, tmp_path / "build", "anchor<2\n", variables)
    assert result.status == 0, result.all
    assert "token" not in result.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text()
    assert lock.startswith("anchor==1.0 ")
    assert "token" not in lock


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
@pytest.mark.parametrize(
    ("setting", "version"),
    [
        ({"PIP_ONLY_BINARY": ":all:"}, "2.0"),
        ({"PIP_PRE": "1"}, "3.0rc1"),
        ({"PIP_CONSTRAINT": "held.txt"}, "1.0"),
        ({"PIP_FIND_LINKS": "wheels"}, "4.0"),
        *(
            pytest.param(setting, version, marks=pytest.mark.long)
            for setting, version in (
                ({}, "2.5"),
                ({"lines": "--only-binary anchor"}, "2.0"),
                ({"lines": "anchor>=3.0rc1"}, "3.0rc1"),
                ({"lines": "--find-links ./wheels"}, "4.0"),
                ({"lines": "--no-index\n--find-links ./wheels"}, "4.0"),
            )
        ),
    ],
)
def test_a_setting_means_the_same_to_both_toolchains(
    setting: Mapping[str, str], version: str, toolchain: str, isolated: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", {"held.txt": "anchor<2\n"})
    (build / "wheels").mkdir()
    wheel(build / "wheels", "anchor", "4.0")
    requirements = f"{setting.get('lines', '')}\nanchor\n"
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain, **setting}
        result = compiled(isolated, build, requirements, variables)
    assert result.status == 0, result.all
    lock = (build / ".slipway" / "lock.txt").read_text()
    assert lock.startswith(f"anchor=={version} ")


@pytest.mark.parametrize("toolchain", UV_AND_IN_LONG_PIP_TOOLS)
def test_the_newest_version_of_several_indexes_is_locked(
    toolchain: str, isolated: Platform, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Index()
    other.add(wheel(tmp_path / "other", "anchor", "2.7"))
    with index_of_anchor(tmp_path) as index, served(other):
        indexes = {"PIP_INDEX_URL": index.url, "PIP_EXTRA_INDEX_URL": other.url}
        variables = {"SLIPWAY_TOOLCHAIN": toolchain, **indexes}
        result = compiled(isolated, tmp_path / "build", "anchor\n", variables)
    assert result.status == 0, result.all
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text()
    assert lock.startswith("anchor==2.7 ")


@pytest.fixture
def without_uv(fresh_platform: Platform) -> Platform:
    return replace(fresh_platform, env=machine_env(PATH=PATH))


def test_pip_tools_builds_if_uv_is_not_available(without_uv: Platform, tmp_path: Path) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "PIP_FIND_LINKS": ""}
        result = compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
    assert result.status == 0, result.all
    assert "Using pip-tools, because uv" in result.out


@pytest.mark.long
def test_uv_is_requested_once_a_day_from_an_index_without_it(
    without_uv: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, "PIP_FIND_LINKS": ""}
        compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
        requests_before = index.requests["/simple/uv/"]
        assert requests_before
        again = compiled(without_uv, tmp_path / "build", "anchor<2.1\n", variables)
        assert again.status == 0, again.all
        assert index.requests["/simple/uv/"] == requests_before
        with_uv = {**variables, "SLIPWAY_TOOLCHAIN": "uv"}
        compiled(without_uv, tmp_path / "build", "anchor<2.2\n", with_uv)
        assert index.requests["/simple/uv/"] == 2 * requests_before


def test_a_build_that_requests_uv_stops_if_it_is_not_available(
    without_uv: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {
            "SLIPWAY_TOOLCHAIN": "uv",
            "PIP_INDEX_URL": index.url,
            "PIP_FIND_LINKS": "",
        }
        result = compiled(without_uv, tmp_path / "build", "anchor<2\n", variables)
    assert_error(result, "uv_not_available")


def test_an_unchanged_app_needs_no_toolchain(isolated: Platform, tmp_path: Path) -> None:
    with index_of_anchor(tmp_path) as index:
        variables = {"PIP_INDEX_URL": index.url, **DEBUG}
        compiled(isolated, tmp_path / "build", "anchor<2\n", variables)
        index.requests.clear()
        again = compiled(isolated, tmp_path / "build", "anchor<2\n", variables)
        assert again.status == 0, again.all
        assert not index.requests
    assert not [command for command in again.commands if "/uv " in command]


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_both_toolchains_report_an_index_that_refuses_access(
    toolchain: str, isolated: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path, user="ci:token") as index:
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        result = compiled(isolated, tmp_path / "build", "anchor\n", variables)
    assert_error(result, "index_refuses_401")


PYPROJECT = """[project]
name = "app"
version = "1"
dependencies = ["boat"]

[[tool.uv.index]]
name = "quay"
url = "http://{index}"
default = true
"""
IN_TABLE = {"UV_INDEX_QUAY_USERNAME": "ci", "UV_INDEX_QUAY_PASSWORD": "{key}"}
LINE = "--extra-index-url http://ci:${KEY}@{index}\nboat\n"
CONFIGURATION = "[global]\nextra-index-url = http://ci:{key}@{index}\n"


@pytest.mark.parametrize(
    ("toolchain", "file", "text", "variables", "place"),
    [
        pytest.param(
            toolchain,
            *arguments,
            id=f"{toolchain}-{arguments[-1]}",
            marks=() if toolchain == "uv" and number == 0 else pytest.mark.long,
        )
        for toolchain in TOOLCHAINS
        for number, arguments in enumerate(
            [
                (
                    *("requirements.txt", "boat\n"),
                    {"PIP_EXTRA_INDEX_URL": "http://ci:{key}@{index}"},
                    "PIP_EXTRA_INDEX_URL",
                ),
                ("requirements.txt", LINE, {"KEY": "{key}"}, "requirements.txt:1"),
                ("pyproject.toml", PYPROJECT, IN_TABLE, "pyproject.toml"),
                ("pip.conf", CONFIGURATION, {}, "extra-index-url in pip.conf"),
                (
                    *("requirements.txt", "boat\n"),
                    {"UV_INDEX": "http://ci:{key}@{index}"},
                    "UV_INDEX",
                ),
                (
                    *("requirements.txt", "boat\n"),
                    {"UV_DEFAULT_INDEX": "quay=http://{index}", **IN_TABLE},
                    "UV_DEFAULT_INDEX",
                ),
            ]
        )
    ],
)
def test_what_names_an_index_that_refuses_access_is_named_until_its_key_is_right(
    toolchain: str,
    file: str,
    text: str,
    variables: Mapping[str, str],
    place: str,
    isolated: Platform,
    tmp_path: Path,
) -> None:
    quay = Index(user="ci:new")
    quay.add(wheel(tmp_path, "boat", "1.0"))
    with index_of_anchor(tmp_path) as index, served(quay):
        names = {"{index}": quay.url.removeprefix("http://")}
        for key, status in (("old", 1), ("new", 0)):
            names["{key}"] = key

            def filled(text: str, names: Mapping[str, str] = names) -> str:
                for name, value in names.items():
                    text = text.replace(name, value)
                return text

            given = {name: filled(value) for name, value in variables.items()}
            always = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
            if file == "pip.conf":
                always["PIP_CONFIG_FILE"] = file
            build = tmp_path / f"build-{key}"
            files = {"requirements.txt": "boat\n"} if file == "pip.conf" else {}
            write_tree(build, {**PROCFILE, **files, file: filled(text)})
            config_vars = {"SLIPWAY_BUNDLE_PYTHON": "false", **always, **given}
            result = isolated.compile(build, config_vars)
            assert result.status == status, result.all
            assert "old" not in result.all.replace("older", "")
            if status:
                assert "Access to packages is denied (status 401)" in title(result.words)
                assert f"of the index in {place}, was rejected" in one_line(result.err)


def one_line(text: str) -> str:
    return " ".join(text.replace(" !     ", "").split())


@pytest.mark.long
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_both_toolchains_report_a_missing_header(
    toolchain: str, isolated: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        code = "#include <re2/re2.h>\n"
        index.add(sdist(tmp_path, "boat", "1.0", extension("boat", "1.0", code)))
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        result = compiled(isolated, tmp_path / "build", "boat\n", variables)
    assert result.status == 1
    assert "re2/re2.h" in title(result.words)
    assert "libre2-dev" in result.err


@pytest.mark.long
@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_both_toolchains_report_a_package_for_older_pythons(
    toolchain: str, isolated: Platform, tmp_path: Path
) -> None:
    with index_of_anchor(tmp_path) as index:
        index.add(wheel(tmp_path, "boat", "1.0", metadata="Requires-Python: <3.9\n"))
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_TOOLCHAIN": toolchain}
        result = compiled(isolated, tmp_path / "build", "boat\n", variables)
    assert_error(result, "package_for_older_pythons")
    assert "needs Python <3.9" in result.err
