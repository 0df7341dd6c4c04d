"""Slipway is packaged with the real pack, and pushed to a real registry."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import ROOT
from documents import all_commands
from integration.classic_platform import PATH, Result, run
from integration.serving import free_port, stop, wait_for
from platforms.conftest import programs
from slipway.domain.toml_text import Document

KPACK_APIS = ("0.7", "0.8", "0.9", "0.10", "0.11")
"""The buildpack APIs of kpack 0.17, which has lifecycle 0.20; kpack rejects all others."""

_OCI = ("image.index", "image.manifest")
_MANIFESTS = ", ".join(f"application/vnd.oci.{kind}.v1+json" for kind in _OCI)


@pytest.fixture(scope="session")
def pack() -> Iterator[Path]:
    with programs("pack") as folder:
        yield folder / "pack"


@pytest.fixture
def variables(pack: Path, tmp_path: Path) -> dict[str, str]:
    """Return variables that give pack an empty home and no Docker daemon."""
    return {
        "PATH": f"{pack.parent}:{PATH}",
        "HOME": str(tmp_path / "home"),
        "DOCKER_HOST": f"unix://{tmp_path}/none",
    }


def package(variables: Mapping[str, str], *arguments: str) -> Result:
    result = run([str(ROOT / "bin" / "slipway"), "package", *arguments], dict(variables))
    assert result.status == 0, result.all
    return result


def blob(package: tarfile.TarFile, digest: str) -> bytes:
    stream = package.extractfile(f"/blobs/{digest.replace(':', '/')}")
    assert stream
    return stream.read()


def members(layer: bytes, prefix: str) -> dict[str, int]:
    """Return path -> mode of the files of a layer, without the prefix."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {
            member.name.lstrip("/").removeprefix(prefix): member.mode
            for member in tar
            if member.isfile()
        }


def test_packages_are_reproducible_and_hold_the_staged_files(
    variables: dict[str, str], tmp_path: Path
) -> None:
    stage = tmp_path / "stage"
    package(variables, "--stage-only", str(stage))
    for out in ("first", "second"):
        # Both from the same copy, because files of a checkout may change meanwhile.
        slipway = [str(stage / "bin" / "slipway"), "package", "--output", str(tmp_path / out)]
        result = run(slipway, variables)
        assert result.status == 0, result.all
    first, second = sorted((tmp_path / "first").iterdir()), (tmp_path / "second")
    assert [path.name.rpartition("-")[2] for path in first] == ["amd64.cnb", "arm64.cnb"]
    for path in first:
        assert path.read_bytes() == (second / path.name).read_bytes()
    with tarfile.open(first[0]) as cnb:
        index = json.loads(blob_of_index(cnb))
        manifest = json.loads(blob(cnb, index["manifests"][0]["digest"]))
        (layer,) = manifest["layers"]
        files = members(blob(cnb, layer["digest"]), "cnb/buildpacks/slipway_python/0.1.0/")
    staged = {str(path.relative_to(stage)) for path in stage.rglob("*") if path.is_file()}
    assert set(files) == staged
    assert files["bin/build"] & 0o777 == 0o755
    assert files["buildpack.toml"] & 0o777 == 0o644


def blob_of_index(cnb: tarfile.TarFile) -> bytes:
    stream = cnb.extractfile("/index.json")
    assert stream
    return stream.read()


def test_the_package_has_the_labels_that_kpack_needs(
    variables: dict[str, str], tmp_path: Path
) -> None:
    package(variables, "--output", str(tmp_path), "--target", "linux/amd64")
    (path,) = tmp_path.glob("*.cnb")
    with tarfile.open(path) as cnb:
        index = json.loads(blob_of_index(cnb))
        manifest = json.loads(blob(cnb, index["manifests"][0]["digest"]))
        config = json.loads(blob(cnb, manifest["config"]["digest"]))
    labels = config["config"]["Labels"]
    layers = json.loads(labels["io.buildpacks.buildpack.layers"])["slipway/python"]
    ((version, about),) = layers.items()
    metadata = json.loads(labels["io.buildpacks.buildpackage.metadata"])
    assert (metadata["id"], metadata["version"]) == ("slipway/python", version)
    assert about["api"] in KPACK_APIS
    assert about["layerDiffID"] in config["rootfs"]["diff_ids"]


