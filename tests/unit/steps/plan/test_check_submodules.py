"""A submodule that came along without its files stops the build before anything else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.submodules import SubmoduleEmpty
from slipway.steps.plan import plan
from unit.repositories import git
from unit.samples import write_files

GITMODULES = """\
[submodule "acme"]
\tpath = vendor/acme
\turl = https://user:s3cret@git.example/acme.git
"""
ASKED = {"requirements.txt": "./vendor/acme/python\n", ".gitmodules": GITMODULES}
EMPTY = (("vendor/acme", "https://git.example/acme.git"),)


@pytest.mark.parametrize("left", ["", "vendor/other/a.py", "vendor/acme/.git"])
def test_it_is_named_before_a_requirement_that_points_into_it(
    tmp_path: Path, left: str
) -> None:
    app = write_files(tmp_path, {**ASKED, **({left: ""} if left else {})})
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(AppFolder(app), {})
    assert empty.value.submodules == EMPTY


def test_with_its_files_it_is_a_folder_like_others(tmp_path: Path) -> None:
    files = {"vendor/acme/python/pyproject.toml": "[project]\nname = 'acme'\nversion = '1'\n"}
    decided = plan(AppFolder(write_files(tmp_path, {**ASKED, **files})), {})
    assert [package.path for package in decided.vendoring.packages] == ["vendor/acme/python"]


def test_a_git_archive_has_empty_submodules(tmp_path: Path) -> None:
    other = write_files(tmp_path / "other", {"a.py": ""})
    app = write_files(tmp_path / "app", {"requirements.txt": ""})
    for folder in (other, app):
        git(folder, "init", "--quiet")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "first")
    git(app, "submodule", "--quiet", "add", str(other), "static/other")
    git(app, "commit", "--quiet", "--message", "second")
    git(app, "archive", "--output", str(tmp_path / "app.tar"), "HEAD")
    (tmp_path / "moved").mkdir()
    subprocess.run(["tar", "-xf", "../app.tar"], cwd=tmp_path / "moved", check=True)
    with pytest.raises(SubmoduleEmpty) as empty:
        plan(AppFolder(tmp_path / "moved"), {})
    assert empty.value.submodules == (("static/other", str(other)),)
