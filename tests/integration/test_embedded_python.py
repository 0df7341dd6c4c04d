"""Programs that embed Python find the bundled one: uWSGI, and a small one of our own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.bare_root import make_bare_root
from integration.classic_platform import Platform, machine_env, run
from integration.isolation import read_only, with_mounts
from integration.packages import write_tree
from integration.serving import HEROKU, HEROKUISH, RUN_PATH, Dyno
from integration.test_moved_app import homes

PROGRAM = """
#include <Python.h>
int main(int count, char **arguments) { return Py_BytesMain(count, arguments); }
"""
FLAGS = """
import sysconfig
get = sysconfig.get_config_var
print("-I" + sysconfig.get_path("include"), "-L" + get("LIBDIR"), "-lpython" + get("LDVERSION"))
"""
SMALL_UWSGI = {
    "UWSGI_PROFILE_OVERRIDE": "embedded_plugins=python;ssl=no;xml=no",
    "CFLAGS": "-O0",
}
"""Compiles uWSGI in half of the time: without plugins that the tests do not use."""
INI = """\
[uwsgi]
http-socket = :$(PORT)
module = harbour.wsgi
master = true
processes = 2
enable-threads = true
die-on-term = true
"""
SHOW = """lantern -c 'import json, six, sqlite3, sys
print(json.dumps([sys.prefix, six.__file__, json.__file__, sys.version.split()[0]]))'"""


def lantern(folder: Path, python: str) -> Path:
    """Make a wheel whose only file is a program with the libpython of a Python."""
    folder.mkdir(parents=True)
    code, program = folder / "lantern.c", folder / "lantern"
    code.write_text(PROGRAM)
    flags = subprocess.check_output([python, "-IS", "-c", FLAGS], text=True).split()
    subprocess.check_call(["cc", code, "-o", program, *flags])
    info, script = "lantern-1.0.dist-info", "lantern-1.0.data/scripts/lantern"
    tag = f"py3-none-linux_{os.uname().machine}"
    files = {
        script: program.read_bytes(),
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: lantern\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    }
    record = "".join(f"{name},{digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    made = folder / f"lantern-1.0-{tag}.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if name == script else 0o644) << 16
            archive.writestr(entry, data)
    code.unlink()
    program.unlink()
    return made


def digest(data: bytes) -> str:
    hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={hashed.rstrip(b'=').decode()}"


def newest_python(home: str) -> str:
    """Return the Python that a build with this home selects."""
    versions = [path for path in Path(home, ".pyenv/versions").glob("3.1?.*") if path.is_dir()]
    versions.sort(key=lambda path: [int(part) for part in path.name.split(".")])
    return str(versions[-1] / "bin" / "python3") if versions else "/usr/bin/python3"


def lantern_app(build: Path, python: str) -> Path:
    write_tree(build, {"requirements.txt": "six\nlantern\n", "Procfile": "web: true\n"})
    lantern(build / "vendor", python)
    return build


def within_root(root: Path, moved: Path) -> list[str]:
    """Start in a root without Python, in which the app is /app and cannot be written to."""
    make_bare_root(root, moved / ".slipway")
    assert [path for path in root.rglob("*python*") if path.is_file()] == []
    into_root = with_mounts(
        f"mount --bind '{moved}' '{root}/app'",
        f"mount -o remount,ro,bind '{root}/app'",
        f"mount --rbind /dev '{root}/dev'",
        f"mount --rbind /proc '{root}/proc'",
        f"cd '{root}'",
    )
    return [*into_root, "/usr/sbin/chroot", str(root), "env", "--chdir=/app"]


