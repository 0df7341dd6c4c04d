"""A droplet works wherever it is unpacked, and the next staging restores its parts."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.bare_root import copy_with_libraries, make_bare_root
from integration.classic_platform import DEBUG, Result
from integration.cloud_foundry import Builder, Staged, launched, staging_env, start_command
from integration.isolation import as_nobody, read_only, with_mounts
from integration.marina import (
    PACKAGES,
    Droplet,
    unpacked_marina,
    without_versions,
    write_marina,
)
from integration.packages import wheel, write_tree
from integration.serving import Dyno
from integration.test_embedded_python import SHOW, lantern_app, newest_python
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
        assert without_versions(site.get("/packages/").text) == PACKAGES


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


@pytest.mark.long
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
    of_venv = {"venv", "shared-libraries", "program", "targets"}
    assert result.cache_misses == {"wheel", *of_venv}
    assert result.out.count("Built harbour-") == 1


@dataclass(frozen=True, kw_only=True)
class Small:
    """Stages small apps without Python, so that it takes little time."""

    slipway: Path
    folder: Path

    def stage(self, app: Path, within: Sequence[str] = (), **env: str) -> Staged:
        place = self.folder / "platform"
        place.mkdir(exist_ok=True)
        own = {**staging_env(), **IMAGE_PYTHON, **DEBUG, **env}
        return Builder(folder=place, env=own, within=within).build(app, self.slipway)

    @property
    def cache(self) -> Path:
        """The cache, which the next staging gets as it is packed."""
        return self.folder / "platform" / "cache"

    def change_packed_cache(self, change: Callable[[Path], None]) -> None:
        """Change what the next staging unpacks."""
        archive, place = self.folder / "platform" / "cache.tgz", self.folder / "changed"
        place.mkdir()
        subprocess.run(["tar", "-xzf", archive, "-C", place], check=True)
        change(place)
        subprocess.run(["tar", "-czf", archive, "-C", place, "."], check=True)
        shutil.rmtree(place)


@pytest.fixture
def small(slipway: Path, tmp_path: Path) -> Small:
    return Small(slipway=slipway, folder=tmp_path)


def result_of(staged: Staged) -> Result:
    return Result(status=staged.status, out=staged.out, err=staged.err)


def test_an_app_in_a_folder_imports_its_vendored_packages_wherever_it_is(
    small: Small, tmp_path: Path
) -> None:
    app = write_tree(
        tmp_path / "app",
        {
            "backend/requirements.txt": "six\n",
            "backend/Procfile": "web: python -m http.server $PORT\n",
            "backend/index.html": "the quay\n",
            "backend/vendor/buoys/__init__.py": "COLOUR = 'red'\n",
            "backend/vendor/acme/ropes.py": "KNOTS = 6\n",
            "backend/use.py": "import acme.ropes\n",
        },
    )
    wheel(app / "backend" / "vendor", "crane", "1.0")
    staged = small.stage(app, SLIPWAY_ROOT="backend")
    vcap = staged.unpack(tmp_path / "elsewhere" / "vcap")
    shutil.rmtree(tmp_path / "platform")
    assert_names_nothing_of_the_staging(vcap, tmp_path / "platform", small.slipway)
    dyno = launched(vcap)
    code = "import acme.ropes, buoys, crane, six; print(acme.ropes.KNOTS, buoys.COLOUR)"
    for start in ("", "-I", "-P"):
        ran = dyno.run(f"cd / && python {start} -c '{code}'")
        assert ran.out.endswith("\n6 red\n"), ran.all
    with dyno.serve(start_command(vcap)) as site:
        assert site.get("/index.html").text == "the quay\n"


@pytest.mark.long
def test_a_damaged_entry_is_made_again_and_files_of_another_buildpack_stay(
    small: Small, tmp_path: Path
) -> None:
    """The folder `final` also outlives a change of the buildpack."""
    app = write_tree(tmp_path / "app", {"requirements.txt": "six\n", "Procfile": "web: true\n"})

    def change(cache: Path) -> None:
        write_tree(cache, {"final/python-buildpack/pip.txt": "of another buildpack"})
        [module] = cache.rglob("venv/*/lib/python3.*/site-packages/six.py")
        module.unlink()

    small.stage(app)
    small.change_packed_cache(change)
    again = result_of(small.stage(app))
    assert "Not using the cached venv, because it has changed" in " ".join(again.out.split())
    archive = tmp_path / "platform" / "cache.tgz"
    packed = subprocess.check_output(["tar", "-tzf", archive], text=True).splitlines()
    assert "./final/python-buildpack/pip.txt" in packed
    staged = small.stage(app)
    assert result_of(staged).cache_misses == set(), staged.all
    vcap = staged.unpack(tmp_path / "vcap")
    assert launched(vcap).run("python -c 'import six'").status == 0


@pytest.mark.long
def test_a_cache_that_cannot_be_written_to_costs_one_warning(
    small: Small, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {"requirements.txt": "six\n", "Procfile": "web: true\n"})
    staged = small.stage(app, read_only(small.cache), SLIPWAY_LOG_LEVEL="info")
    assert staged.out.count("Not using the cache") == 1
    vcap = staged.unpack(tmp_path / "vcap")
    assert launched(vcap).run("python -c 'import six'").status == 0


@pytest.mark.long
def test_a_program_that_embeds_python_finds_it_in_a_droplet(
    slipway: Path, tmp_path: Path
) -> None:
    app = lantern_app(tmp_path / "app", newest_python(os.environ.get("HOME", "/root")))
    (tmp_path / "platform").mkdir()
    staged = Builder(folder=tmp_path / "platform").build(app, slipway)
    vcap = staged.unpack(tmp_path / "vcap")
    shutil.rmtree(tmp_path / "platform")
    ran = launched(vcap).run(SHOW)
    assert ran.status == 0, ran.all
    prefix, six, standard, _ = json.loads(ran.out.splitlines()[-1])
    assert prefix == str(vcap / "deps" / "0" / "venv")
    assert Path(six).is_relative_to(prefix)
    assert Path(standard).is_relative_to(prefix)
