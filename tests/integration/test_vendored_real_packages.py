"""Real packages with many build backends, vendored as source trees and as sdists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import Platform, machine_env, run
from integration.packages import write_tree
from integration.scenario import PROCFILE
from integration.serving import Dyno

TREES = {
    "docopt": "docopt==0.6.2",  # only a setup.py
    "findpython": "findpython==0.9.0",  # pdm-backend
    "markupsafe": "markupsafe==3.0.4",  # setuptools, in C
    "mesonpy": "meson-python==0.22.1",  # meson, with a backend in its own source tree
    "pluggy": "pluggy==1.7.0",  # setuptools-scm; hatchling is built with this copy
    "stevedore": "stevedore==5.10.0",  # pbr
    "structlog": "structlog==26.1.0",  # hatchling, hatch-vcs and a plugin for the README
    "toolz": "toolz==0.12.1",  # versioneer, with a copy in its source tree
}
"""Module -> pinned requirement."""
SDISTS = {
    "tomlkit": "tomlkit==0.15.2",  # poetry-core
    "typing_extensions": "typing-extensions==4.16.0",  # flit-core
}
WITHOUT_PKG_INFO = {"stevedore", "structlog"}
"""Source trees without PKG-INFO, as in a git repository."""

# `pip download` would create a build environment for each sdist, to build its metadata.
DOWNLOAD = """
import hashlib
import sys

sys.path.insert(0, sys.argv[1])
from pip._internal.commands.download import DownloadCommand
from pip._internal.req.constructors import install_req_from_line

command = DownloadCommand("download", "")
with command.main_context():
    options, pins = command.parse_args(["--no-binary", ":all:", *sys.argv[3:]])
    session = command.get_default_session(options)
    finder = command._build_package_finder(options, session)
    for pin in pins:
        wanted = install_req_from_line(pin).req
        link = finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate.link
        content = session.get(link.url_without_fragment).content
        assert hashlib.new(link.hash_name, content).hexdigest() == link.hash
        with open(f"{sys.argv[2]}/{link.filename}", "wb") as file:
            file.write(content)
"""


def download(folder: Path, *pins: str) -> list[Path]:
    """Download sdists from this machine's index, with Slipway's own pip."""
    folder.mkdir(parents=True)
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    result = run([sys.executable, "-I", "-c", DOWNLOAD, pip, folder, *pins], machine_env())
    assert result.status == 0, result.all
    found = sorted(folder.iterdir())
    assert len(found) == len(pins)
    return found


@pytest.fixture
def build(tmp_path: Path) -> Path:
    vendor = tmp_path / "build" / "vendor"
    download(vendor, *SDISTS.values())
    for sdist in download(tmp_path / "sdists", *TREES.values()):
        unpacked = run(["tar", "-xzf", sdist, "-C", vendor], machine_env())
        assert unpacked.status == 0, unpacked.all
        name = sdist.name.removesuffix(".tar.gz")
        (vendor / name).rename(vendor / name.rpartition("-")[0])
    for name in WITHOUT_PKG_INFO:
        (vendor / name / "PKG-INFO").unlink()
    return write_tree(tmp_path / "build", {**PROCFILE, "requirements.txt": ""})


@pytest.mark.long
def test_real_packages_are_built_and_imported(platform: Platform, build: Path) -> None:
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    lock = (build / ".slipway" / "lock.txt").read_text("utf-8")
    for module, pin in {**TREES, **SDISTS}.items():
        name, _, version = pin.partition("==")
        known = version if module not in WITHOUT_PKG_INFO else "0+vendored."
        assert f"\n{name}=={known}" in lock
    assert lock.count("# from vendor/") == len(TREES) + len(SDISTS)
    moved = platform.move(build)
    modules = ", ".join([*TREES, *SDISTS])
    code = f"import {modules}; print(markupsafe._speedups.__file__)"
    ran = Dyno(app=moved).run(f"python -I -c '{code}'")
    assert ran.status == 0, ran.all
    assert ran.out.startswith(f"{moved}/.slipway/venv/"), "the C extension is not installed"
