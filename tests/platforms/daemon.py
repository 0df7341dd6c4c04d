"""A separate Docker daemon for the tests, with its own folders and socket."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import PATH, Result, run
from integration.serving import Site, free_port, is_open
from platforms.oci import Image
from platforms.roots import BUILDER

TIMEOUT = 60
"""Seconds within which the daemon or a container must answer."""

_LABELS = {
    "io.buildpacks.base.id": "slipway-tests",
    "io.buildpacks.base.distro.name": "debian",
    "io.buildpacks.base.distro.version": "12",
    "io.buildpacks.rebasable": "true",
}

# Its mounts disappear when it exits, and it is terminated when its parent exits.
_BOUND = ("unshare", "--mount", "--", "setpriv", "--pdeathsig=TERM", "--")


@dataclass(frozen=True, kw_only=True)
class Docker:
    """A client of the daemon."""

    folder: Path
    """Holds the socket, the client's settings and the log."""

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a client, without the user's."""
        return {
            "PATH": PATH,
            "HOME": str(self.folder),
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.folder / "config"),
            "DOCKER_BUILDKIT": "0",  # the old builder needs nothing from a registry
        }

    def call(self, *arguments: str | Path) -> Result:
        return run(["docker", *arguments], self.variables)

    def check_output(self, *arguments: str | Path) -> str:
        """Run a command, expect success, and return its output."""
        result = self.call(*arguments)
        assert result.status == 0, result.all
        return result.out.strip()

    def image(self, name: str) -> Image:
        """Read the configuration of an image; its digest is the daemon's image ID."""
        [described] = json.loads(self.check_output("image", "inspect", name))
        return Image(digest=described["Id"], config={"config": described["Config"]})

    def import_root(self, root: Path, name: str, user: int) -> None:
        """Make an image from a root file system.

        https://github.com/buildpacks/spec/blob/main/platform.md#build-image
        """
        env = {"CNB_USER_ID": BUILDER, "CNB_GROUP_ID": BUILDER, "PATH": PATH}
        changes = [f"ENV {key}={value}" for key, value in env.items()]
        changes += [f"LABEL {key}={value}" for key, value in _LABELS.items()]
        changes.append(f"USER {user}:{BUILDER}")
        options = [word for change in changes for word in ("--change", change)]
        self.check_output("import", *options, root, name)

    def run(
        self,
        image: str,
        *arguments: str,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a container to its end, by default in this machine's network."""
        return self.call("run", "--rm", *_options(options, env), image, *arguments)

    @contextmanager
    def serve(
        self,
        image: str,
        *arguments: str,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Iterator[Site]:
        """Run a container with a web process until the block is left."""
        port = free_port()
        given = _options(options, {**(env or {}), "PORT": str(port)})
        container = self.check_output("run", "--detach", *given, image, *arguments)
        try:
            deadline = time.monotonic() + TIMEOUT
            while not is_open(port):
                running = self.check_output(
                    "inspect", "--format", "{{.State.Running}}", container
                )
                assert running == "true", self.call("logs", container).all
                assert time.monotonic() < deadline, self.call("logs", container).all
                time.sleep(0.1)
            yield Site(port)
        finally:
            self.check_output("rm", "--force", "--volumes", container)


@contextmanager
def daemon(folder: Path, data: Path) -> Iterator[Docker]:
    """Run a daemon until the block is left, then stop it and its containers.

    It makes no bridge and changes no firewall: containers share this machine's network or
    have none. The path of the folder must be short, because of the socket.
    """
    docker = Docker(folder=folder)
    options = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
    places = {"data-root": data, "exec-root": folder / "exec", "pidfile": folder / "pid"}
    options += [f"--{name}={place}" for name, place in places.items()]
    log = folder / "dockerd.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*_BOUND, "dockerd", *options, f"--host={docker.host}"],
            env={"PATH": PATH, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        while docker.call("version").status != 0:
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.2)
        yield docker
    finally:
        _stop(docker, process)


def _stop(docker: Docker, process: subprocess.Popen[bytes]) -> None:
    """Stop the containers, then the daemon, which stops its containerd."""
    containers = docker.call("ps", "--all", "--quiet").out.split()
    if containers:
        docker.call("rm", "--force", "--volumes", *containers)
    process.terminate()
    try:
        process.wait(TIMEOUT)
    finally:
        process.kill()
        process.wait()


def _options(options: Sequence[str], env: Mapping[str, str] | None) -> list[str]:
    variables = [f"--env={name}={value}" for name, value in (env or {}).items()]
    has_network = any(option.startswith("--network") for option in options)
    return [*options, *variables] if has_network else ["--network=host", *options, *variables]
