"""Slipway's doors and a platform's folders, as a classic platform has them."""

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
"""Seconds after which a door is ended: the test has failed then."""

DEBUG = {"SLIPWAY_LOG_LEVEL": "debug"}

UV = ROOT / ".dev" / "uv"
"""A folder with uv alone, to spare each cache the download."""

_OF_THE_MACHINE = ("PIP_", "SSL_")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a program left behind."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams, for whoever reads why a test failed."""
        return f"{self.out}\n{self.err}"

    @property
    def started(self) -> list[str]:
        """The commands that Slipway ran, from a log of the level `debug`."""
        return re.findall(r"\[debug\] [\d.]+ s, status -?\d+: (.+)", self.out)

    @property
    def cache_hits(self) -> set[str]:
        """The kinds of cache entries that were found, from a log of the level `debug`."""
        return {*re.findall(r"\[debug\] The cache has the (\S+) ", self.out)}

    @property
    def cache_misses(self) -> set[str]:
        """The kinds of cache entries that were not found, from a log of the level `debug`."""
        return {*re.findall(r"\[debug\] The cache has no (\S+) ", self.out)}

    @property
    def words(self) -> str:
        """What Slipway says of an error, from its first line on."""
        return self.err[self.err.find(" !     Error: ") :].rstrip("\n") + "\n"


def machine(**more: str) -> dict[str, str]:
    """Give a builder's environment: next to nothing, and the way to this machine's index."""
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(_OF_THE_MACHINE)
    }
    home = os.environ.get("HOME", "/root")
    own = {"PATH": f"{UV}:{PATH}", "HOME": home, "LANG": "C.UTF-8", "STACK": "test-1"}
    return {**kept, **own, **more}


def run(
    argv: Sequence[str | Path],
    env: Mapping[str, str],
    cwd: Path | str = "/",
    within: Sequence[str] = (),
) -> Ended:
    """Run a program to its end, bounded in time; `within` is a command that starts another."""
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
    return Ended(status=process.returncode, out=_text(out), err=_text(err))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def copy_of_slipway(place: Path) -> Path:
    """Put what a platform fetches into a folder, without what a checkout has besides."""
    for name in ("bin", "lib", "vendor"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One app's folders on a platform, and what the platform does with them."""

    slipway: Path
    folder: Path
    """For what is the platform's: config variables, temporary files, the moved app."""
    cache: Path
    env: Mapping[str, str] = field(default_factory=machine)
    cwd: Path | str = "/"
    within: Sequence[str] = ()

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def env_dir(self) -> Path:
        return self.folder / "env"

    def run_script(self, name: str, *arguments: str | Path) -> Ended:
        self.temporary.mkdir(exist_ok=True)
        env = {"TMPDIR": str(self.temporary), **self.env}
        argv = [self.slipway / "bin" / name, *arguments]
        return run(argv, env, self.cwd, self.within)

    def set(self, config_vars: Mapping[str, str | bytes]) -> None:
        """Write config variables as a platform does: one file each, nothing else."""
        shutil.rmtree(self.env_dir, ignore_errors=True)
        self.env_dir.mkdir(parents=True)
        for name, value in config_vars.items():
            data = value if isinstance(value, bytes) else value.encode()
            (self.env_dir / name).write_bytes(data)

    def compile(
        self, build: Path, config_vars: Mapping[str, str | bytes] | None = None
    ) -> Ended:
        self.set(config_vars or {})
        return self.run_script("compile", build, self.cache, self.env_dir)

    def build(self, build: Path, config_vars: Mapping[str, str | bytes] | None = None) -> Ended:
        """Compile, and expect it to work."""
        assert self.run_script("detect", build).out == "Python\n"
        ended = self.compile(build, config_vars)
        assert ended.status == 0, ended.all
        assert ended.err == ""
        assert [*self.temporary.iterdir()] == []
        return ended

    def move(self, build: Path, name: str = "app") -> Path:
        """Put the built app where it will run, and leave nothing where it was built."""
        return build.rename(self.folder / name)
