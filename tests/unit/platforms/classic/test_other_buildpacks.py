"""A user hears of other buildpacks that have built the same app for nothing."""

from __future__ import annotations

from pathlib import Path

from slipway.effects.files import AppFolder
from slipway.platforms.classic.other_buildpacks import notices_about_buildpacks
from unit.samples import write_files


def notices(app: Path, path: str) -> list[str]:
    return [*notices_about_buildpacks(AppFolder(app), {"PATH": path})]


def test_another_buildpack_with_a_python_is_to_be_removed(tmp_path: Path) -> None:
    write_files(tmp_path, {".heroku/python/bin/python": ""})
    [notice] = notices(tmp_path, "/usr/bin")
    assert notice.startswith("Processes use Slipway's Python, not the one in .heroku/python.")


def test_slipway_is_to_be_named_once(tmp_path: Path) -> None:
    [notice] = notices(tmp_path, f"{tmp_path}/.slipway/venv/bin:/usr/bin")
    assert notice.startswith("Slipway has built this app already")


def test_other_buildpacks_are_not_mentioned(tmp_path: Path) -> None:
    write_files(tmp_path, {".heroku/node/bin/node": "", ".slipway/venv/bin/python": ""})
    assert notices(tmp_path, f"{tmp_path}/.heroku/node/bin:/usr/bin") == []