@pytest.mark.parametrize("home", homes(), ids=["newest", "of_the_image"])
def test_a_program_that_embeds_python_runs_on_an_image_without_one(
    platform: Platform, tmp_path: Path, home: str
) -> None:
    platform = replace(platform, env=machine_env(HOME=home))
    build = lantern_app(tmp_path / "build", newest_python(home))
    built = platform.build(build)
    assert "Making the bundled Python usable for bin/lantern" in built.out
    names = json.loads((build / ".slipway" / "build.json").read_text())["shared_libraries"]
    assert [name for name in names if name.startswith("libpython")] == []
    in_later_buildpack = f'set -eu; . "{platform.slipway}/export"; {SHOW}'
    ran = run(["bash", "-c", in_later_buildpack], {"PATH": RUN_PATH})
    assert ran.status == 0, ran.all
    moved = platform.move(build)
    (tmp_path / "root").mkdir()
    within = within_root(tmp_path / "root", moved)
    dyno = Dyno(app=moved, within=within, home="/app")
    _assert_complete(dyno, SHOW)
    # As uWSGI does with `virtualenv = .slipway/venv`.
    _assert_complete(dyno, f"PYTHONHOME=/app/.slipway/venv {SHOW}")
    prefix = dyno.run("python -c 'import sys; print(sys.prefix)'")
    assert prefix.out == "/app/.slipway/python\n", prefix.all


def _assert_complete(dyno: Dyno, command: str) -> None:
    ran = dyno.run(command)
    assert ran.status == 0, ran.all
    prefix, six, standard, version = json.loads(ran.out)
    minor = ".".join(version.split(".")[:2])
    library = f"/app/.slipway/venv/lib/python{minor}"
    assert prefix == "/app/.slipway/venv"
    assert six == f"{library}/site-packages/six.py"
    assert standard == f"{library}/json/__init__.py"


def test_a_program_that_embeds_python_runs_with_the_images_python(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    build = lantern_app(tmp_path / "build", newest_python(os.environ.get("HOME", "/root")))
    fresh_platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    moved = fresh_platform.move(build)
    library = moved / ".slipway" / "venv" / "lib"
    assert [path for path in library.glob("*/*") if path.is_symlink()] == []
    ran = Dyno(app=moved, within=read_only(moved)).run(SHOW)
    assert ran.status == 0, ran.all
    _, six, standard, _ = json.loads(ran.out)
    assert Path(six).is_relative_to(library)
    assert not Path(standard).is_relative_to(moved)


@pytest.mark.long  # needs a Python 3.10 next to the newest one
def test_a_libpython_that_the_python_does_not_have_is_named(
    platform: Platform, tmp_path: Path
) -> None:
    build = lantern_app(tmp_path / "build", newest_python(os.environ.get("HOME", "/root")))
    (build / ".python-version").write_text("3.10\n")
    built = platform.build(build)
    assert "A package needs libpython3.1" in built.out


def uwsgi_site(build: Path) -> Path:
    """Return the Django site as an app that uWSGI serves."""
    shutil.copytree(FIXTURES / "django_site", build)
    with (build / "requirements.txt").open("a") as requirements:
        requirements.write("uwsgi\n")
    return write_tree(build, {"uwsgi.ini": INI, "Procfile": "web: uwsgi --ini uwsgi.ini\n"})


@pytest.mark.long
def test_uwsgi_serves_a_django_site_on_an_image_without_python(
    platform: Platform, tmp_path: Path
) -> None:
    build = uwsgi_site(tmp_path / "build")
    platform.build(build, SMALL_UWSGI)
    moved = platform.move(build)
    (tmp_path / "root").mkdir()
    within = within_root(tmp_path / "root", moved)
    for start_script, options in (
        (HEROKU, ""),
        (HEROKUISH, ""),
        (HEROKU, " --virtualenv .slipway/venv"),
        (HEROKU, " --home /app/.slipway/venv"),
    ):
        dyno = Dyno(app=moved, within=within, home="/app", start_script=start_script)
        with dyno.serve(f"uwsgi --ini uwsgi.ini{options}") as site:
            assert "<h1>Harbour</h1>" in site.get("/").text
