"""The phases of the lifecycle without a container: the same programs as on platforms.

https://github.com/buildpacks/spec/blob/main/platform.md
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from integration.classic_platform import PATH, Result, machine_env, run
from integration.isolation import with_mounts
from integration.serving import Site, free_port, stop, wait_for
from platforms.oci import Image, read_image, write_image
from platforms.roots import BUILDER, RUNNER
from slipway.domain.toml_text import Document, parse_toml, render_toml

OLDEST, USUAL, NEWEST = "0.9", "0.14", "0.15"
"""Platform APIs: of kpack, of the lifecycle in most builders, and the newest."""

_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
_REGISTRY = "index.docker.io"
"""The lifecycle's folder for images whose name has no registry."""


def settings(**more: str) -> dict[str, str]:
    """Return the variables of `pack build --env`: the settings for this machine's index."""
    index_settings = {
        name: value
        for name, value in machine_env().items()
        if name.startswith(("PIP_", "SSL_"))
    }
    return {**index_settings, **more}


@dataclass(frozen=True, kw_only=True)
class Phases:
    """The folders of one app on a platform, and the steps of the lifecycle with them."""

    folder: Path
    """A folder that every user can access, used only by this class."""
    buildpack: Path
    lifecycle: Path
    """The folder of the lifecycle's programs, named after the phases."""
    platform_api: str = USUAL
    earlier: Sequence[Path] = ()
    """Other buildpacks, which run before Slipway."""
    later: Sequence[Path] = ()
    """Other buildpacks, which run after Slipway."""
    arch: str = _ARCH
    """The processor that the app runs on, as images name it."""
    root: Path | None = None
    """The root file system in which the processes run; None: this machine's."""
    mounts: Sequence[str] = ()
    """The sh commands that add mounts, which only the processes see."""

    @property
    def app(self) -> Path:
        """The app during the build, and the working directory of its processes."""
        return self.folder / "workspace"

    @property
    def layers(self) -> Path:
        return self.folder / "layers"

    @property
    def own_layers(self) -> Path:
        """Slipway's own layers."""
        return self.layers / _escaped(_identity(self.buildpack)[0])

    @property
    def cache(self) -> Path:
        """The cache that `create` stores for the next build."""
        return self.folder / "cache"

    @property
    def image(self) -> Path:
        """The OCI layout that `create` writes."""
        return self._layout("app")

    def detect(
        self,
        app: Path,
        env: Mapping[str, str | bytes] | None = None,
        bindings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Result:
        """Copy an app, run detect on it, and remove the results of an earlier build.

        `env` holds the user's variables; None: those for this machine's index. `bindings`
        maps the names of bindings to their files: name -> content.
        """
        self._prepare(app, env, bindings or {})
        return self._phase("detector", "-order", self.folder / "order.toml")

    def build(self) -> Result:
        """Build the detected app."""
        group, plan = self.layers / "group.toml", self.layers / "plan.toml"
        return self._phase("builder", "-group", group, "-plan", plan)

    def create(
        self,
        app: Path,
        env: Mapping[str, str | bytes] | None = None,
        bindings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Result:
        """Run all phases on a copy of an app; `exported` reads the result.

        As on a platform, only the cache and the image of an earlier build still exist. The
        platform API must be 0.12 or newer.
        """
        self._prepare(app, env, bindings or {})
        self.cache.mkdir(exist_ok=True)
        if not self._layout("run").exists():
            env_of_image = [f"PATH={PATH}"]
            write_image(self._layout("run"), self.arch, env_of_image, {})
        chown(self.cache, BUILDER)
        chown(self.folder / "images", BUILDER)
        options: list[str | Path] = ["-order", self.folder / "order.toml"]
        options += ["-cache-dir", self.cache, "-report", self.folder / "report.toml"]
        options += ["-layout", "-layout-dir", self.folder / "images", "-run-image", "run"]
        options += ["-launcher", self.lifecycle / "launcher"]
        return self._phase("creator", *options, "app")

    def exported(self) -> Image:
        """Read the image that `create` made."""
        return read_image(self.image)

    def launch(
        self, process: str | None, *arguments: str, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run a process of the built app to its end; None: the launcher itself.

        The launcher takes `--` and a command, or a line for a shell.
        """
        return run([*self._launch_argv(process), *arguments], self._launch_env(env))

    @contextmanager
    def serve(
        self, process: str = "web", *arguments: str, env: Mapping[str, str] | None = None
    ) -> Iterator[Site]:
        """Run a web process until the block is left; its output is in `served.log`."""
        port = free_port()
        log = self.folder / "served.log"
        with log.open("wb") as stream:
            server = self.start(process, stream, *arguments, PORT=str(port), **(env or {}))
        try:
            wait_for(port, server, log)
            yield Site(port, server.pid)
        finally:
            stop(server)

    def start(
        self, process: str, output: IO[bytes], *arguments: str, **env: str
    ) -> subprocess.Popen[bytes]:
        """Start a process of the built app in its own process group."""
        return subprocess.Popen(
            [*self._launch_argv(process), *arguments],
            env=self._launch_env(env),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def processes(self) -> dict[str, list[str]]:
        """Return the commands of the process types of the built app, with their arguments."""
        found = _read(self.layers / "config" / "metadata.toml").get("processes", [])
        return {
            process["type"]: [*_as_list(process["command"]), *process.get("args", [])]
            for process in found
        }

    def _prepare(
        self,
        app: Path,
        env: Mapping[str, str | bytes] | None,
        bindings: Mapping[str, Mapping[str, str]],
    ) -> None:
        for folder in (self.app, self.layers, self.folder / "platform"):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(app, self.app, symlinks=True)
        (self.folder / "home").mkdir(exist_ok=True)
        self.layers.mkdir()
        target = {"os": "linux", "arch": self.arch}
        analyzed = render_toml({"run-image": {"reference": "run", "target": target}})
        (self.layers / "analyzed.toml").write_text(analyzed, "utf-8")
        self._write_platform(settings() if env is None else env, bindings)
        self._write_order()
        for folder in (self.app, self.layers, self.folder / "home", self.folder / "platform"):
            chown(folder, BUILDER)
        _chown_one(self.folder, BUILDER)

    def _write_platform(
        self, env: Mapping[str, str | bytes], bindings: Mapping[str, Mapping[str, str]]
    ) -> None:
        place = self.folder / "platform"
        (place / "env").mkdir(parents=True)
        for name, value in env.items():
            data = value if isinstance(value, bytes) else value.encode()
            (place / "env" / name).write_bytes(data)
        for binding, entries in bindings.items():
            (place / "bindings" / binding).mkdir(parents=True)
            for name, text in entries.items():
                (place / "bindings" / binding / name).write_text(text, "utf-8")

    def _write_order(self) -> None:
        """Put the buildpacks where the lifecycle looks for them, in one group."""
        group = []
        for buildpack in (*self.earlier, self.buildpack, *self.later):
            name, version = _identity(buildpack)
            group.append({"id": name, "version": version})
            place = self.folder / "buildpacks" / _escaped(name) / version
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.symlink_to(buildpack)
        order = render_toml({"order": [{"group": group}]})
        (self.folder / "order.toml").write_text(order, "utf-8")

    def _phase(self, name: str, *arguments: str | Path) -> Result:
        folders: list[str | Path] = ["-no-color", "-app", self.app, "-layers", self.layers]
        folders += ["-buildpacks", self.folder / "buildpacks"]
        folders += ["-platform", self.folder / "platform"]
        # The detector only shows the output of a buildpack at this level.
        level = ["-log-level", "debug"] if name == "detector" else []
        argv = [self.lifecycle / name, *folders, *level, *arguments]
        env = {
            "PATH": PATH,
            "HOME": str(self.folder / "home"),
            "CNB_PLATFORM_API": self.platform_api,
            "CNB_EXPERIMENTAL_MODE": "warn",  # OCI layouts are experimental
            "CNB_USER_ID": str(BUILDER if os.geteuid() == 0 else os.geteuid()),
            "CNB_GROUP_ID": str(BUILDER if os.geteuid() == 0 else os.getegid()),
        }
        return run([*as_user(BUILDER), *argv], env, self.folder)

    def _launch_argv(self, process: str | None) -> list[str]:
        """Return the argv of a process; the program's name selects its process type."""
        self._remove_build_layers()
        if process is None:
            return [*self._start(), str(self.lifecycle / "launcher")]
        place = self.folder / "process" / process
        place.parent.mkdir(exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(self.lifecycle / "launcher")
        return [*self._start(), str(place)]

    def _start(self) -> list[str]:
        """Return the command that starts another as the app's user, perhaps in another root."""
        if self.root is None:
            within = with_mounts(*self.mounts) if self.mounts else []
            return [*within, *as_user(RUNNER)]
        mounts = [*self.mounts]
        for folder in (self.folder, self.lifecycle):
            place = Path(f"{self.root}{folder}")
            place.mkdir(parents=True, exist_ok=True)
            bind = f"mount --bind '{folder}' '{place}'"
            mounts += [bind, f"mount -o remount,ro,bind '{place}'"]
        mounts += [f"mount --rbind /{name} '{self.root}/{name}'" for name in ("dev", "proc")]
        return [
            *with_mounts(*mounts),
            "chroot",
            f"--userspec={RUNNER}:{BUILDER}",
            str(self.root),
        ]

    def _remove_build_layers(self) -> None:
        """Remove the layers that would not be in an image."""
        for described in self.layers.glob("*/*.toml"):
            types = _read(described).get("types", {})
            folder = described.with_suffix("")
            if folder.is_dir() and not types.get("launch"):
                shutil.rmtree(folder)

    def _launch_env(self, env: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "PATH": PATH,
            "HOME": str(self.folder / "home"),
            "CNB_PLATFORM_API": self.platform_api,
            "CNB_LAYERS_DIR": str(self.layers),
            "CNB_APP_DIR": str(self.app),
            **(env or {}),
        }

    def _layout(self, name: str) -> Path:
        return self.folder / "images" / _REGISTRY / "library" / name / "latest"


def as_user(user: int) -> list[str]:
    """Start as another user, since the lifecycle refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={BUILDER}", "--clear-groups", "--"]


def chown(folder: Path, user: int) -> None:
    """Make a user the owner of a folder and of everything in it."""
    for parent, folders, files in os.walk(folder):
        _chown_one(Path(parent), user)
        for name in (*folders, *files):
            _chown_one(Path(parent, name), user)


def _chown_one(path: Path, user: int) -> None:
    if os.geteuid() == 0:
        os.lchown(path, user, BUILDER)


def _identity(buildpack: Path) -> tuple[str, str]:
    described = _read(buildpack / "buildpack.toml")["buildpack"]
    return described["id"], described["version"]


def _read(file: Path) -> Document:
    return parse_toml(file.read_text("utf-8"), str(file))


def _escaped(name: str) -> str:
    return name.replace("/", "_")


def _as_list(command: str | list[str]) -> list[str]:
    """Return a command as a list; up to platform API 0.9 it is a single string."""
    return [command] if isinstance(command, str) else command
