"""A classic platform: its folders, and how it calls Slipway's scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from conftest import ROOT

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TIMEOUT = 240
"""Seconds after which a script is stopped, and the test fails."""

DEBUG = {"SLIPWAY_LOG_LEVEL": "debug"}

UV = ROOT / ".dev" / "uv"
"""A folder that has only uv, so builds need not download it."""

_INDEX_VARIABLES = ("PIP_", "SSL_")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The exit status and the output of a program."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams, to show why a test failed."""
        return f"{self.out}\n{self.err}"

    @property
    def commands(self) -> list[str]:
        """The commands that Slipway ran, from a log of the level `debug`."""
        return re.findall(r"\[debug\] [\d.]+ s, status -?\d+: (.+)", self.out)

    @property
    def cache_hits(self) -> set[str]:
        """The kinds of cache entries that were found, from a log of the level `debug`."""
        return {*re.findall(r"\[debug\] Cache hit: (\S+) ", self.out)}

    @property
    def cache_misses(self) -> set[str]:
        """The kinds of cache entries that were not found, from a log of the level `debug`."""
        return {*re.findall(r"\[debug\] Cache miss: (\S+) ", self.out)}

    @property
    def words(self) -> str:
        """The text of Slipway's error, from its first line on."""
        return self.err[self.err.find(" !     Error: ") :].rstrip("\n") + "\n"


def machine_env(**more: str) -> dict[str, str]:
    """Return the variables of a builder: a minimum, and those for this machine's index."""
    index_settings = {
        name: value for name, value in os.environ.items() if name.startswith(_INDEX_VARIABLES)
    }
    home = os.environ.get("HOME", "/root")
    own = {"PATH": f"{UV}:{PATH}", "HOME": home, "LANG": "C.UTF-8", "STACK": "test-1"}
    return {**index_settings, **own, **more}


def run(
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path | str = "/",
    within: Sequence[str] = (),
) -> Result:
    """Run a program to its end, or until TIMEOUT; `within` is a command that starts another."""
    process = subprocess.Popen(
        [*within, *map(str, argv)],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        raise
    return Result(status=process.returncode, out=_text(out), err=_text(err))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def copy_slipway(place: Path) -> Path:
    """Copy the parts of Slipway that a build uses into a folder."""
    for name in ("bin", "lib", "vendor"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "buildpack.toml", place)
    return place


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The folders of one app on a platform, and the platform's steps with them."""

    slipway: Path
    folder: Path
    """Holds the config variables, the temporary files and the moved app."""
    cache: Path
    env: Mapping[str, str] = field(default_factory=machine_env)
    cwd: Path | str = "/"
    within: Sequence[str] = ()

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def env_dir(self) -> Path:
        return self.folder / "env"

    def run_script(self, name: str, *arguments: str | Path) -> Result:
        self.temporary.mkdir(exist_ok=True)
        env = {"TMPDIR": str(self.temporary), **self.env}
        argv = [self.slipway / "bin" / name, *arguments]
        return run(argv, env, self.cwd, self.within)

    def write_config_vars(self, config_vars: Mapping[str, str | bytes]) -> None:
        """Write each config variable to a file, as a platform does, and remove all others."""
        shutil.rmtree(self.env_dir, ignore_errors=True)
        self.env_dir.mkdir(parents=True)
        for name, value in config_vars.items():
            data = value if isinstance(value, bytes) else value.encode()
            (self.env_dir / name).write_bytes(data)

    def compile(
        self, build: Path, config_vars: Mapping[str, str | bytes] | None = None
    ) -> Result:
        self.write_config_vars(config_vars or {})
        return self.run_script("compile", build, self.cache, self.env_dir)

    def build(
        self, build: Path, config_vars: Mapping[str, str | bytes] | None = None
    ) -> Result:
        """Run detect and compile, and expect success."""
        assert self.run_script("detect", build).out == "Python\n"
        result = self.compile(build, config_vars)
        assert result.status == 0, result.all
        assert result.err == ""
        assert [*self.temporary.iterdir()] == []
        return result

    def move(self, build: Path, name: str = "app") -> Path:
        """Move the built app to where it runs, so the build folder is gone."""
        return build.rename(self.folder / name)
