"""Cloud Foundry: its builder, which stages an app, and its launcher, step by step.

They do what the platform's own programs do, in the same order and with the same arguments:
https://github.com/cloudfoundry/buildpackapplifecycle (buildpackrunner/runner.go, env/env.go,
databaseuri/databaseuri.go, launcher/launcher_unix.go, shell/shell.go). The programs cannot be
had from a package index.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from integration.classic_platform import Result, machine_env, run
from integration.serving import Dyno

DETECT_FAILED, COMPILE_FAILED, RELEASE_FAILED, SUPPLY_FAILED = 222, 223, 224, 225
MISSING_FINALIZE = (
    "Warning: the last buildpack is not compatible with multi-buildpack apps and cannot make "
    "use of any dependencies supplied by the buildpacks specified before it"
)
NO_START_COMMAND = (
    "No start command specified by buildpack or via Procfile.\n"
    "App will not start unless a command is provided at runtime.\n"
)
_SOURCE_ALL = """
if [ -n "$(ls ../profile.d/* 2> /dev/null)" ]; then
  for env_file in ../profile.d/*; do
    source $env_file
  done
fi
if [ -n "$(ls .profile.d/* 2> /dev/null)" ]; then
  for env_file in .profile.d/*; do
    source $env_file
  done
fi
"""
LAUNCHER = (
    "cd \"$HOME\"; echo 'Invoking pre-start scripts.'"
    + _SOURCE_ALL
    + "if [ -f .profile ]; then\n  source .profile\nfi\n"
    + "echo 'Invoking start command.'; exec bash -c \"$1\""
)
SHELL = 'cd "$HOME"' + _SOURCE_ALL + 'exec bash -c "$1"'
"""What `cf ssh` users run to get the variables of the app."""
VCAP_APPLICATION = {
    "application_id": "f8f9b1ae",
    "application_name": "harbour",
    "application_uris": ["harbour.example.com"],
    "limits": {"disk": 1024, "mem": 512},
    "process_type": "web",
}
_SCHEMES = {
    "mysql": "mysql2",
    "mysql2": "mysql2",
    "postgres": "postgres",
    "postgresql": "postgres",
}


class Stopped(Exception):
    """The builder ends with an exit status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What the builder leaves."""

    status: int
    out: str
    err: str
    droplet: Path
    result: Mapping[str, Any]
    """The content of result.json."""

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
    last staging has packed.
    """

    folder: Path
    env: Mapping[str, str] = field(default_factory=lambda: staging_env())  # noqa: PLW0108  # defined below
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
    def temporary(self) -> Path:
        return self.folder / "tmp"

    def stage(
        self, app: Path, *buildpacks: Path, detects: bool = False, env: Mapping[str, str] = {}
    ) -> Staged:
        """Stage a copy of an app; with `detects`, only the first buildpack that accepts it."""
        build, droplet = self.folder / "app", self.folder / "droplet.tgz"
        for path in (build, self.temporary, *([self.cache] if self.packs_cache else [])):
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
        return Staged(
            status=status,
            out="".join(staging.out),
            err="".join(staging.err),
            droplet=droplet,
            result=staging.result,
        )

    def build(self, app: Path, *buildpacks: Path, env: Mapping[str, str] = {}) -> Staged:
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
    buildpacks: Sequence[Path]
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
    def earlier(self) -> Sequence[Path]:
        return () if self.detects else self.buildpacks[:-1]

    def index(self, number: int) -> str:
        """Return the name of a folder in DEPS: zero-padded only from ten buildpacks on."""
        return str(number).zfill(len(str(len(self.buildpacks) - 1)))

    def run(self) -> None:
        (self.cache / "final").mkdir(parents=True, exist_ok=True)
        kept = {self.cache / "final", *map(self.cache_of, self.earlier)}
        for path in self.cache.iterdir():
            if path not in kept:
                shutil.rmtree(path)
        for number in range(len(self.earlier) + 1):
            (self.deps / self.index(number)).mkdir(parents=True)
        self.profile_dir.mkdir()
        last, detected = self.choose()
        failure: Stopped | None = None
        processes: Mapping[str, str] = {}
        try:
            self.finalize(last)
            processes = self.processes(last)
            if not processes.get("web"):
                self.err.append(NO_START_COMMAND)
        except Stopped as stopped:
            failure = stopped
        self.describe(detected, processes)
        if failure:
            raise failure
        for name in ("tmp", "logs"):
            (self.contents / name).mkdir()
        subprocess.run(["cp", "-a", self.build, self.contents / "app"], check=True)

    def choose(self) -> tuple[Path, str]:
        """Return the last buildpack and what its `bin/detect` printed; others supply before."""
        if self.detects:
            for buildpack in self.buildpacks:
                result = self.script(buildpack, "detect", self.build, streams_out=False)
                if result.status == 0:
                    return buildpack, result.out.rstrip("\r\n")
            raise Stopped(DETECT_FAILED, "None of the buildpacks detected a compatible app")
        for buildpack in self.earlier:
            if not (buildpack / "bin" / "supply").exists():
                raise Stopped(
                    SUPPLY_FAILED,
                    "Error: one of the buildpacks chosen to supply dependencies does not "
                    "support multi-buildpack apps",
                )
        for number, buildpack in enumerate(self.earlier):
            cache = self.cache_of(buildpack)
            cache.mkdir(exist_ok=True)
            arguments = (self.build, cache, self.deps, self.index(number))
            status = self.script(buildpack, "supply", *arguments).status
            if status != 0:
                raise Stopped(SUPPLY_FAILED, _failed("run all supply scripts", status))
        return self.buildpacks[-1], ""

    def cache_of(self, buildpack: Path) -> Path:
        """Return the cache of an earlier buildpack, whose name depends on the buildpack's."""
        digest = hashlib.blake2b(str(buildpack).encode(), digest_size=8)
        return self.cache / digest.hexdigest()

    def finalize(self, last: Path) -> None:
        index, cache = self.index(len(self.earlier)), self.cache / "final"
        if not (last / "bin" / "finalize").exists():
            if self.earlier:
                self.err.append(f"{MISSING_FINALIZE}\n")
            shutil.rmtree(self.deps / index)
            status = self.script(last, "compile", self.build, cache).status
            if status != 0:
                raise Stopped(COMPILE_FAILED, _failed("compile droplet", status))
            return
        arguments = (self.build, cache, self.deps, index)
        if (last / "bin" / "supply").exists():
            status = self.script(last, "supply", *arguments).status
            if status != 0:
                raise Stopped(
                    COMPILE_FAILED,
                    f"Failed to compile droplet: {_failed('run all supply scripts', status)}",
                )
        status = self.script(last, "finalize", *arguments, self.profile_dir).status
        if status != 0:
            raise Stopped(
                COMPILE_FAILED,
                f"Failed to compile droplet: {_failed('run finalize script', status)}",
            )

    def processes(self, last: Path) -> Mapping[str, str]:
        """Merge launch.yml or what `bin/release` prints with the Procfile."""
        # The real one looks for the last launch.yml under a number that is not padded.
        numbers = [str(number) for number in range(len(self.buildpacks))]
        *earlier, final = [self.deps / number / "launch.yml" for number in numbers]
        found: dict[str, str] = {}
        for file in [*(earlier if not self.detects else ()), final]:
            if file.exists():
                launched = yaml.safe_load(file.read_text("utf-8")) or {}
                found |= {one["type"]: one["command"] for one in launched.get("processes", ())}
        if not final.exists():
            result = self.script(last, "release", self.build, streams_out=False)
            if result.status != 0:
                raise Stopped(RELEASE_FAILED, _failed("build droplet release", result.status))
            try:
                released = yaml.safe_load(result.out) or {}
                found |= _strings(released.get("default_process_types") or {})
            except (yaml.YAMLError, TypeError, AttributeError):
                raise Stopped(
                    RELEASE_FAILED,
                    "Failed to build droplet release: buildpack's release output invalid",
                ) from None
        procfile = self.build / "Procfile"
        if procfile.exists():
            try:
                found |= _strings(yaml.safe_load(procfile.read_text("utf-8")) or {})
            except (yaml.YAMLError, TypeError, AttributeError):
                message = "Failed to read command from Procfile: invalid YAML"
                raise Stopped(1, message) from None
        return found

    def describe(self, detected: str, processes: Mapping[str, str]) -> None:
        """Write staging_info.yml, and the result for the platform."""
        found = []
        for number in range(len(self.earlier) + 1):
            file = self.deps / self.index(number) / "config.yml"
            config = yaml.safe_load(file.read_text("utf-8")) if file.exists() else {}
            found.append(config or {})
        name = found[-1].get("name") or detected
        info = {
            "detected_buildpack": name,
            "start_command": processes.get("web", ""),
            "config": found[-1].get("config") or {},
        }
        (self.contents / "staging_info.yml").write_text(json.dumps(info), "utf-8")
        self.result = {
            "lifecycle_type": "buildpack",
            "lifecycle_metadata": {"detected_buildpack": name, "buildpacks": found},
            "process_types": dict(processes),
        }

    def script(
        self, buildpack: Path, name: str, *arguments: Path | str, streams_out: bool = True
    ) -> Result:
        argv = [buildpack / "bin" / name, *arguments]
        result = run(argv, self.env, self.cwd, self.within)
        self.err.append(result.err)
        if streams_out:
            self.out.append(result.out)
        return result


def _failed(action: str, status: int) -> str:
    return f"Failed to {action}: exit status {status}"


def _strings(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Return a mapping of YAML as the builder reads it: scalars are text, others an error."""
    if any(isinstance(value, (list, dict)) for value in mapping.values()):
        raise TypeError
    return {str(name): "" if value is None else str(value) for name, value in mapping.items()}


def _pack(archive: Path, folder: Path) -> None:
    fast = "--use-compress-program=gzip -1"
    subprocess.run(["tar", fast, "-cf", archive, "-C", folder, "."], check=True)


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)


def staging_env(services: Mapping[str, Any] | None = None, **more: str) -> dict[str, str]:
    """Return the variables of a staging container, which has no PORT and no TMPDIR."""
    given = {"VCAP_SERVICES": json.dumps(services)} if services is not None else {}
    platform = {
        "CF_INSTANCE_ADDR": "",
        "CF_INSTANCE_IP": "10.0.0.1",
        "CF_STACK": "cflinuxfs4",
        "MEMORY_LIMIT": "512M",
        "USER": "vcap",
        "VCAP_APPLICATION": json.dumps(VCAP_APPLICATION),
    }
    return with_database_url(machine_env(**platform, **given, **more))


def with_database_url(env: Mapping[str, str]) -> dict[str, str]:
    """Set DATABASE_URL like builder and launcher: to that of any database, at random."""
    try:
        services = json.loads(env.get("VCAP_SERVICES", ""))
        found = [
            instance["credentials"]["uri"]
            for instances in services.values()
            for instance in instances
            if urlsplit(instance["credentials"].get("uri", "")).scheme in _SCHEMES
        ]
    except (ValueError, AttributeError, TypeError, KeyError):
        found = []
    if not found:
        return dict(env)
    scheme, _, rest = random.choice(found).partition("://")  # noqa: S311
    return {**env, "DATABASE_URL": f"{_SCHEMES[scheme]}://{rest}"}


def launched(
    vcap: Path,
    *,
    index: int = 0,
    process: str = "web",
    services: Mapping[str, Any] | None = None,
    start_script: str = LAUNCHER,
    within: Sequence[str] = (),
    **more: str,
) -> Dyno:
    """Return what starts processes of an unpacked droplet, with an instance's variables."""
    app = vcap / "app"
    application = {
        **VCAP_APPLICATION,
        "process_type": process,
        "host": "0.0.0.0",  # noqa: S104 - what the launcher says
        "instance_id": f"instance-{index}",
        "instance_index": index,
    }
    env = {
        "CF_INSTANCE_INDEX": str(index),
        "DEPS_DIR": str(vcap / "deps"),
        "INSTANCE_INDEX": str(index),
        "MEMORY_LIMIT": "512m",
        "TMPDIR": str(vcap / "tmp"),
        "VCAP_APPLICATION": json.dumps(application),
        "VCAP_SERVICES": json.dumps(services or {}),
        **more,
    }
    return Dyno(
        app=app, start_script=start_script, env=with_database_url(env), cwd=vcap, within=within
    )


def start_command(vcap: Path) -> str:
    """Return the command of `web`, which the launcher reads from staging_info.yml."""
    info = json.loads((vcap / "staging_info.yml").read_text("utf-8"))
    command: str = info["start_command"]
    return command