def test_a_published_package_has_a_python_for_each_processor(
    variables: dict[str, str], tmp_path: Path
) -> None:
    slipway = slipway_with_pins(tmp_path)
    with registry(tmp_path) as port:
        reference = f"localhost:{port}/slipway/python:0.1.0"
        argv = [str(slipway / "bin" / "slipway"), "package", "--with-python"]
        mirror = {"SLIPWAY_PYTHON_MIRROR": f"file://{tmp_path}/mirror"}
        result = run([*argv, "--publish", reference], {**variables, **mirror})
        assert result.status == 0, result.all
        index = download(port, "0.1.0")
        found = {}
        for entry in index["manifests"]:
            manifest = download(port, entry["digest"])
            layer = download_bytes(port, f"blobs/{manifest['layers'][0]['digest']}")
            files = members(layer, "cnb/buildpacks/slipway_python/0.1.0/")
            assert {"bin/build", "buildpack.toml"} <= set(files)
            assert not [name for name in files if name.startswith("linux/")]
            found[entry["platform"]["architecture"]] = [
                name for name in files if name.startswith("python/bin/made_for_")
            ]
    assert found == {
        "amd64": ["python/bin/made_for_x86_64"],
        "arm64": ["python/bin/made_for_aarch64"],
    }


def slipway_with_pins(folder: Path) -> Path:
    """Return a copy of Slipway whose pinned Pythons are small stand-ins."""
    result = run(
        [str(ROOT / "bin/slipway"), "package", "--stage-only", str(folder / "copy")], {}
    )
    assert result.status == 0, result.all
    (folder / "mirror").mkdir()
    pins = ""
    for processor in ("x86_64", "aarch64"):
        archive = folder / "mirror" / f"{processor}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            member = tarfile.TarInfo(f"python/bin/made_for_{processor}")
            member.mode = 0o755
            tar.addfile(member)
        sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
        pins += f"{processor} {sha256} {archive.name}\n"
    (folder / "copy" / "vendor" / "pythons.txt").write_text(pins)
    return folder / "copy"


@contextmanager
def registry(folder: Path) -> Iterator[int]:
    """Run a registry on the loopback interface, which stores images in a folder."""
    port = free_port()
    settings = folder / "registry.yml"
    settings.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(settings)],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for(port, process, folder / "registry.log")
        yield port
    finally:
        stop(process)


def download(port: int, reference: str) -> Document:
    """Return an image index, or the manifest of an image."""
    found: Document = json.loads(download_bytes(port, f"manifests/{reference}", _MANIFESTS))
    return found


def download_bytes(port: int, path: str, accept: str = "*/*") -> bytes:
    url = f"http://127.0.0.1:{port}/v2/slipway/python/{path}"
    request = urllib.request.Request(url, headers={"Accept": accept})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("command", ["build", "sbom download"])
def test_pack_has_the_options_that_the_documents_use(
    pack: Path, command: str, tmp_path: Path
) -> None:
    action = (ROOT / "docs" / "github-action.yml").read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(rf"^ +pack {command} .*$", action, re.MULTILINE)
    lines += [line for _, line in all_commands() if line.startswith(f"pack {command} ")]
    assert lines
    named = {option for line in lines for option in re.findall(r" (--[a-z-]+)", line)}
    help_page = run([pack, *command.split(), "--help"], {"PATH": PATH, "HOME": str(tmp_path)})
    known = set(re.findall(r" (--[a-z-]+)", help_page.out))
    assert named
    assert named <= known
