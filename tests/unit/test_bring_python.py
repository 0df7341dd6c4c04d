"""Without a Python, the sh scripts give the same answers as the library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.app_files import (
    FOLDERS_WITHOUT_APPS,
    PYTHON_APP_FILES,
    PYTHON_APP_FILES_BELOW,
)
from slipway.domain.toml_text import parse_toml
from slipway.errors.app import NotPython
from slipway.messages import explain, render
from slipway.platforms.cloud_native.detect import names_app
from unit.samples import write_files

LIB = ROOT / "lib"
SCRIPTS = ("start.sh", "bring_python.sh")


def test_the_same_files_identify_a_python_app() -> None:
    text = (LIB / "bring_python.sh").read_text("utf-8")
    named = re.search(r"^slipway_python_app_files='([^']*)'$", text, re.MULTILINE)
    assert named
    assert tuple(named[1].split()) == PYTHON_APP_FILES
    for variable, names in {
        "python_app_files_below": PYTHON_APP_FILES_BELOW,
        "folders_without_apps": FOLDERS_WITHOUT_APPS,
    }.items():
        named = re.search(rf"^slipway_{variable}='([^']*)'$", text, re.MULTILINE)
        assert named
        assert tuple(named[1].split()) == names


def test_the_build_plan_passes_alone_and_with_a_later_buildpack() -> None:
    """A plan fails if it provides something that nothing requires, so there are two plans."""
    plan = parse_toml((LIB / "build_plan.toml").read_text("utf-8"), "build_plan.toml")
    packages = plan.pop("or")
    python = [{"name": "python"}]
    assert plan == {"provides": python, "requires": python}
    assert packages == [{"provides": [*python, {"name": "site-packages"}], "requires": python}]


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_shell_can_parse_the_script(script: str, shell: str) -> None:
    subprocess.run([shell, "-n", LIB / script], check=True)


@pytest.mark.parametrize("script", SCRIPTS)
def test_all_names_that_the_script_defines_begin_with_slipway(script: str) -> None:
    """The script is sourced, so another name could be a variable of the platform."""
    text = (LIB / script).read_text("utf-8")
    defined = re.findall(r"^\s*(?:for )?([a-zA-Z_]\w*)(?:=|\(\)| in )", text, re.MULTILINE)
    assert defined
    assert [name for name in defined if not name.startswith("slipway_")] == []


def test_a_link_in_place_of_the_cached_pythons_is_removed(tmp_path: Path) -> None:
    """What it leads to is neither written into nor emptied of what looks old."""
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "cache/slipway-python"
    elsewhere.mkdir()
    link.parent.mkdir()
    link.symlink_to(elsewhere)
    script = """
slipway=$1
slipway_can_run() { false; }
. "$slipway/lib/bring_python.sh"
slipway_download() { exit 9; }
slipway_bring_python compile /no/app "$2"
"""
    ended = subprocess.run(
        ["sh", "-eu", "-c", script, "sh", ROOT, link.parent], capture_output=True, check=False
    )
    assert ended.returncode == 9
    assert [*elsewhere.iterdir()] == []
    assert link.is_dir()
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("pylock.web.toml", 0),
        (".python-version", 0),
        ("package.json", 1),
        ("the backend/requirements.txt", 0),
        ("backend/pylock.web.toml", 0),
        ("backend/.python-version", 1),
        ("docs/requirements.txt", 1),
        ("services/shop/requirements.txt", 1),
    ],
)
def test_detect_without_a_python_knows_the_same_files(
    name: str, status: int, tmp_path: Path
) -> None:
    write_files(tmp_path, {name: ""})
    script = """
slipway=$1
slipway_fail() { exit 1; }
. "$slipway/lib/bring_python.sh"
slipway_detect detect "$2"
"""
    ran = subprocess.run(["sh", "-c", script, "sh", ROOT, tmp_path], check=False)
    assert ran.returncode == status


def test_detect_without_a_python_refuses_without_a_word_on_cloud_foundry(
    tmp_path: Path,
) -> None:
    script = """
slipway=$1
. "$slipway/lib/bring_python.sh"
slipway_detect detect "$2"
"""
    argv = ["sh", "-c", script, "sh", str(ROOT), str(tmp_path)]
    env = {"PATH": os.defpath, "VCAP_APPLICATION": "{}"}
    ran = subprocess.run(argv, env=env, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, b"", b"")


def test_detect_without_a_python_gives_the_same_steps(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    script = """
slipway=$1
. "$slipway/lib/bring_python.sh"
slipway_detect detect "$2"
"""
    argv = ["sh", "-c", script, "sh", str(ROOT), str(app)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    printed = [
        line.removeprefix(" !").removeprefix("     ") for line in ran.stderr.splitlines()
    ]
    expected = [*render(explain(NotPython(found=(), misspelled=())))]
    start = expected.index("What you can do:")
    assert [line for line in printed[printed.index("What you can do:") :] if line] == (
        expected[start:]
    )


@pytest.mark.parametrize(
    ("variables", "status"),
    [
        ({}, 100),
        ({"SLIPWAY_ROOT": "backend"}, 0),
        ({"SLIPWAY_REQUIREMENTS": "backend/requirements.txt"}, 0),
        ({"BP_PIP_REQUIREMENT": "backend/requirements.txt"}, 0),
    ],
)
def test_a_cloud_native_platform_tells_detect_what_the_app_is(
    variables: dict[str, str], status: int, tmp_path: Path
) -> None:
    app = write_files(tmp_path / "app", {"backend/requirements.txt": ""})
    script = """
slipway=$1
. "$slipway/lib/bring_python.sh"
slipway_detect detect platform "$2"
"""
    argv = ["sh", "-c", script, "sh", str(ROOT), str(tmp_path / "plan.toml")]
    ran = subprocess.run(argv, cwd=app, env={"PATH": "/usr/bin:/bin", **variables}, check=False)
    assert ran.returncode == status
    assert (tmp_path / "plan.toml").exists() == (status == 0)
    platform = write_files(app / "platform", {f"env/{name}": "x" for name in variables})
    assert names_app(variables, "") == names_app({}, str(platform)) == (status == 0)
    argv[-1] = str(tmp_path / "of_folder.toml")
    ran = subprocess.run(argv, cwd=app, env={"PATH": "/usr/bin:/bin"}, check=False)
    assert ran.returncode == status


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_python_that_is_newer_than_this_slipway_is_found_first(
    shell: str, tmp_path: Path
) -> None:
    for name in ("python3.11", "python3.16", "python3.9"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    script = """
. "$1/lib/start.sh"
slipway_is_of_image() { case $slipway_python in python3.*) ;; *) return 1 ;; esac; }
slipway_run() { echo "$slipway_python"; exit; }
slipway_start
"""
    argv = [shutil.which(shell) or shell, "-euc", script, "start", str(ROOT)]
    found = subprocess.check_output(argv, env={"PATH": str(tmp_path)}, text=True)
    assert found == "python3.16\n"
