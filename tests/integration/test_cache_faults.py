"""A cache that is full, read-only, another user's or manipulated costs time, never a build."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform, Result
from integration.isolation import as_nobody, read_only, small_disk, with_mounts
from integration.packages import write_tree
from integration.serving import Dyno
from slipway.effects.cache.store import FORMAT

APP = {"requirements.txt": "six\n", "Procfile": "web: true\n"}
IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
UV = {**IMAGE_PYTHON, "SLIPWAY_TOOLCHAIN": "uv"}
BUNDLED = {"SLIPWAY_TOOLCHAIN": "uv"}
FILL = "(head -c 100M /dev/zero >filler 2>/dev/null || true)"
PIP = {**IMAGE_PYTHON, "SLIPWAY_TOOLCHAIN": "pip-tools"}


def said(result: Result) -> str:
    return " ".join(result.all.replace("!", "").split())


def built(
    platform: Platform,
    build: Path,
    variables: Mapping[str, str],
    files: Mapping[str, str] = APP,
) -> str:
    """Build an app, and return the log; the app must work, and nothing may stay in /tmp."""
    shutil.rmtree(build, ignore_errors=True)
    result = platform.compile(write_tree(build, dict(files)), variables)
    assert result.status == 0, result.all
    assert [*platform.temporary.iterdir()] == []
    assert Dyno(app=build).run("python -c 'import six'").status == 0
    return said(result)


def with_disk(platform: Platform, megabytes: int, *commands: str) -> Platform:
    """Return the platform with a disk for the cache, on which sh commands put files first."""
    platform.cache.mkdir(exist_ok=True)
    disk = small_disk(platform.cache, megabytes)
    inside = [f"(cd {shlex.quote(str(platform.cache))} && {command})" for command in commands]
    return replace(platform, within=with_mounts(disk, *inside))


def test_a_build_goes_on_without_a_cache_whose_disk_is_full(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    platform = with_disk(fresh_platform, 1, FILL)
    log = built(platform, tmp_path / "build", UV)
    assert "The cache cannot be used: No space left on device" in log


@pytest.mark.long
@pytest.mark.parametrize("megabytes", [1, 2, 3, 6, 9, 14, 20, 30, 45, 60])
@pytest.mark.parametrize("variables", [UV, PIP, BUNDLED])
def test_a_disk_of_any_size_is_large_enough_for_a_cache(
    fresh_platform: Platform, tmp_path: Path, variables: Mapping[str, str], megabytes: int
) -> None:
    platform = with_disk(fresh_platform, megabytes)
    requirements = "Django>=5.2,<5.3\nsix\nitsdangerous\n"
    built(platform, tmp_path / "build", variables, {**APP, "requirements.txt": requirements})


@pytest.mark.long
@pytest.mark.parametrize("variables", [UV, PIP, BUNDLED])
def test_a_cache_without_room_for_another_file_is_not_used(
    fresh_platform: Platform, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    """A disk that has no inodes left is as full as one that has no blocks left."""
    files = "i=0; while touch file-$i 2>/dev/null; do i=$((i + 1)); done"
    fresh_platform.cache.mkdir()
    place = shlex.quote(str(fresh_platform.cache))
    disk = f"mount -t tmpfs -o size=90m,nr_inodes=150 none {place}"
    within = with_mounts(disk, f"(cd {place} && {files})")
    built(replace(fresh_platform, within=within), tmp_path / "build", variables)


def test_room_is_made_on_a_full_disk_and_the_build_goes_on(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    old = f"slipway-{FORMAT}/venv/old"
    fill = f"mkdir -p {old} && (head -c 50M /dev/zero >{old}/file || true)"
    platform = with_disk(fresh_platform, 48, fill)
    log = built(platform, tmp_path / "build", UV)
    assert "from the cache, because its disk is full" in log
    assert "The disk of the cache was full; trying again" in log
    assert "cannot be used" not in log


@pytest.mark.long
@pytest.mark.parametrize("variables", [UV, PIP])
def test_a_cache_that_a_hook_fills_is_not_used(
    fresh_platform: Platform, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    hook = 'head -c 90M /dev/zero >"$CACHE_DIR/filler" || true\n'
    platform = with_disk(fresh_platform, 60)
    for name in ("bin/pre_compile", "postinstall", "bin/post_compile"):
        log = built(platform, tmp_path / "build", variables, {**APP, name: hook})
        assert ("cannot be used" in log) == (name == "bin/pre_compile")


@pytest.mark.long
@pytest.mark.parametrize("is_populated", [False, True])
def test_a_read_only_cache_is_not_used(
    fresh_platform: Platform, tmp_path: Path, *, is_populated: bool
) -> None:
    fresh_platform.cache.mkdir()
    if is_populated:
        built(fresh_platform, tmp_path / "build", UV)
    platform = replace(fresh_platform, within=read_only(fresh_platform.cache))
    log = built(platform, tmp_path / "build", UV)
    assert f"Not using the cache {platform.cache}: Read-only file system" in log


@pytest.mark.long
@pytest.mark.parametrize("variables", [UV, PIP], ids=["uv", "pip-tools"])
def test_a_cache_that_becomes_read_only_is_not_used(
    fresh_platform: Platform, tmp_path: Path, variables: Mapping[str, str]
) -> None:
    hook = 'mount -o remount,ro "$CACHE_DIR"\n'
    platform = with_disk(fresh_platform, 90)
    log = built(platform, tmp_path / "build", variables, {**APP, "bin/pre_compile": hook})
    assert "The cache cannot be used: Read-only file system" in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
@pytest.mark.long
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o777])
def test_the_cache_of_another_user_is_not_needed(
    fresh_platform: Platform, tmp_path: Path, mode: int
) -> None:
    built(fresh_platform, tmp_path / "build", UV)
    for path in (fresh_platform.cache, *fresh_platform.cache.rglob("*")):
        if path.is_dir():
            path.chmod(mode if path.parent != tmp_path else 0o777)
    shared = tmp_path / "shared"
    shared.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3], fresh_platform.folder):
        folder.chmod(folder.stat().st_mode | 0o055)
    for folder in (shared, fresh_platform.temporary):
        folder.chmod(0o777)
    build = write_tree(shared / "build", dict(APP))
    for path in (build, *build.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    env = {**fresh_platform.env, "HOME": "/nonexistent"}
    platform = replace(fresh_platform, within=as_nobody(), env=env)
    result = platform.compile(build, UV)
    assert result.status == 0, result.all


@pytest.mark.parametrize(
    ("umask", "variables"),
    [
        ("0777", UV),
        *(
            pytest.param(umask, variables, marks=pytest.mark.long)
            for umask in ("0777", "0077", "0000", "0002")
            for variables in (PIP, BUNDLED)
        ),
    ],
)
def test_an_unusual_umask_does_not_reach_the_app(
    fresh_platform: Platform, tmp_path: Path, umask: str, variables: Mapping[str, str]
) -> None:
    def modes(platform: Platform, name: str) -> dict[str, int]:
        files = dict(APP)
        if variables != UV:
            files["vendor/acme/pyproject.toml"] = '[project]\nname = "acme"\nversion = "1"\n'
            files["vendor/acme/acme.py"] = ""
        platform = replace(platform, cache=tmp_path / f"cache-{name}")
        built(platform, tmp_path / "build", variables, files)
        made = [tmp_path / "build" / ".slipway", tmp_path / "build" / ".profile.d"]
        return {
            str(path): path.lstat().st_mode
            for path in (*made, *(path for one in made for path in one.rglob("*")))
        }

    usual = modes(fresh_platform, "usual")
    within = ["sh", "-c", f'umask {umask}; exec "$@"', "sh"]
    assert modes(replace(fresh_platform, within=within), "odd") == usual


def test_entries_and_downloads_that_are_links_are_replaced(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    variables = {**UV, **DEBUG}
    built(fresh_platform, tmp_path / "build", variables)
    folder, elsewhere = fresh_platform.cache / f"slipway-{FORMAT}", tmp_path / "elsewhere"
    elsewhere.mkdir()
    planted = [*folder.glob("venv/*"), *folder.glob("lock/*"), folder / "downloads" / "uv"]
    for number, place in enumerate(planted):
        place.rename(elsewhere / str(number))
        place.symlink_to(elsewhere / str(number))
    before = sorted(elsewhere.rglob("*"))
    log = built(fresh_platform, tmp_path / "build", variables)
    assert "Removing what is in the place of a cached venv: not a folder" in log
    assert not any(place.is_symlink() for place in planted)
    assert sorted(elsewhere.rglob("*")) == before
    log = built(fresh_platform, tmp_path / "build", variables)
    assert "Cache miss" not in log
    assert "Removing" not in log
