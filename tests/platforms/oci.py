"""OCI layouts: images in folders, which the lifecycle uses without a registry or daemon."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_TYPE = "application/vnd.oci.image"


@dataclass(frozen=True, kw_only=True)
class Image:
    """The digest and the configuration of an image."""

    digest: str
    config: Json

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.config["config"].get("Labels", {})
        return labels

    @property
    def metadata(self) -> Json:
        """The metadata that the lifecycle has added.

        https://github.com/buildpacks/spec/blob/main/platform.md#iobuildpackslifecyclemetadata-json
        """
        metadata: Json = json.loads(self.labels["io.buildpacks.lifecycle.metadata"])
        return metadata

    @property
    def layers(self) -> dict[str, str]:
        """Name -> diff ID of each launch layer that a buildpack made."""
        return {
            name: layer["sha"]
            for buildpack in self.metadata["buildpacks"]
            for name, layer in buildpack["layers"].items()
            if layer["launch"]
        }

    @property
    def slices(self) -> list[str]:
        """The diff IDs of the app's layers, in order."""
        return [layer["sha"] for layer in self.metadata["app"]]


def read_image(folder: Path) -> Image:
    """Read the only image of an OCI layout."""
    [entry] = json.loads((folder / "index.json").read_text("utf-8"))["manifests"]
    manifest = json.loads(_blob(folder, entry["digest"]).read_text("utf-8"))
    config = json.loads(_blob(folder, manifest["config"]["digest"]).read_text("utf-8"))
    return Image(digest=entry["digest"], config=config)


def files_of(folder: Path, diff_id: str) -> list[tarfile.TarInfo]:
    """List the members of a layer of the only image of an OCI layout."""
    [entry] = json.loads((folder / "index.json").read_text("utf-8"))["manifests"]
    manifest = json.loads(_blob(folder, entry["digest"]).read_text("utf-8"))
    at = read_image(folder).config["rootfs"]["diff_ids"].index(diff_id)
    with tarfile.open(_blob(folder, manifest["layers"][at]["digest"])) as archive:
        return archive.getmembers()


def write_image(folder: Path, arch: str, env: Sequence[str], labels: Mapping[str, str]) -> None:
    """Write an image with a single, nearly empty layer."""
    layer = _tar("etc/os-release", b'ID=debian\nVERSION_ID="12"\n')
    config = {
        "architecture": arch,
        "os": "linux",
        "created": "1980-01-01T00:00:01Z",
        "config": {"Env": [*env], "Labels": {**labels}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer).hexdigest()}"]},
        "history": [{"created": "1980-01-01T00:00:01Z"}],
    }
    layers = [_add(folder, "layer.v1.tar+gzip", gzip.compress(layer, mtime=0))]
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}.manifest.v1+json",
        "config": _add(folder, "config.v1+json", json.dumps(config).encode()),
        "layers": layers,
    }
    described = _add(folder, "manifest.v1+json", json.dumps(manifest).encode())
    index = {"schemaVersion": 2, "manifests": [described]}
    (folder / "index.json").write_text(json.dumps(index), "utf-8")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', "utf-8")


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / digest.replace(":", "/")


def _add(folder: Path, kind: str, data: bytes) -> Json:
    digest = f"sha256:{sha256(data).hexdigest()}"
    place = _blob(folder, digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {"mediaType": f"{_TYPE}.{kind}", "digest": digest, "size": len(data)}


def _tar(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()
