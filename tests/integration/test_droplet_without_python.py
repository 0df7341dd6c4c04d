"""A Django site with vendored packages is staged and started on images without Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from integration.bare_root import copy_with_libraries
from integration.classic_platform import copy_slipway
from integration.cloud_foundry import Builder, launched, staging_env, start_command
from integration.index import Index, served
from integration.marina import OWN, PACKAGES, without_versions, write_marina
from integration.packages import source, write_tree
from integration.serving import RUN_PATH
from integration.test_slipways_python import MACHINE
from integration.without_python import ARCHIVE, in_root, make_build_image, pack_python

PURE = """
def sum(text):
    low = high = 0
    for byte in text.encode():
        low = (low + byte) % 255
        high = (high + low) % 255
    return high << 8 | low
"""
"""What the extension in C computes."""


@pytest.mark.long
def test_the_site_is_staged_and_started_on_an_image_without_python(tmp_path: Path) -> None:
    packed = pack_python(tmp_path / "packed")
    root = make_build_image(tmp_path / "image", packed.libraries)
    copy_with_libraries(root, ["/usr/bin/realpath"])  # for console scripts
    slipway = copy_slipway(tmp_path / "platform" / "slipway")
    pins = slipway / "vendor" / "pythons.txt"
    pins.write_text(f"{MACHINE} {packed.digest} {ARCHIVE}\n", "ascii")
    app = write_marina(tmp_path / "app")
    # The image has no compiler.
    shutil.rmtree(app / "vendor" / "harbour-checksum")
    checksum = {**source("harbour_checksum", "1.0.3"), "harbour_checksum.py": PURE}
    write_tree(app / "vendor" / "harbour-checksum", checksum)
    mirror = Index(files={ARCHIVE: packed.archive})
    with served(mirror):
        env = {
            **staging_env(),
            "PATH": RUN_PATH,
            "HOME": "/nowhere",
            "SLIPWAY_PYTHON_MIRROR": mirror.file_url(""),
        }
        # The address of the package index, and the certificates that it is verified with.
        machine = [
            place for place in map(Path, ("/etc", "/opt", "/usr/share")) if place.exists()
        ]
        builder = Builder(
            folder=tmp_path / "platform",
            env=env,
            within=in_root(root, tmp_path / "platform", *machine),
        )
        first = builder.build(app, slipway)
        again = builder.build(app, slipway)
    assert mirror.downloads == {ARCHIVE: 1}
    assert first.out.count("Python for Slipway") == 1
    assert "Python for Slipway" not in again.out
    vcap = again.unpack(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "platform")
    dyno = launched(vcap, within=in_root(root, vcap, cwd=vcap), SLIPWAY_MIGRATE="off")
    with dyno.serve(f"SECRET_KEY={OWN['SECRET_KEY']} {start_command(vcap)}") as site:
        assert "<h1>Harbour</h1>" in site.get("/").text
        page = site.get("/packages/").text
    assert without_versions(page) == PACKAGES
