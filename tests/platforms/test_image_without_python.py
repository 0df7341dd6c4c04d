"""Slipway brings its own Python and the app's if neither image has one."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from integration.classic_platform import PATH, Result, run
from integration.index import Index, served
from integration.packages import wheel, write_tree
from integration.test_slipways_python import APP, MACHINE, OFFLINE
from integration.without_python import ARCHIVE, PackedPython, _local_python, pack_python
from platforms.pack import Pack

BUILD_IMAGE = "tests/build-without-python"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A copy of Slipway, pack to make a builder with it, and an app."""

    folder: Path
    pack: Pack
    packed: PackedPython

    @property
    def slipway(self) -> Path:
        return self.folder / "slipway"

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def pin(self, sha256: str) -> None:
        """Pin the Python that Slipway downloads."""
        line = f"{MACHINE} {sha256} {ARCHIVE}\n"
        (self.slipway / "vendor" / "pythons.txt").write_text(line, "ascii")

    def build(self, image: str, mirror: str, network: str = "host") -> Result:
        """Build with the current state of this Slipway."""
        pack = replace(self.pack, builder=f"{image}-builder", network=network)
        pack.create_builder({"slipway/python": self.slipway}, BUILD_IMAGE, "tests/run")
        return pack.build(image, self.app, env={**OFFLINE, "SLIPWAY_PYTHON_MIRROR": mirror})

    def assert_serves(self, image: str) -> None:
        with self.pack.docker.serve(image) as site:
            assert site.get("/").text == "buoy 1.4"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> PackedPython:
    """Return a Python whose sysconfig names the prefix /install, as in the real archives.

    virtualenv reads the prefix, and only its owner may have access to the one on this machine.
    """
    folder = tmp_path_factory.mktemp("packed")
    packed = pack_python(folder)
    archive = folder / "as_the_real_ones.tar.gz"
    old_prefix, new_prefix = str(_local_python()[0]).encode(), b"/install"
    with (
        tarfile.open(packed.archive) as given,
        tarfile.open(archive, "w:gz", compresslevel=1) as made,
    ):
        for entry in given:
            data = given.extractfile(entry) if entry.isreg() else None
            if data and "/_sysconfigdata_" in entry.name:
                text = data.read().replace(old_prefix, new_prefix)
                entry.size, data = len(text), io.BytesIO(text)
            made.addfile(entry, data)
    return replace(packed, archive=archive)


@pytest.fixture
def setup(pack: Pack, buildpack: Path, packed: PackedPython, tmp_path: Path) -> Setup:
    setup = Setup(folder=tmp_path, pack=pack, packed=packed)
    shutil.copytree(buildpack, setup.slipway)
    setup.pin(packed.digest)
    write_tree(setup.app, APP)
    (setup.app / "vendor").mkdir()
    wheel(setup.app / "vendor", "buoy", "1.4")
    return setup


@pytest.fixture
def mirror(packed: PackedPython) -> Iterator[Index]:
    with served(Index(files={ARCHIVE: packed.archive})) as mirror:
        yield mirror


def test_the_images_have_no_python(pack: Pack) -> None:
    for image in (BUILD_IMAGE, "tests/run"):
        result = pack.docker.run(image, "sh", "-c", "command -v python3 python")
        assert result.status != 0, result.all


@pytest.mark.long
def test_an_offline_build_uses_the_cached_python(setup: Setup, mirror: Index) -> None:
    image = "tests/fetched"
    first = setup.build(image, mirror.file_url(""))
    assert first.status == 0, first.all
    setup.assert_serves(image)
    digest = setup.pack.docker.image(image).digest
    again = setup.build(image, mirror.file_url(""), network="none")
    assert again.status == 0, again.all
    assert mirror.downloads == {ARCHIVE: 1}
    assert setup.pack.docker.image(image).digest == digest


def test_a_bundled_python_needs_no_network(setup: Setup) -> None:
    unpack = ["tar", "-xf", str(setup.packed.archive), "-C", str(setup.slipway)]
    assert run(unpack, {"PATH": PATH}).status == 0
    result = setup.build("tests/bundled", "http://127.0.0.1:9/", network="none")
    assert result.status == 0, result.all
    setup.assert_serves("tests/bundled")


def test_a_python_with_another_hash_than_pinned_stops_the_build(
    setup: Setup, mirror: Index
) -> None:
    setup.pin("0" * 64)
    result = setup.build("tests/refused", mirror.file_url(""))
    assert result.status != 0
    assert "Its sha256 hash is not the one in vendor/pythons.txt" in result.out + result.err
    assert "Traceback" not in result.all
