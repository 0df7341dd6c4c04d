"""The builder, which stages an app with buildpacks.

https://github.com/cloudfoundry/buildpackapplifecycle (buildpackrunner/runner.go)
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.classic_platform import run
from integration.cloud_foundry.buildpacks import download, folder_of_bin
from integration.cloud_foundry.exits import (
    COMPILE_FAILED,
    DETECT_FAILED,
    RELEASE_FAILED,
    SUPPLY_FAILED,
    Stopped,
)
from integration.cloud_foundry.processes import (
    Process,
    launch_yml,
    merged,
    metadata,
    procfile,
    released,
    result_json,
    staging_info,
)
from integration.cloud_foundry.variables import env_at_staging, staging_env

DETECT_NOT_EXECUTABLE = "WARNING: buildpack script '/bin/detect' is not executable\n"
MISSING_FINALIZE = (
    "Warning: the last buildpack is not compatible with multi-buildpack apps and cannot make "
    "use of any dependencies supplied by the buildpacks specified before it\n"
)
NO_START_COMMAND = (
    "No start command specified by buildpack or via Procfile.\n"
    "App will not start unless a command is provided at runtime.\n"
)
SUPPLY_MESSAGE = "Failed to run all supply scripts"
COMPILE_MESSAGE = "Failed to compile droplet"
Buildpack = Path | str
"""A folder, or the address of a git repository or of an archive."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What the builder leaves."""

    status: int
    out: str
    err: str
    droplet: Path
    result: Mapping[str, Any]
    """The content of result.json; empty if the builder has not written it."""

    @property
    def all(self) -> str:
        """Both streams, to show why a test failed."""
        return f"{self.out}\n{self.err}"

    @property
    def processes(self) -> Mapping[str, str]:
        processes: dict[str, str] = self.result.get("process_types") or {}
        return processes

    def unpack(self, place: Path) -> Path:
        """Unpack the droplet where it runs; return the folder that has `app` and `deps`."""
        place.parent.mkdir(parents=True, exist_ok=True)
        _unpack(self.droplet, place)
        return place


@dataclass(kw_only=True)
class Builder:
    """Stages an app with one buildpack or more, as often as wanted.

    Each time, the folders for dependencies have another name, and the cache is only what the
    last staging has packed. Nothing stays where it was staged, as on the platform, where the
    container is gone.
    """

    folder: Path
    env: Mapping[str, str] = field(default_factory=staging_env)
    within: Sequence[str] = ()
    """A command that starts each script, for example in another root."""
    cwd: Path | str = "/"
    packs_cache: bool = True
    """Whether the next staging has only a packed copy of the cache, which takes seconds."""

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def cache_archive(self) -> Path:
        return self.folder / "cache.tgz"

    @property
    def left(self) -> Path:
        """BUILD after a staging, at another place."""
        return self.folder / "left"

    @property
    def temporary(self) -> Path:
        """The folder TMPDIR, which the platform does not set: it uses `/tmp`."""
        return self.folder / "tmp"

    def stage(
        self,
        app: Path,
        *buildpacks: Buildpack,
        detects: bool = False,
        env: Mapping[str, str] = {},
    ) -> Staged:
        """Stage a copy of an app; with `detects`, only the first buildpack that accepts it."""
        build, droplet = self.folder / "app", self.folder / "droplet.tgz"
        downloads = self.folder / "downloads"
        kept = () if self.packs_cache else (self.cache,)
        folders = {self.left, self.cache, self.temporary, downloads}
        for path in folders.difference(kept):
            shutil.rmtree(path, ignore_errors=True)
        droplet.unlink(missing_ok=True)
        self.temporary.mkdir(parents=True)
        shutil.copytree(app, build, symlinks=True)
        if self.cache_archive.exists():
            _unpack(self.cache_archive, self.cache)
        contents = Path(tempfile.mkdtemp(prefix="contents", dir=self.temporary))
        staging = _Staging(
            build=build,
            contents=contents,
            cache=self.cache,
            downloads=downloads,
            buildpacks=buildpacks,
            detects=detects,
            env={"TMPDIR": str(self.temporary), **self.env, **env},
            cwd=self.cwd,
            within=self.within,
        )
        status = 0
        try:
            staging.run()
            _pack(droplet, contents)
            if self.packs_cache:
                _pack(self.cache_archive, self.cache)
        except Stopped as stopped:
            status = stopped.status
            staging.err.append(f"{stopped}\n")
        finally:
            shutil.rmtree(contents)
            build.rename(self.left)
            if self.packs_cache:
                shutil.rmtree(self.cache, ignore_errors=True)
        return Staged(
            status=status,
            out="".join(staging.out),
            err="".join(staging.err),
            droplet=droplet,
            result=staging.result,
        )

    def build(self, app: Path, *buildpacks: Buildpack, env: Mapping[str, str] = {}) -> Staged:
        """Stage an app, and expect success without a word on stderr."""
        staged = self.stage(app, *buildpacks, env=env)
        assert (staged.status, staged.err) == (0, ""), staged.all
        return staged


