"""Docker's daemon, the tests' own: with its own folders and socket, and ended with them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import PATH, Ended, run
from integration.serving import Site, free_port, is_open
from platforms.oci import Image
from platforms.roots import BUILDER

TIMEOUT = 60
"""Seconds until the daemon, or a container, has to answer."""

_LABELS = {
    "io.buildpacks.base.id": "slipway-tests",
    "io.buildpacks.base.distro.name": "debian",
    "io.buildpacks.base.distro.version": "12",
    "io.buildpacks.rebasable": "true",
}

# What it mounts ends with it, even what it forgets; and it ends with who has started it.
_BOUND = ("unshare", "--mount", "--", "setpriv", "--pdeathsig=TERM", "--")


@dataclass(frozen=True, kw_only=True)
class Docker:
    """A client of the daemon."""

    folder: Path
    """For what is its own: the socket, the client's settings, the log."""

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    @property
    def variables(self) -> dict[str, str]:
        """What a client's environment needs, and nothing of the user's."""
        return {
            "PATH": PATH,
            "HOME": str(self.folder),
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.folder / "config"),
            "DOCKER_BUILDKIT": "0",  # the old way to build asks no registry for anything
        }

    def ask(self, *arguments: str | Path) -> Ended:
        return run(["docker", *arguments], self.variables)

    def do(self, *arguments: str | Path) -> str:
        """Run a command that works, and give what it writes."""
        ended = self.ask(*arguments)
        assert ended.status == 0, ended.all
        return ended.out.strip()

    def image(self, name: str) -> Image:
        """Read what an image says of itself; the digest is the daemon's id for it."""
        [described] = json.loads(self.do("image", "inspect", name))
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
        self.do("import", *options, root, name)

    def run(
        self,
        image: str,
        *arguments: str,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a container to its end; it shares this machine's network, the loopback too."""
        return self.ask("run", "--rm", *_options(options, env), image, *arguments)

    @contextmanager
    def serve(
        self,
        image: str,
        *arguments: str,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Iterator[Site]:
        """Run a container with a web process, until the block is left."""
        port = free_port()
        given = _options(options, {**(env or {}), "PORT": str(port)})
        container = self.do("run", "--detach", *given, image, *arguments)
        try:
            deadline = time.monotonic() + TIMEOUT
            while not is_open(port):
                running = self.do("inspect", "--format", "{{.State.Running}}", container)
                assert running == "true", self.ask("logs", container).all
                assert time.monotonic() < deadline, self.ask("logs", container).all
                time.sleep(0.1)
            yield Site(port)
        finally:
            self.do("rm", "--force", "--volumes", container)


@contextmanager
def daemon(folder: Path, data: Path) -> Iterator[Docker]:
    """Start a daemon, and end it with all that it has started.

    It makes no bridge and touches no firewall: containers share this machine's network, or
    have none. The folder's path has to be short, for the socket.
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
        while docker.ask("version").status != 0:
            assert process.poll() is None, log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, log.read_text("utf-8", "replace")
            time.sleep(0.2)
        yield docker
    finally:
        _stop(docker, process)


def _stop(docker: Docker, process: subprocess.Popen[bytes]) -> None:
    """End the containers, then the daemon, which ends its containerd."""
    left = docker.ask("ps", "--all", "--quiet").out.split()
    if left:
        docker.ask("rm", "--force", "--volumes", *left)
    process.terminate()
    try:
        process.wait(TIMEOUT)
    finally:
        process.kill()
        process.wait()


def _options(options: Sequence[str], env: Mapping[str, str] | None) -> list[str]:
    variables = [f"--env={name}={value}" for name, value in (env or {}).items()]
    is_told = any(option.startswith("--network") for option in options)
    return [*options, *variables] if is_told else ["--network=host", *options, *variables]
