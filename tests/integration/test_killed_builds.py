"""Killed builds and concurrent builds do not damage the cache."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import tree
from integration.packages import wheel, write_tree
from slipway.effects.cache.keys import CacheKey
from slipway.effects.cache.store import MARK, Cache

VERSIONS = ("1.0", "2.0", "3.0", "4.0", "5.0")


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """Return a folder with a few packages, used instead of an index."""
    folder = tmp_path / "links"
    folder.mkdir()
    for name in ("anchor", "bollard", "capstan", "davit"):
        for version in VERSIONS:
            wheel(folder, name, version)
    return folder


def app(place: Path, version: str) -> Path:
    """Write an app whose lock, vendored wheel and installed packages depend on a version."""
    shutil.rmtree(place, ignore_errors=True)
    tree(place / "vendor" / "ensign", version)
    requirements = f"anchor=={version}\nbollard=={version}\ncapstan==1.0\ndavit==1.0\n"
    return write_tree(place, {"requirements.txt": requirements, "Procfile": "web: true\n"})


def variables(links: Path) -> dict[str, str | bytes]:
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}


def installed(build: Path) -> dict[str, bytes]:
    """Return all files in the app's .slipway folder."""
    folder = build / ".slipway"
    return {
        str(path.relative_to(folder)): str(path.readlink()).encode()
        if path.is_symlink()
        else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def damaged(cache: Cache) -> Iterator[str]:
    """Find the damaged entries of a cache."""
    for mark in sorted(cache.folder.glob(f"*/*/{MARK}")):
        kind, key = mark.parts[-3:-1]
        if cache.entry(CacheKey(kind, key, {})) is None:
            yield f"{kind} {key}"


def cache_of(platform: Platform) -> Cache:
    return Cache(root=platform.cache, now=time.time, info=lambda _: None)


def kill(platform: Platform, build: Path, after: float) -> None:
    """Start a build and kill bin/compile after some seconds, but not its child processes."""
    platform.temporary.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [platform.slipway / "bin" / "compile", build, platform.cache, platform.env_dir],
        env={**platform.env, "TMPDIR": str(platform.temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(20)


@pytest.mark.long
@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.long)])
def test_a_build_after_a_killed_build_has_the_right_result(
    kills: int, fresh_platform: Platform, links: Path, tmp_path: Path
) -> None:
    chance = random.Random(kills)  # noqa: S311  # kills at the same times in each run
    config = variables(links)
    expected, longest = {}, 0.0
    for version in VERSIONS:
        reference = replace(fresh_platform, cache=tmp_path / f"cache-{version}")
        build = app(tmp_path / "build", version)
        started = time.monotonic()
        reference.build(build, config)
        longest = max(longest, time.monotonic() - started)
        expected[version] = installed(build)
        shutil.rmtree(reference.cache)
    for number in range(kills):
        if number % 10 == 0:
            shutil.rmtree(fresh_platform.cache, ignore_errors=True)
        build = app(tmp_path / "build", VERSIONS[number % len(VERSIONS)])
        fresh_platform.write_config_vars(config)
        kill(fresh_platform, build, chance.uniform(0, longest))
        version = chance.choice(VERSIONS)
        # Child processes of the killed build may still be running.
        shutil.rmtree(fresh_platform.temporary, ignore_errors=True)
        again = app(tmp_path / "build", version)
        result = fresh_platform.compile(again, config)
        assert result.status == 0, result.all
        assert installed(again) == expected[version]
        assert [*damaged(cache_of(fresh_platform))] == []


@pytest.mark.long
def test_eight_builds_at_once_share_a_cache(
    fresh_platform: Platform, links: Path, tmp_path: Path
) -> None:
    config = variables(links)
    fresh_platform.write_config_vars(config)
    builds = [app(tmp_path / f"build-{number}", VERSIONS[number % 2]) for number in range(8)]
    fresh_platform.temporary.mkdir()
    started = [
        subprocess.Popen(
            [
                fresh_platform.slipway / "bin" / "compile",
                build,
                fresh_platform.cache,
                fresh_platform.env_dir,
            ],
            env={**fresh_platform.env, "TMPDIR": str(fresh_platform.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for build in builds
    ]
    logs = [process.communicate(timeout=240)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 8, "\n".join(logs)
    for number, build in enumerate(builds):
        alone = replace(fresh_platform, cache=tmp_path / "alone")
        reference = app(tmp_path / "reference", VERSIONS[number % 2])
        alone.build(reference, config)
        assert installed(build) == installed(reference), logs[number]
    assert [*damaged(cache_of(fresh_platform))] == []
