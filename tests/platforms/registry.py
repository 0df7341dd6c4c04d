"""An image registry on the loopback interface: Debian's docker-registry."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from integration.classic_platform import PATH
from integration.serving import TIMEOUT, free_port, stop, wait_for

_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


@dataclass(frozen=True, kw_only=True)
class Registry:
    port: int

    def name(self, image: str) -> str:
        """Return the full name of an image in this registry."""
        return f"localhost:{self.port}/{image}"

    def manifest(self, image: str, tag: str = "latest") -> tuple[str, dict[str, Any]]:
        """Return the digest and the manifest, or index, of an image.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            path = f"/v2/{image}/manifests/{tag}"
            connection.request("GET", path, headers={"Accept": _MANIFESTS})
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 200, text
            return answer.headers["Docker-Content-Digest"], json.loads(text)
        finally:
            connection.close()


@contextmanager
def served_registry(folder: Path) -> Iterator[Registry]:
    """Serve a registry that stores images in a folder, until the block is left."""
    registry = Registry(port=free_port())
    settings = {
        "version": "0.1",
        "log": {"accesslog": {"disabled": True}, "level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"127.0.0.1:{registry.port}"},
    }
    file, log = folder / "registry.json", folder / "log"
    file.write_text(json.dumps(settings), "utf-8")  # JSON is valid YAML
    with log.open("wb") as stream:
        server = subprocess.Popen(
            ["docker-registry", "serve", file],
            env={"PATH": PATH},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        wait_for(registry.port, server, log)
        yield registry
    finally:
        stop(server)
