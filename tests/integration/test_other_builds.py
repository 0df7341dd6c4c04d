"""An earlier build has put its Python on PATH, which is not one of the image."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from conftest import FIXTURES
from integration.classic_platform import DEBUG, Platform, Result, copy_slipway
from integration.packages import write_tree

APP = {"requirements.txt": "six\n", "Procfile": "web: true\n"}
BUNDLED = "Reusing the copy of Python from an earlier build"


def after(platform: Platform, *folders: Path) -> Platform:
    path = ":".join([*map(str, folders), platform.env["PATH"]])
    return replace(platform, env={**platform.env, "PATH": path})


def image_python(result: Result) -> str:
    words = " ".join(result.out.split())
    return words.partition("Using the Python of the image: ")[2].partition(" ")[0]


def test_the_first_result_is_not_the_images_python(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", APP)
    python = image_python(fresh_platform.build(build))
    assert python
    moved = shutil.copytree(build, tmp_path / "elsewhere", symlinks=True)
    for place in (build, moved):
        again = after(fresh_platform, place / ".slipway" / "venv" / "bin").build(build, DEBUG)
        assert image_python(again) == python
        assert BUNDLED in again.out
        assert again.cache_misses == set()


def test_slipway_does_not_run_in_the_first_result(platform: Platform, tmp_path: Path) -> None:
    """Its library would be compiled again for the Python of each app."""
    build = write_tree(tmp_path / "build", APP)
    own = copy_slipway(tmp_path / "slipway")
    script = own / "lib" / "start.sh"
    # As on an image whose own Python comes after the app's on PATH.
    usual = "/usr/bin/python3 /usr/local/bin/python3 "
    assert usual in script.read_text()
    script.write_text(script.read_text().replace(usual, ""))
    own_platform = replace(platform, slipway=own, cache=tmp_path / "cache")
    own_platform.build(build)
    libraries = {*(own_platform.cache / "slipway-library").iterdir()}
    of_image = tmp_path / "image"
    of_image.mkdir()
    (of_image / "python3.14").symlink_to("/usr/bin/python3")  # no app has a script of that name
    after(own_platform, build / ".slipway" / "venv" / "bin", of_image).build(build)
    assert {*(own_platform.cache / "slipway-library").iterdir()} == libraries


def test_two_apps_are_built_one_after_the_other(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    root = shutil.copytree(FIXTURES / "field" / "mono2", tmp_path / "build")
    pythons, on_path = set(), list[Path]()
    for line in (root / ".subdirs").read_text().split():
        build = root / line.partition("=")[0]
        pythons.add(image_python(after(fresh_platform, *on_path).build(build)))
        on_path.insert(0, build / ".slipway" / "venv" / "bin")
    assert len(on_path) == 2
    assert len(pythons) == 1


def test_pythons_of_the_app_and_the_cache_are_ignored(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = write_tree(tmp_path / "build", APP)
    python = image_python(fresh_platform.build(build))
    folders = [fresh_platform.cache / "python" / "bin", build / "tools" / "bin"]
    for folder in folders:
        folder.mkdir(parents=True)
        shutil.copy2(python, folder / "python3.14")
    venv = tmp_path / "venv"  # of an earlier buildpack
    write_tree(venv, {"pyvenv.cfg": f"home = {Path(python).parent}\n"})
    (venv / "bin").mkdir()
    (venv / "bin" / "python3").symlink_to(python)
    again = after(fresh_platform, *folders, venv / "bin").build(build)
    assert image_python(again) == python