@dataclass(kw_only=True)
class _Staging:
    """One run of the builder."""

    build: Path
    contents: Path
    cache: Path
    downloads: Path
    buildpacks: Sequence[Buildpack]
    detects: bool
    env: Mapping[str, str]
    cwd: Path | str
    within: Sequence[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deps(self) -> Path:
        return self.contents / "deps"

    @property
    def profile_dir(self) -> Path:
        return self.contents / "profile.d"

    @property
    def earlier(self) -> Sequence[Buildpack]:
        return () if self.detects else self.buildpacks[:-1]

    def index(self, number: int) -> str:
        """Return the name of a folder in DEPS: zero-padded only from ten buildpacks on."""
        return str(number).zfill(len(str(len(self.earlier) + 1)))

    def run(self) -> None:
        self.env = env_at_staging(self.env)
        for folder in (self.cache / "final", *map(self.cache_of, self.earlier)):
            folder.mkdir(parents=True, exist_ok=True)
        for number in range(len(self.earlier) + 1):
            (self.deps / self.index(number)).mkdir(parents=True)
        self.profile_dir.mkdir()
        self.download()
        kept = {self.cache / "final", *map(self.cache_of, self.earlier)}
        for path in self.cache.iterdir():
            if path not in kept:
                shutil.rmtree(path)
        keys, last, detected = self.detect() if self.detects else self.supply_earlier()
        try:
            self.finalize(last)
            processes = self.processes(last)
        except Stopped:
            self.result = result_json(self.metadata(keys), None)
            raise
        described = self.metadata(keys)
        if self.detects:
            described[0]["name"] = described[0]["name"] or detected
        self.result = result_json(described, processes)
        if not self.result["process_types"].get("web"):
            self.err.append(NO_START_COMMAND)
        info = staging_info(self.result)
        (self.contents / "staging_info.yml").write_text(info, "utf-8")
        for name in ("tmp", "logs"):
            (self.contents / name).mkdir()
        subprocess.run(["cp", "-a", self.build, self.contents / "app"], check=True)

    def download(self) -> None:
        for buildpack in self.buildpacks:
            if isinstance(buildpack, str):
                self.out.append(download(buildpack, self.place_of(buildpack), self.env))

    def place_of(self, buildpack: Buildpack) -> Path:
        is_address = isinstance(buildpack, str)
        return self.downloads / _hashed(buildpack) if is_address else Path(buildpack)

    def cache_of(self, buildpack: Buildpack) -> Path:
        """Return the cache of an earlier buildpack, whose name depends on the buildpack's."""
        return self.cache / _hashed(buildpack)

    def detect(self) -> tuple[Sequence[Buildpack], Path, str]:
        """Return the first buildpack that accepts the app, its folder, and what it printed."""
        for buildpack in self.buildpacks:
            try:
                folder = folder_of_bin(self.place_of(buildpack), str(buildpack))
                mode = (folder / "bin" / "detect").stat().st_mode
            except Stopped as stopped:
                self.err.append(f"{stopped}\n")
                continue
            except FileNotFoundError as error:
                self.err.append(f"stat {error.filename}: no such file or directory\n")
                continue
            if mode & 0o111 != 0o111:
                self.out.append(DETECT_NOT_EXECUTABLE)
            out: list[str] = []
            if not self.script(folder, "detect", self.build, out=out):
                return [buildpack], folder, "".join(out).rstrip("\r\n")
        raise Stopped(DETECT_FAILED, "None of the buildpacks detected a compatible application")

    def supply_earlier(self) -> tuple[Sequence[Buildpack], Path, str]:
        """Let each buildpack but the last one supply; return all of them, and the last one."""
        folders = [self.folder_of(buildpack) for buildpack in self.earlier]
        if not all((folder / "bin" / "supply").exists() for folder in folders):
            raise Stopped(
                SUPPLY_FAILED,
                "Error: one of the buildpacks chosen to supply dependencies does not support "
                "multi-buildpack apps",
            )
        for number, (buildpack, folder) in enumerate(zip(self.earlier, folders, strict=True)):
            cache, index = self.cache_of(buildpack), self.index(number)
            failure = self.script(folder, "supply", self.build, cache, self.deps, index)
            if failure:
                raise Stopped(SUPPLY_FAILED, f"{SUPPLY_MESSAGE}: {failure}")
        return self.buildpacks, self.folder_of(self.buildpacks[-1]), ""

    def folder_of(self, buildpack: Buildpack) -> Path:
        try:
            return folder_of_bin(self.place_of(buildpack), str(buildpack))
        except Stopped as stopped:
            if buildpack in self.earlier:
                self.err.append(f"{stopped}\n")
            raise Stopped(SUPPLY_FAILED, f"{SUPPLY_MESSAGE}: {stopped}") from None

    def finalize(self, last: Path) -> None:
        """Let the last buildpack complete the app; an old one only has `bin/compile`."""
        index, cache = self.index(len(self.earlier)), self.cache / "final"
        if (last / "bin" / "finalize").exists():
            common: Sequence[Path | str] = (self.build, cache, self.deps, index)
            steps: list[tuple[str, Sequence[Path | str], str]]
            steps = [("finalize", (*common, self.profile_dir), "Failed to run finalize script")]
            if (last / "bin" / "supply").exists():
                steps.insert(0, ("supply", common, SUPPLY_MESSAGE))
        else:
            if self.earlier:
                self.err.append(MISSING_FINALIZE)
            shutil.rmtree(self.deps / index)
            steps = [("compile", (self.build, cache), COMPILE_MESSAGE)]
        for name, arguments, message in steps:
            failure = self.script(last, name, *arguments)
            if failure:
                raise Stopped(COMPILE_FAILED, f"{COMPILE_MESSAGE}: {message}: {failure}")

    def processes(self, last: Path) -> Sequence[Process]:
        """Merge launch.yml or what `bin/release` prints with the Procfile."""
        # The real one looks for each launch.yml under a number that is not padded, and for the
        # last one's under the number of buildpacks, also of those that do not accept the app.
        found: Sequence[Process] = ()
        for number in range(len(self.earlier)):
            found = merged(found, launch_yml(self.deps / str(number)) or ())
        own = launch_yml(self.deps / str(len(self.buildpacks) - 1))
        if own is None:
            out: list[str] = []
            failure = self.script(last, "release", self.build, out=out)
            if failure:
                raise Stopped(RELEASE_FAILED, f"Failed to build droplet release: {failure}")
            own = released("".join(out))
        return merged(merged(found, own), procfile(self.build / "Procfile"))

    def metadata(self, keys: Sequence[Buildpack]) -> list[dict[str, Any]]:
        return [
            metadata(str(key), self.deps / self.index(number))
            for number, key in enumerate(keys)
        ]

    def script(
        self,
        folder: Path,
        name: str,
        *arguments: Path | str,
        out: list[str] | None = None,
    ) -> str:
        """Run a script of a buildpack; return why it failed, or nothing."""
        script = folder / "bin" / name
        try:
            result = run([script, *arguments], self.env, self.cwd, self.within)
        except OSError as error:
            return f"fork/exec {script}: {os.strerror(error.errno or 0).lower()}"
        (self.out if out is None else out).append(result.out)
        self.err.append(result.err)
        if result.status < 0:
            return f"signal: {signal.strsignal(-result.status)}".lower()
        return f"exit status {result.status}" if result.status else ""


def _hashed(buildpack: Buildpack) -> str:
    return hashlib.blake2b(str(buildpack).encode(), digest_size=8).hexdigest()


def _pack(archive: Path, folder: Path) -> None:
    fast = "--use-compress-program=gzip -1"
    subprocess.run(["tar", fast, "-cf", archive, "-C", folder, "."], check=True)


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
