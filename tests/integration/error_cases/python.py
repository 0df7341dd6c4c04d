"""Errors of selecting and downloading a Python."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

from integration.classic_platform import PATH, Result
from integration.error_cases.table import case, fixture_case
from integration.index import Index, served
from integration.packages import sha256
from integration.scenario import Scenario
from integration.serving import free_port
from integration.without_python import write_table

_ORIGIN = "https://github.com/astral-sh/python-build-standalone/releases/download"

fixture_case("python_version_too_old", "The requested Python is too old for Slipway.")
fixture_case(
    "python_version_unparsable", "A version file contains something other than a version."
)


@case("No Python fits both `.python-version` and `requires-python`.")
def pythons_contradict(scenario: Scenario) -> Result:
    project = '[project]\nname = "shop"\nversion = "1"\nrequires-python = "==3.12.*"\n'
    scenario.app({".python-version": "3.13\n", "pyproject.toml": project})
    return scenario.compile()


@case("No Python fits both `.python-version` and `runtime.txt`.")
def pythons_contradict_in_runtime_txt(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", ".python-version": "3.12\n", "runtime.txt": "3.11\n"})
    return scenario.compile()


@case('The image has no such Python, and `python_source` is "image".')
def python_version_not_available(scenario: Scenario) -> Result:
    scenario.fixture("python_version_not_available")
    return scenario.compile({"SLIPWAY_PYTHON_SOURCE": "image"})


@case("Neither the image nor uv has the requested Python.")
def python_version_nowhere(scenario: Scenario) -> Result:
    scenario.fixture("python_version_not_available")
    table = scenario.folder / "pythons.json"
    write_table(table, "3.12.1", "https://mirror.example/python.tar.gz", "0" * 64)
    return scenario.compile({"UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{table}"})


_VERSION = "3.13.15"
_FILE = f"20261110/cpython-{_VERSION}-test.tar.gz"
_MANAGED = {"SLIPWAY_PYTHON_SOURCE": "managed"}


def _downloading(
    scenario: Scenario, mirror: Index, digest: str = "0" * 64, **config: str
) -> Result:
    """Build an app whose Python uv downloads from a mirror, with a table of that one."""
    table = scenario.folder / "pythons.json"
    write_table(table, _VERSION, f"{_ORIGIN}/{_FILE}", digest)
    scenario.app({"requirements.txt": "", ".python-version": "3.13\n"})
    uv = {"UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{table}", "UV_HTTP_RETRIES": "0"}
    with served(mirror):
        variables = {**_MANAGED, **uv, "SLIPWAY_PYTHON_MIRROR": mirror.file_url("")}
        return scenario.with_own_cache.compile({**variables, **config})


@case("The mirror does not have the requested Python.")
def managed_python_not_on_the_mirror(scenario: Scenario) -> Result:
    return _downloading(scenario, Index())


@case("No server answers at the address of the mirror.")
def managed_python_out_of_reach(scenario: Scenario) -> Result:
    nobody = {"SLIPWAY_PYTHON_MIRROR": f"http://127.0.0.1:{free_port()}"}
    return _downloading(scenario, Index(), **nobody)


@case("The Python on the mirror does not have the hash that uv expects.")
def managed_python_replaced(scenario: Scenario) -> Result:
    return _downloading(scenario, Index(files={_FILE: _packed(scenario.folder)}))


@case("A downloaded Python does not start on the image.")
def managed_python_does_not_start(scenario: Scenario) -> Result:
    packed = _packed(scenario.folder)
    return _downloading(scenario, Index(files={_FILE: packed}), sha256(packed))


@case("uv has no Python for the processor or the C library of the image.")
def managed_python_not_built(scenario: Scenario) -> Result:
    table = scenario.folder / "none.json"
    table.write_text("{}", "utf-8")
    return _downloading(scenario, Index(), UV_PYTHON_DOWNLOADS_JSON_URL=f"file://{table}")


@case("uv should download a Python, but uv itself is not available.")
def managed_python_without_uv(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", ".python-version": "3.13\n"})
    return scenario.with_own_cache.compile_with(Index(), _MANAGED, PATH=PATH)


@case("The app asks for a Python that uv downloads, and a variable of uv forbids that.")
def managed_python_forbidden(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", ".python-version": "3.13\n"})
    return scenario.with_own_cache.compile({**_MANAGED, "UV_PYTHON_DOWNLOADS": "never"})


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
def python_version_file_empty(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", ".python-version": "\n# none yet\n"})
    return scenario.compile()


@case("A file requests another Python than a release of CPython, such as PyPy.")
def python_kind_unsupported(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", ".tool-versions": "python pypy3.11-7.3.19\n"})
    return scenario.compile()


@case("No Python fits both `.python-version` and the lock.")
def pythons_contradict_in_a_lock(scenario: Scenario) -> Result:
    project = '[project]\nname = "shop"\nversion = "1"\n'
    own = '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n'
    lock = f'version = 1\nrequires-python = ">=3.13"\n{own}'
    scenario.app({".python-version": "3.12\n", "pyproject.toml": project, "uv.lock": lock})
    return scenario.compile()


@case("`requires-python` is not a version specifier.")
def requires_python_unparsable(scenario: Scenario) -> Result:
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = "newest"\n'
    scenario.app({"pyproject.toml": project})
    return scenario.compile()
