"""The locks of each tool are installed as they are, from the sources that they name.

The real uv, Poetry, PDM, Pipenv, `pip lock` and pip-compile wrote the locks in `locked/`, with
the versions of `locking_tools.py`. After a change of `locked_app.py`, write them again:

    python -m pytest tests/integration/test_locks_of_tools.py -m long -k writes --update-words
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.index import Index, served
from integration.locked_app import BY, LOCKED, LockedBy, Servers, servers

_PIN = re.compile(r"^(?P<pin>\S+==\S+)(?P<hashes>(?: \\\n    --hash=\S+)*)", re.MULTILINE)


def pins(lock: Path) -> dict[str, set[str]]:
    """Return the packages of a lock of Slipway, with their hashes."""
    return {
        found["pin"]: {*re.findall(r"--hash=(\S+)", found["hashes"])}
        for found in _PIN.finditer(lock.read_text("utf-8"))
    }


def hashes_in(by: LockedBy) -> set[str]:
    text = (LOCKED / by.tool / by.lock).read_text("utf-8")
    return {f"sha256:{digest}" for digest in re.findall(r"\b[0-9a-f]{64}\b", text)}


def check(by: LockedBy, platform: Platform, folder: Path, toolchain: str = "auto") -> Servers:
    (folder / "files").mkdir()
    (folder / "newer").mkdir()
    with servers(folder / "files") as all_servers:
        all_servers.add_newer(folder / "newer")
        # The index of the builder stands for the default one of the lock.
        mirror = Index(files=all_servers.public.files)
        with served(mirror):
            build = by.put(folder / "build")
            variables = {
                **by.chosen,
                **by.credentials,
                "PIP_INDEX_URL": mirror.url,
                "SLIPWAY_BUNDLE_PYTHON": "false",
                "SLIPWAY_TOOLCHAIN": toolchain,
            }
            result = platform.compile(build, variables)
        assert result.status == 0, result.all
        locked = pins(build / ".slipway" / "lock.txt")
        assert {*locked} == by.installed, result.all
        record = json.loads((build / ".slipway" / "build.json").read_text("utf-8"))
        installed = {f"{name}=={version}" for name, version in record["packages"].items()}
        assert installed == by.installed
        known = hashes_in(by)
        for pin, hashes in locked.items():
            if not pin.startswith(("rigging==", "tides==")):  # built from source
                assert set() < hashes <= known, (pin, hashes)
        assert all_servers.private.downloads["harbour_rates-1.4-py3-none-any.whl"] >= 1
        asked = [*mirror.requests, *all_servers.public.requests]
        of_the_name = [path for path in asked if "harbour" in path]
        if by.names_sources:
            assert of_the_name == []
        assert [path for path in of_the_name if "-9.0-" in path or "_rates-9" in path] == []
        return all_servers


@pytest.mark.parametrize(
    "by",
    [
        by if by.tool in ("poetry", "pipenv") else pytest.param(by, marks=pytest.mark.long)
        for by in BY.values()
    ],
    ids=lambda by: by.tool,
)
def test_the_lock_of_a_tool_is_installed_from_its_sources(
    by: LockedBy, fresh_platform: Platform, tmp_path: Path
) -> None:
    check(by, fresh_platform, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("by", BY.values(), ids=lambda by: by.tool)
def test_the_lock_of_a_tool_is_installed_with_pip_tools(
    by: LockedBy, fresh_platform: Platform, tmp_path: Path
) -> None:
    check(by, fresh_platform, tmp_path, "pip-tools")


@pytest.mark.long
@pytest.mark.parametrize("by", BY.values(), ids=lambda by: by.tool)
def test_a_tool_writes_the_stored_lock(
    by: LockedBy, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "files").mkdir()
    with servers(tmp_path / "files"):
        project = by.put(tmp_path / "project", with_lock=False)
        by.write(project, by.credentials)
    stored = LOCKED / by.tool / by.lock
    written = (project / by.lock).read_text("utf-8")
    if request.config.getoption("--update-words"):
        stored.write_text(written, "utf-8")
    assert stored.read_text("utf-8") == written
