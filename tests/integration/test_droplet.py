"""A droplet works wherever it is unpacked, and the next staging restores its parts."""

from __future__ import annotations

import os
import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.bare_root import copy_with_libraries, make_bare_root
from integration.classic_platform import DEBUG, Result
from integration.cloud_foundry import Builder, staging_env, start_command
from integration.isolation import as_nobody, read_only, with_mounts
from integration.marina import PACKAGES, Droplet, unpacked_marina, write_marina
from integration.packages import write_tree
from integration.serving import Dyno
from integration.test_fixtures_served import digests
from integration.test_result_is_clean import files

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
NOT_MIGRATED = {"SLIPWAY_MIGRATE": "off"}
SCRATCH = re.compile(rb"slipway-[a-z]+-\w{8}/")
UNCHECKED = 0b01
"""The flags of a bytecode file (PEP 552) with a hash that Python does not check."""


@pytest.fixture(scope="module")
def droplet(slipway: Path, shared_cache: Path) -> Iterator[Droplet]:
    with unpacked_marina(slipway, shared_cache.parent / "marina") as droplet:
        yield droplet


@pytest.fixture
def writable(open_folder: Path) -> Path:
    open_folder.chmod(0o777)
    return open_folder


def assert_page(dyno: Dyno, command: str) -> None:
    """Compare the page of the packages, except versions that may change."""
    with dyno.serve(command) as site:
        assert "<h1>Harbour</h1>" in site.get("/").text
        text = site.get("/packages/").text
    text = re.sub(r"(?m)^(harbour-tides|idna|packaging|six) \S+", r"\1 VERSION", text)
    assert text == PACKAGES


def assert_names_nothing_of_the_staging(folder: Path, *places: Path) -> None:
    """Look for the places in each file, of which they may be the start of a path."""
    assert [*files(folder)]
    for path in files(folder):
        content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
        named = [place for place in places if os.fsencode(place) in content]
        assert not named, f"{path} names {named}"
        assert not SCRATCH.search(content), path
        assert path.exists(), f"{path} is a dangling link"


def test_no_file_of_a_droplet_names_a_place_of_its_staging(
    droplet: Droplet, slipway: Path
) -> None:
    # The folder of the builder has BUILD, CACHE, DEPS and TMPDIR.
    assert_names_nothing_of_the_staging(droplet.vcap, droplet.staging, slipway)


def test_the_app_gains_only_static_files_and_its_processes(
    droplet: Droplet, tmp_path: Path
) -> None:
    source, staged = write_marina(tmp_path / "app"), droplet.vcap / "app"
    before, after = digests(source), digests(staged)
    assert {path: after.get(path) for path in before} == before
    assert {*os.listdir(staged)} == {*os.listdir(source), "staticfiles", ".slipway"}
    assert os.listdir(staged / ".slipway") == ["release.yml"]


def test_bytecode_of_a_droplet_never_becomes_stale(droplet: Droplet) -> None:
    found = {path: path.read_bytes() for path in files(droplet.own) if path.suffix == ".pyc"}
    assert len(found) > 1000
    # tar keeps dates, but nobody has to rely on that.
    assert {struct.unpack("<I", data[4:8])[0] for data in found.values()} == {UNCHECKED}


def test_a_droplet_runs_as_another_user_who_cannot_write_to_it(
    droplet: Droplet, writable: Path
) -> None:
    dyno = droplet.dyno(NOT_MIGRATED, within=[*read_only(droplet.vcap), *as_nobody()])
    assert dyno.run('touch "$HOME/new" "$DEPS_DIR/new"').status != 0
    assert_page(dyno, start_command(droplet.vcap))
    # Each in the folder of another program, and the second one through a link.
    link = writable / "sqlformat"
    link.symlink_to(droplet.own / "venv" / "bin" / "sqlformat")
    for command in ("cd / && gunicorn", f"cd {writable} && ./sqlformat"):
        ran = dyno.run(f"{command} --version")
        assert (ran.status, ran.err) == (0, ""), ran.all


def test_a_droplet_runs_on_an_image_without_python(droplet: Droplet, tmp_path: Path) -> None:
    root, home = make_bare_root(tmp_path / "root", droplet.own), Path("/home/vcap")
    (root / "home" / "vcap").mkdir(parents=True)
    copy_with_libraries(root, ["/bin/ls"])  # for the launcher
    assert [path for path in root.rglob("*python*") if path.is_file()] == []
    into_root = with_mounts(
        f"mount --bind '{droplet.vcap}' '{root}{home}'",
        f"mount -o remount,ro,bind '{root}{home}'",
        f"mount --rbind /dev '{root}/dev'",
        f"mount --rbind /proc '{root}/proc'",
        f"cd '{root}'",
    )
    within = [*into_root, "/usr/sbin/chroot", str(root), "env", f"--chdir={home}"]
    dyno = droplet.dyno(NOT_MIGRATED, within=within, home=str(home / "app"))
    python = dyno.run("python -c 'import sys, ssl, sqlite3; print(sys.prefix)'")
    assert python.out.endswith(f"\n{home}/deps/0/python\n"), python.all
    assert_page(dyno, start_command(droplet.vcap))


def again(droplet: Droplet, slipway: Path, folder: Path, app: Path, **env: str) -> Result:
    """Stage an app in other folders, with the cache that the first staging has packed."""
    folder.mkdir()
    builder = Builder(folder=folder, env={**staging_env(), **DEBUG, **env})
    shutil.copy(droplet.cache_archive, builder.cache_archive)
    staged = builder.build(app, slipway)
    return Result(status=staged.status, out=staged.out, err=staged.err)


def test_the_next_staging_restores_everything(
    droplet: Droplet, slipway: Path, tmp_path: Path
) -> None:
    app = write_marina(tmp_path / "app")
    result = again(droplet, slipway, tmp_path / "again", app)
    assert result.cache_misses == set(), result.all
    assert result.cache_hits >= {"python", "wheel", "lock", "venv", "start", "targets"}
    installers = ("pip", "uv ", "venv --")
    assert not [it for it in result.commands if any(word in it for word in installers)]
    # Both halves are one log.
    headers = re.findall(r"(?m)^-----> (\S+)", result.out)
    assert headers == ["Python", "Vendored", "Dependencies", "Django", "Process", "Build"]


@pytest.mark.long
def test_the_next_staging_does_again_only_what_has_changed(
    droplet: Droplet, slipway: Path, tmp_path: Path
) -> None:
    app = write_marina(tmp_path / "app")
    write_tree(app, {"vendor/harbour-quay/src/harbour_quay/late.py": "LATE = True\n"})
    result = again(droplet, slipway, tmp_path / "again", app)
    assert result.cache_misses == {"wheel", "lock", "venv", "targets"}
    assert result.out.count("Built harbour-") == 1
