"""Cases: a Python that cannot be had."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

from integration.cases import case, fixture_case
from integration.doors import PATH, Ended
from integration.ground import Ground
from integration.index import Index, served
from integration.packages import sha256
from integration.serving import free_port
from integration.without_python import write_table

_ORIGIN = "https://github.com/astral-sh/python-build-standalone/releases/download"

fixture_case("python_version_too_old", "The Python that is asked for is too old for Slipway.")
fixture_case("python_version_unparsable", "A version file does not hold a version.")


@case("The image has no such Python, and the app wants none but the image's.")
def python_version_not_there(ground: Ground) -> Ended:
    ground.fixture("python_version_not_there")
    return ground.compile({"SLIPWAY_PYTHON_SOURCE": "image"})


@case("The image has no such Python, and uv knows none.")
def python_version_nowhere(ground: Ground) -> Ended:
    ground.fixture("python_version_not_there")
    table = ground.folder / "pythons.json"
    write_table(table, "3.12.1", "https://mirror.example/python.tar.gz", "0" * 64)
    return ground.compile({"UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{table}"})


_VERSION = "3.13.15"
_FILE = f"20261110/cpython-{_VERSION}-test.tar.gz"
_MANAGED = {"SLIPWAY_PYTHON_SOURCE": "managed"}


def _fetching(ground: Ground, mirror: Index, digest: str = "0" * 64, **config: str) -> Ended:
    """Build an app whose Python uv is to fetch from a mirror, by a table that has the one."""
    table = ground.folder / "pythons.json"
    write_table(table, _VERSION, f"{_ORIGIN}/{_FILE}", digest)
    ground.app({"requirements.txt": "", ".python-version": "3.13\n"})
    asked = {"UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{table}", "UV_HTTP_RETRIES": "0"}
    with served(mirror):
        told = {**_MANAGED, **asked, "SLIPWAY_PYTHON_MIRROR": mirror.file_url("")}
        image_pythons = replace(
            ground, platform=replace(ground.platform, cache=ground.folder / "cache")
        )
        return image_pythons.compile({**told, **config})


@case("The mirror that uv asks for a Python does not have it.")
def managed_python_not_on_the_mirror(ground: Ground) -> Ended:
    return _fetching(ground, Index())


@case("Nobody answers at the address of the mirror of Pythons.")
def managed_python_out_of_reach(ground: Ground) -> Ended:
    nobody = {"SLIPWAY_PYTHON_MIRROR": f"http://127.0.0.1:{free_port()}"}
    return _fetching(ground, Index(), **nobody)


@case("The Python that the mirror has is not the one that uv knows by its hash.")
def managed_python_replaced(ground: Ground) -> Ended:
    return _fetching(ground, Index(files={_FILE: _packed(ground.folder)}))


@case("A Python was fetched, and does not start on the image.")
def managed_python_does_not_start(ground: Ground) -> Ended:
    packed = _packed(ground.folder)
    return _fetching(ground, Index(files={_FILE: packed}), sha256(packed))


@case("uv has no Pythons for the processor or the C library of the image.")
def managed_python_not_built(ground: Ground) -> Ended:
    table = ground.folder / "none.json"
    table.write_text("{}", "utf-8")
    return _fetching(ground, Index(), UV_PYTHON_DOWNLOADS_JSON_URL=f"file://{table}")


@case("uv is to fetch a Python, and cannot be had itself.")
def managed_python_without_uv(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", ".python-version": "3.13\n"})
    with ground.asking(Index()) as image_pythons:
        return image_pythons.without_uv.compile(_MANAGED, PATH=PATH)


_DESCRIPTION = b"""\
# system configuration generated and used by the sysconfig module
build_time_vars = {}
"""


def _packed(folder: Path) -> Path:
    """Pack what looks like a Python, and does nothing but fail; the same bytes each time."""
    described = f"_sysconfigdata__linux_{os.uname().machine}-linux-gnu.py"
    contents = {
        "python/bin/python3.13": b"#!/bin/sh\nexit 1\n",
        f"python/lib/python3.13/{described}": _DESCRIPTION,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    place = folder / "python.tar.gz"
    place.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return place


@case("A version file is empty.")
def python_version_file_empty(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", ".python-version": "\n# none yet\n"})
    return ground.compile()


@case("A version file holds several versions, as pyenv allows.")
def python_versions_several(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", ".python-version": "3.12\n3.13\n"})
    return ground.compile()


@case("`requires-python` is no version specifier.")
def requires_python_unparsable(ground: Ground) -> Ended:
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = "newest"\n'
    ground.app({"pyproject.toml": project})
    return ground.compile()
