"""The result of a build is complete, and does not name the places where it was made."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, App
from integration.classic_platform import Platform, machine_env, run
from integration.serving import Dyno

_SCRATCH = re.compile(rb"slipway-(?:try|install|resolve|collectstatic)-\w{8}")
_UNCHECKED = 0b01
"""The flags of a bytecode file (PEP 552) with a hash that Python does not check."""


def files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def site_packages(app: Path) -> Path:
    [folder] = app.glob(".slipway/venv/lib/python3.*/site-packages")
    return folder


def test_no_file_names_the_build_folder_or_the_cache(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    build = app("django_site")
    platform = Platform(
        slipway=platform.slipway, folder=platform.folder, cache=tmp_path / "own-cache"
    )
    platform.build(build)
    places = [build, platform.cache, platform.folder, platform.slipway, platform.temporary]
    moved = platform.move(build)
    for path in files(moved):
        content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
        named = [place for place in places if os.fsencode(place) in content]
        assert not named, f"{path} names {named}"
        assert not _SCRATCH.search(content), path
        assert path.is_symlink() or path.stat().st_size < 50_000_000
    assert not [path for path in files(moved) if path.is_symlink() and not path.exists()]


def test_the_lock_pins_each_installed_package_with_hashes(harbour: Path) -> None:
    record = json.loads((harbour / ".slipway" / "build.json").read_text("utf-8"))
    lock = (harbour / ".slipway" / "lock.txt").read_text("utf-8").replace("\\\n", " ")
    pins = {line.split()[0]: line.count("--hash=sha256:") for line in lock.splitlines()}
    installed = {f"{name}=={version}" for name, version in record["packages"].items()}
    assert installed == {*pins}
    assert min(pins.values()) >= 1


def test_the_virtual_environment_has_only_the_locked_packages(harbour: Path) -> None:
    names = {path.name.partition("-")[0] for path in site_packages(harbour).glob("*-info")}
    assert names == {"asgiref", "django", "gunicorn", "sqlparse", "whitenoise"}
    for name in ("pip", "setuptools", "wheel", "virtualenv", "piptools"):
        tried = Dyno(app=harbour).run(f"python -c 'import {name}'")
        assert "ModuleNotFoundError" in tried.err, tried.all
    programs = sorted(os.listdir(harbour / ".slipway" / "venv" / "bin"))
    assert [name for name in programs if not name.startswith("python")] == [
        "django-admin",
        "gunicorn",
        "gunicornc",
        "sqlformat",
    ]


def test_pip_check_finds_no_broken_requirements(harbour: Path) -> None:
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    python = harbour / ".slipway" / "venv" / "bin" / "python"
    env = machine_env(PYTHONPATH=str(pip))
    checked = run([python, "-m", "pip", "check"], env)
    assert (checked.status, checked.out) == (0, "No broken requirements found.\n"), checked.all


def test_every_installed_file_matches_its_record(harbour: Path) -> None:
    folder = site_packages(harbour)
    records = [*folder.glob("*.dist-info/RECORD")]
    assert len(records) == 5
    for record in records:
        for name, digest, size in csv.reader(record.read_text("utf-8").splitlines()):
            path = folder / name
            assert path.is_file(), f"{record} names {name}"
            if digest:
                content = path.read_bytes()
                hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
                assert digest == f"sha256={hashed.rstrip(b'=').decode()}", path
                assert int(size) == len(content), path


@pytest.mark.parametrize("part", ["venv", "python"])
def test_every_module_has_bytecode_that_never_becomes_stale(harbour: Path, part: str) -> None:
    root = harbour / ".slipway" / part
    compiled = [path for path in files(root) if path.suffix == ".pyc"]
    tags = {path.name.split(".")[-2] for path in compiled}
    assert len(tags) == 1
    for path in compiled:
        assert struct.unpack("<I", path.read_bytes()[4:8])[0] == _UNCHECKED, path
    sources = [path for path in files(root) if path.suffix == ".py"]
    [tag] = tags
    missing = [
        path
        for path in sources
        if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").is_file()
    ]
    # Templates of new projects, for example, are not modules.
    assert {path.parent.name for path in missing} <= {"bad", "data"}, missing[:9]
    assert len(compiled) > 100
