"""The scripts of the classic door: their output, their exit status and their isolation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES, App
from integration.classic_platform import Platform, Result, copy_slipway, machine_env, run
from integration.isolation import as_nobody, read_only, with_mounts, without_network
from integration.packages import write_tree
from integration.words import assert_error

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
TRAP = "import sys; sys.exit('the trap: ' + __file__)\n"
TRAP_OUTSIDE_THE_APP = (
    "import sys\nif not sys.prefix.endswith('/venv'):\n    raise SystemExit(__file__)\n"
)
"""For PYTHONPATH, which the app's own programs get, as they do when the app runs."""


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_detect_prints_one_word_for_a_python_app(platform: Platform) -> None:
    yes = platform.run_script("detect", FIXTURES / "django_site")
    assert (yes.status, yes.out, yes.err) == (0, "Python\n", "")


def test_detect_prints_nothing_on_stdout_for_another_language(
    platform: Platform,
) -> None:
    no = platform.run_script("detect", FIXTURES / "not_a_python_app")
    assert (no.status, no.out) == (1, "")
    assert_error(no, "not_a_python_app")


@pytest.mark.parametrize(
    ("script", "arguments", "usage"),
    [
        ("detect", (), "usage: bin/detect BUILD\n"),
        ("detect", ("a", "b", "c"), "usage: bin/detect BUILD\n"),
        ("compile", ("a",), "usage: bin/compile BUILD CACHE [ENV]\n"),
        ("compile", ("a", "b", "c", "d"), "usage: bin/compile BUILD CACHE [ENV]\n"),
        ("compile", ("a", ""), "usage: bin/compile BUILD CACHE [ENV]\n"),
        ("release", (), "usage: bin/release BUILD\n"),
        ("release", ("a", "b", "c"), "usage: bin/release BUILD\n"),
    ],
)
def test_a_wrong_number_of_arguments_prints_the_usage(
    platform: Platform, script: str, arguments: tuple[str, ...], usage: str
) -> None:
    result = platform.run_script(script, *arguments)
    assert (result.status, result.out, result.err) == (2, "", usage)


def test_detect_refuses_without_a_word_on_cloud_foundry(
    platform: Platform, tmp_path: Path
) -> None:
    on_cloud_foundry = replace(platform, env={**platform.env, "VCAP_APPLICATION": "{}"})
    refused = on_cloud_foundry.run_script("detect", write_tree(tmp_path / "app", {"a.rb": ""}))
    assert (refused.status, refused.out, refused.err) == (1, "", "")


def test_detect_and_release_need_no_network(platform: Platform, app: App) -> None:
    build = app("wsgi_app")
    platform.build(build, IMAGE_PYTHON)
    offline = replace(platform, within=without_network())
    assert offline.run_script("detect", build).out == "Python\n"
    assert offline.run_script("release", build).out.startswith("---\n")


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Mapping[str, str]]:
    """Return a folder and variables that would break a Python without isolation."""
    names = ("sitecustomize.py", "usercustomize.py", "json.py", "packaging.py", "os.py")
    traps = dict.fromkeys(names, TRAP) | {"slipway/__init__.py": TRAP}
    path = dict.fromkeys(("sitecustomize.py", "slipway/__init__.py"), TRAP_OUTSIDE_THE_APP)
    folder = write_tree(tmp_path / "hostile", traps)
    write_tree(folder / "path", path)
    harmful = {"PYTHONHOME": "/nonexistent", "PYTHONINSPECT": "1", "PYTHONSAFEPATH": ""}
    return folder, {
        **harmful,
        "PYTHONPATH": str(folder / "path"),
        "PYTHONSTARTUP": str(folder / "json.py"),
    }


def test_the_scripts_ignore_python_variables_and_files_in_the_working_directory(
    platform: Platform, app: App, hostile: tuple[Path, Mapping[str, str]]
) -> None:
    folder, harmful = hostile
    build = app("wsgi_app")
    misled = replace(platform, cwd=folder, env={**platform.env, **harmful})
    misled.build(build, IMAGE_PYTHON)
    assert misled.run_script("release", build).out.startswith("---\ndefault_process_types:\n")
    assert tree(folder).keys() == {str(path) for path in folder.rglob("*")}
    assert not [*folder.rglob("__pycache__")]


