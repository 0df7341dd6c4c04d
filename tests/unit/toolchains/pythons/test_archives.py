"""uv installs Pythons from the archives in a package of Slipway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import parse_version
from slipway.toolchains.pythons.archives import PythonArchives
from slipway.toolchains.pythons.managed import ManagedPythons
from unit.fakes import effects_with
from unit.samples import write_files

ARCHIVE = "44c53dbf2-cpython-3.12.16-20261110-x86_64-unknown-linux-gnu-install_only.tar.gz"
OTHER = ARCHIVE.replace("3.12.16", "3.13.18")


@pytest.fixture
def archives(tmp_path: Path) -> PythonArchives:
    write_files(tmp_path / "offline" / "pythons", {ARCHIVE: "twelve", OTHER: "thirteen"})
    return PythonArchives(tmp_path / "offline")


class SomeUv:
    def path(self) -> Path:
        return Path("/uv")


def pythons(root: Path, archives: PythonArchives, **variables: str) -> ManagedPythons:
    effects = effects_with(root, environment={"PATH": "/bin", "HOME": "/h", **variables})
    return ManagedPythons(uv=SomeUv(), effects=effects, app=root, archives=archives)


def test_the_archives_name_their_versions(archives: PythonArchives, tmp_path: Path) -> None:
    assert archives.versions == ["3.12.16", "3.13.18"]
    managed = pythons(tmp_path, archives)
    assert managed.has_archive(parse_version("3.12", ".python-version"))
    assert not managed.has_archive(parse_version("3.12.4", ".python-version"))


def test_uv_gets_links_to_them_in_a_folder_that_it_can_write_to(
    archives: PythonArchives, tmp_path: Path
) -> None:
    managed = pythons(tmp_path, archives)
    managed.command_of_uv(tmp_path, "list")
    env = managed.command_of_uv(tmp_path, "install", "3.12").env
    links = Path(env["UV_PYTHON_CACHE_DIR"])
    assert links.parent == tmp_path
    assert {path.name: path.read_text() for path in links.iterdir()} == {
        ARCHIVE: "twelve",
        OTHER: "thirteen",
    }
    assert "UV_PYTHON_DOWNLOADS_JSON_URL" not in env
    assert "UV_OFFLINE" not in env


def test_uv_uses_the_table_from_which_they_are(
    archives: PythonArchives, tmp_path: Path
) -> None:
    archives.table.write_text("{}")
    env = pythons(tmp_path, archives).command_of_uv(tmp_path, "install", "3.12").env
    assert env["UV_PYTHON_DOWNLOADS_JSON_URL"] == archives.table.as_uri()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("UV_PYTHON_CACHE_DIR", "/archives"), ("UV_PYTHON_DOWNLOADS_JSON_URL", "/table.json")],
)
def test_variables_of_the_app_win(
    archives: PythonArchives, tmp_path: Path, variable: str, value: str
) -> None:
    archives.table.write_text("{}")
    managed = pythons(tmp_path, archives, **{variable: value})
    assert managed.command_of_uv(tmp_path, "install", "3.12").env[variable] == value


def test_a_package_without_archives_changes_nothing(tmp_path: Path) -> None:
    managed = pythons(tmp_path, PythonArchives(tmp_path / "none"))
    assert "UV_PYTHON_CACHE_DIR" not in managed.command_of_uv(tmp_path, "list").env
    assert not managed.has_archive(parse_version("3.12", ""))


def test_an_app_that_may_use_no_network_gets_them_too(
    archives: PythonArchives, tmp_path: Path
) -> None:
    managed = replace(pythons(tmp_path, archives), is_offline=True)
    assert managed.command_of_uv(tmp_path, "install", "3.12").env["UV_OFFLINE"] == "1"
