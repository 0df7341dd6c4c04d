"""Packages of Slipway for Cloud Foundry, and how its builder pulls Slipway by URL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT
from integration.bare_root import libraries_of
from integration.classic_platform import UV, copy_slipway, machine_env, run
from integration.cloud_foundry import Builder, Staged, launched
from integration.image_pythons import need
from integration.index import Index, served
from integration.isolation import without_network
from integration.packages import source, wheel, write_tree
from integration.repositories import git
from integration.without_python import (
    ARCHIVE,
    PackedPython,
    in_root,
    make_build_image,
    pack_python,
    write_table,
)

MACHINE = os.uname().machine
TARGET = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(MACHINE, "")
RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download"
OF_APP = "3.12"
"""The minor version of the Python for apps in the offline package."""
PATH_OF_IMAGE = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere"}
NO_PYTHON = "This image has no Python"


@pytest.fixture(scope="module")
def slipway(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with all files of a package."""
    place = copy_slipway(tmp_path_factory.mktemp("copy") / "slipway")
    for name in ("README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, place)
    return place


def packaged(slipway: Path, place: Path, *options: str, **variables: str) -> list[str]:
    """Make a package for Cloud Foundry, and return what is logged."""
    argv: list[str | Path] = [
        slipway / "bin" / "slipway",
        "package",
        "--cloud-foundry",
        place,
        *options,
    ]
    result = run(argv, machine_env(PATH=f"{UV}:/usr/bin:/bin", **variables))
    assert (result.status, result.err) == (0, ""), result.all
    return result.out.splitlines()


def app_with(folder: Path, *packages: str) -> Path:
    """Write an app with these packages in its vendor folder: a wheel and a source tree."""
    app = write_tree(
        folder / "app",
        {
            "requirements.txt": "".join(f"{name}\n" for name in packages),
            "Procfile": "web: python -m http.server $PORT\n",
        },
    )
    (app / "vendor").mkdir()
    wheel(app / "vendor", "buoy", "1.4")
    if "anchor" in packages:
        write_tree(app / "vendor" / "anchor", source("anchor", "1.0"))
    return app


def printed(staged: Staged, place: Path, *packages: str) -> str:
    """Run the droplet, and return its Python and the versions of vendored packages."""
    names = ", ".join(f"'{name}', {name}.__version__" for name in packages)
    code = f"import platform, {', '.join(packages)}; print(platform.python_version(), {names})"
    ran = launched(staged.unpack(place)).run(f'python -c "{code}"')
    assert ran.status == 0, ran.all
    return ran.out.splitlines()[-1]


def test_the_builder_downloads_a_zip_file_or_clones_a_branch(
    slipway: Path, tmp_path: Path
) -> None:
    package, again = tmp_path / "slipway.zip", tmp_path / "again.zip"
    logged = packaged(slipway, package)
    assert f"{package.stat().st_size / 1024**2:.1f} MiB" in logged[-1]
    assert package.stat().st_size < 16 * 1024**2
    packaged(slipway, again)
    assert again.read_bytes() == package.read_bytes()
    repository = shutil.copytree(slipway, tmp_path / "slipway.git", symlinks=True)
    git(repository, "init", "--initial-branch=main")
    git(repository, "commit", "--allow-empty", "-m", "Begin")
    git(repository, "switch", "-c", "stable")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "Add Slipway")
    git(repository, "switch", "main")

    app = app_with(tmp_path, "buoy")
    builder = Builder(folder=tmp_path / "builder", packs_cache=False)
    with served(Index(files={"slipway.zip": package})) as server:
        downloaded = builder.build(app, server.file_url("slipway.zip"))
        assert server.downloads == {"slipway.zip": 1}
    cloned = builder.build(app, f"{repository.as_uri()}#stable")
    assert cloned.processes == downloaded.processes
    # Whatever it was pulled from, it is the same Slipway, with the same cache.
    assert "Reusing the virtual environment from an earlier build (1 package)" in cloned.out
    assert printed(cloned, tmp_path / "vcap", "buoy").endswith(" buoy 1.4")
    assert "malformed buildpack" in builder.stage(app, f"{repository.as_uri()}#main").err


@dataclass(frozen=True, kw_only=True)
class OfflinePackage:
    zip: Path
    logged: list[str]
    slipways: PackedPython
    """The Python that runs Slipway."""
    of_app: PackedPython
    image: Path
    """The root of an image without Python."""


@pytest.fixture(scope="module")
def offline(
    slipway: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OfflinePackage]:
    """Make a package with everything inside, from a mirror with two Pythons of this machine."""
    need(OF_APP)
    folder = tmp_path_factory.mktemp("offline")
    for name in ("slipways", "of_app", "image"):
        (folder / name).mkdir()
    slipways, of_app = pack_python(folder / "slipways"), pack_python(folder / "of_app", OF_APP)
    name = f"cpython-{of_app.version}+20261110-{MACHINE}-unknown-linux-gnu-install_only.tar.gz"
    address = f"{RELEASES}/20261110/{name.replace('+', '%2B')}"
    table = folder / "table.json"
    write_table(table, of_app.version, address, of_app.digest, "20261110")
    pins = slipway / "vendor" / "pythons.txt"
    pinned = pins.read_text("utf-8")
    pins.write_text(f"{MACHINE} {slipways.digest} {ARCHIVE}\n", "utf-8")
    mirror = Index(files={ARCHIVE: slipways.archive, f"20261110/{name}": of_app.archive})
    with served(mirror):
        logged = packaged(
            slipway,
            folder / "slipway.zip",
            "--offline",
            f"--target={TARGET}",
            SLIPWAY_PYTHON_MIRROR=mirror.file_url(""),
            UV_PYTHON_DOWNLOADS_JSON_URL=str(table),
        )
    pins.write_text(pinned, "utf-8")
    of_uv = libraries_of([str(UV / "uv")])
    libraries = [*slipways.libraries, *of_app.libraries, *of_uv]
    image = make_build_image(folder / "image", libraries)
    yield OfflinePackage(
        zip=folder / "slipway.zip",
        logged=logged,
        slipways=slipways,
        of_app=of_app,
        image=image,
    )
    shutil.rmtree(folder)


@pytest.mark.long
def test_an_offline_package_builds_without_a_network_and_without_a_python(
    offline: OfflinePackage, tmp_path: Path
) -> None:
    log = "\n".join(offline.logged)
    assert f"Bundling Python {offline.of_app.version} for apps, " in log
    assert "Bundling uv " in log
    place = tmp_path / "builder"
    place.mkdir()
    within = [*without_network(), *in_root(offline.image, place)]
    builder = Builder(folder=place, env=PATH_OF_IMAGE, within=within, packs_cache=False)
    app = app_with(tmp_path, "buoy", "anchor")
    write_tree(app, {".python-version": f"{OF_APP}\n"})
    with served(Index(files={"slipway.zip": offline.zip})) as server:
        first = builder.build(app, server.file_url("slipway.zip"))
        second = builder.build(app, server.file_url("slipway.zip"))
    assert NO_PYTHON not in first.out
    assert first.out.count("Using uv ") == 1
    assert "from Slipway's own package" in first.out
    assert "Built anchor 1.0" in first.out
    assert "Built anchor" not in second.out
    assert "Downloading" not in second.out
    found = printed(second, tmp_path / "vcap", "buoy", "anchor")
    assert found == f"{offline.of_app.version} buoy 1.4 anchor 1.0"