def test_detect_needs_no_vendored_packages(platform: Platform, tmp_path: Path) -> None:
    bare = shutil.copytree(platform.slipway, tmp_path / "bare")
    shutil.rmtree(bare / "vendor")
    (bare / "vendor").mkdir()
    yes = replace(platform, slipway=bare).run_script("detect", FIXTURES / "django_site")
    assert (yes.status, yes.out) == (0, "Python\n"), yes.err


def test_scripts_run_through_a_link_and_in_a_folder_with_spaces(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    place = copy_slipway(tmp_path / "build packs" / "slip way")
    build = app("wsgi_app")
    replace(platform, slipway=place, cwd=tmp_path).build(build, IMAGE_PYTHON)
    link = tmp_path / "slip"
    link.symlink_to(os.path.relpath(place / "bin" / "slipway", tmp_path))
    planned = run([link, "plan", "build"], machine_env(), tmp_path)
    assert planned.out.startswith("Python "), planned.all


def test_compile_works_without_a_folder_of_config_variables(
    platform: Platform, app: App
) -> None:
    build = app("variable_in_requirements")
    # Without the folder, the environment variables are the config variables.
    env = {**platform.env, **IMAGE_PYTHON, "SIX_VERSION": "1.17.0"}
    result = replace(platform, env=env).run_script("compile", build, platform.cache)
    assert result.status == 0, result.all
    assert (build / ".slipway" / "lock.txt").read_text().count("six==1.17.0") == 1


def test_a_read_only_slipway_builds_without_an_export_file(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    place = copy_slipway(tmp_path / "slipway")
    before = tree(place)
    fixed = replace(platform, slipway=place, within=read_only(place))
    fixed.build(app("wsgi_app"), IMAGE_PYTHON)
    assert tree(place) == before


def test_another_user_builds_with_a_slipway_that_is_not_theirs(
    platform: Platform, open_folder: Path
) -> None:
    place = copy_slipway(open_folder / "slipway")
    # Unless the tests run as root, the other user is the owner.
    place.chmod(0o555)
    before = tree(place)
    mine = open_folder / "mine"
    for folder in (mine, mine / "tmp", mine / "cache"):
        folder.mkdir()
        folder.chmod(0o777)
    source = shutil.copytree(FIXTURES / "wsgi_app", mine / "source")
    home = machine_env(HOME=str(mine))
    copied = run(["cp", "-R", source, mine / "build"], home, within=as_nobody())
    assert copied.status == 0, copied.err
    other_user = Platform(
        slipway=place, folder=mine, cache=mine / "cache", env=home, within=as_nobody()
    )
    other_user.build(mine / "build")
    assert tree(place) == before
    assert (mine / "build" / ".slipway" / "python" / "bin" / "python").exists()


def test_a_build_writes_no_bytecode_into_slipway(platform: Platform, app: App) -> None:
    platform.build(app("wsgi_app"), IMAGE_PYTHON)
    assert not [*platform.slipway.rglob("__pycache__")]


STUB = "#!/bin/sh\n# Behaves like Python 3.9 when lib/start.sh checks the version.\nexit 1\n"


def test_an_old_python_of_the_image_is_not_used(platform: Platform, tmp_path: Path) -> None:
    result = _run_with_old_python(platform, tmp_path, "slipway")
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("\n !     Error: There is no Python for Slipway\n")


def _run_with_old_python(platform: Platform, folder: Path, script: str) -> Result:
    """Replace each Python that the scripts would find with a stub."""
    stub = folder / "python3"
    stub.write_text(STUB)
    stub.chmod(0o755)
    programs = {
        str(path.resolve())
        for place in ("/usr/bin", "/usr/local/bin")
        for path in Path(place).glob("python3*")
        if path.name.removeprefix("python3").strip(".0123456789") == ""
    }
    within = with_mounts(*(f"mount --bind '{stub}' '{path}'" for path in sorted(programs)))
    old = replace(platform, within=within, env=machine_env(HOME="/nowhere"))
    return old.run_script(script, "/", folder)
