"""Exported images: the same app gets the same layers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.test_fixtures_served import sentences
from platforms.oci import Image, files_of
from platforms.phases import Phases, settings


def site(place: Path) -> Path:
    """Write an app with vendored packages, a public package and the default web process."""
    shutil.copytree(FIXTURES / "wsgi_app", place)
    shutil.copytree(FIXTURES / "vendored_packages/vendor/harbour_buoys", place / "vendor/buoys")
    wheels = (FIXTURES / "vendored_packages/vendor").glob("*.whl")
    for wheel in wheels:
        shutil.copy(wheel, place / "vendor")
    return place


def create(phases: Phases, app: Path) -> tuple[Image, str]:
    result = phases.create(app)
    assert result.status == 0, result.all
    return phases.exported(), result.all


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def forget(phases: Phases) -> None:
    """Remove the results of earlier builds, as if the app were new to the platform."""
    shutil.rmtree(phases.cache)
    shutil.rmtree(phases.image)


def test_unchanged_layers_are_reused(phases: Phases, tmp_path: Path) -> None:
    app = site(tmp_path / "app")
    first, _ = create(phases, app)
    assert {*first.layers} == {"runtime", "python", "venv"}

    again, log = create(phases, app)
    assert again.digest == first.digest
    assert {*re.findall(r"Reusing layer 'slipway/python:(\w+)'", log)} == {*first.layers}

    append(app / "wsgi.py", "# another line\n")
    changed, _ = create(phases, app)
    assert changed.layers == first.layers
    assert sum(a != b for a, b in zip(changed.slices, first.slices, strict=True)) == 1

    append(app / "requirements.txt", "iniconfig\n")
    grown, _ = create(phases, app)
    same = {name for name, digest in grown.layers.items() if first.layers[name] == digest}
    assert same == {"python"}

    forget(phases)
    cold, _ = create(phases, app)
    assert cold.digest == grown.digest

    requirements = app / "requirements.txt"
    requirements.write_text(requirements.read_text("utf-8").replace("iniconfig\n", ""), "utf-8")
    shrunk, log = create(phases, app)
    assert "Removed the packages that the lock no longer contains" in sentences(log)
    assert shrunk.digest == changed.digest


@pytest.mark.long
def test_the_image_is_the_same_whichever_toolchain_makes_it(
    phases: Phases, tmp_path: Path
) -> None:
    app = site(tmp_path / "app")
    digests = []
    for toolchain in ("uv", "pip-tools"):
        result = phases.create(app, settings(SLIPWAY_TOOLCHAIN=toolchain))
        assert result.status == 0, result.all
        digests.append(phases.exported().digest)
        forget(phases)
    assert digests[0] == digests[1]


def test_an_image_holds_no_build_tools(phases: Phases, tmp_path: Path) -> None:
    image, _ = create(phases, site(tmp_path / "app"))
    names = {
        name: [member.name for member in files_of(phases.image, digest)]
        for name, digest in image.layers.items()
    }
    venv = [name.partition("/venv/")[2] for name in names["venv"]]
    assert not [name for name in venv if re.search(r"/(pip|setuptools|virtualenv)/", name)]
    assert "bin/python" in venv
    assert not [name for name in names["python"] if name.endswith((".a", ".h"))]
    assert [name for name in names["runtime"] if name.endswith("exec.d/slipway")]


def test_a_hook_installs_into_the_layer(phases: Phases, tmp_path: Path) -> None:
    app = site(tmp_path / "app")
    hook = app / "bin" / "post_compile"
    hook.parent.mkdir()
    hook.write_text("pip install iniconfig\npip install -U pip\n", "utf-8")
    first, log = create(phases, app)
    assert "bin/post_compile added iniconfig 2." in log
    venv = [member.name for member in files_of(phases.image, first.layers["venv"])]
    assert [name for name in venv if "/site-packages/iniconfig/__pycache__/" in name]
    assert not [
        name for name in venv if re.search(r"/pip[-./\d]*|pyvenv\.cfg|slipway-pip", name)
    ]
    (bill,) = phases.layers.rglob("*.sbom.cdx.json")
    assert '"name": "iniconfig"' in bill.read_text("utf-8")

    # The next build starts from the lock, and the hook runs again.
    again, log = create(phases, app)
    assert "its files have changed since it was made" in " ".join(log.split())
    assert again.digest == first.digest

    hook.unlink()
    without, _ = create(phases, app)
    names = [member.name for member in files_of(phases.image, without.layers["venv"])]
    assert not [name for name in names if "iniconfig" in name]
