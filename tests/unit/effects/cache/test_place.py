"""Whatever a platform restores as the cache, the build goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.effects.cache.kinds import INTERPRETERS, KINDS, VENV
from slipway.effects.cache.place import cache_of_developer, usable_cache
from slipway.effects.cache.store import FORMAT, IN_USE
from unit.samples import write_files


def a_file(path: Path) -> None:
    path.write_text("x")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def opened(root: Path) -> tuple[Path, list[str]]:
    warnings: list[str] = []
    with usable_cache(root, warnings.append) as folder:
        assert folder.is_dir()
        (folder / "written").write_text("")
        return folder, warnings


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (a_file, "it is not a folder"),
        (a_pipe, "it is not a folder"),
        (a_link_to_nothing, "it is a link to nothing"),
        (a_link_to_itself, "it is a link to nothing"),
    ],
)
def test_what_is_no_folder_is_not_used_and_stays(
    tmp_path: Path, put: Callable[[Path], None], reason: str
) -> None:
    root = tmp_path / "cache"
    put(root)
    before = root.lstat()
    folder, warnings = opened(root)
    assert warnings == [f"Not using the cache {root}: {reason}"]
    assert not folder.exists()
    assert root.lstat().st_ino == before.st_ino


def test_a_missing_folder_is_created_and_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    root = tmp_path / "a" / "cache"
    assert opened(root) == (root, [])
    (tmp_path / "link").symlink_to("a/cache")
    assert opened(tmp_path / "link") == (root, [])


@pytest.mark.parametrize("put", [a_file, a_pipe, a_link_to_nothing, a_link_to_itself])
def test_what_is_in_the_place_of_a_kind_is_removed(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    folder = tmp_path / f"slipway-{FORMAT}"
    folder.mkdir()
    for name, is_file in {**{kind.name: kind.is_file for kind in KINDS}, IN_USE: True}.items():
        if is_file and put is a_file:
            (folder / name).mkdir()
        else:
            put(folder / name)
    assert opened(tmp_path) == (tmp_path, [])
    assert [path.name for path in folder.iterdir()] == []


def test_a_link_in_the_place_of_a_kind_is_removed_and_its_target_stays(tmp_path: Path) -> None:
    write_files(tmp_path, {"elsewhere/file": ""})
    folder = tmp_path / f"slipway-{FORMAT}"
    folder.mkdir()
    (folder / VENV.name).symlink_to(tmp_path / "elsewhere")
    (folder / INTERPRETERS.name).symlink_to(tmp_path / "elsewhere" / "file")
    opened(tmp_path)
    assert [*folder.iterdir()] == []
    assert (tmp_path / "elsewhere" / "file").exists()


def test_what_belongs_there_stays(tmp_path: Path) -> None:
    files = {f"slipway-{FORMAT}/venv/a/b": "", f"slipway-{FORMAT}/interpreters.json": ""}
    write_files(tmp_path, files)
    opened(tmp_path)
    assert all((tmp_path / file).exists() for file in files)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.cache/slipway"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/caches"}, "/caches/slipway"),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_developers_have_a_cache_of_their_own(
    variables: dict[str, str], expected: str | None
) -> None:
    found = cache_of_developer(variables)
    assert found == (Path(expected) if expected else None)
