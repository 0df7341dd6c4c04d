"""Locks of real size: Slipway installs the same files as the tool that wrote the lock.

The tools lock the sets when the tests run. Each build has its own cache: uv takes a wheel that
it has built for another lock. Poetry has its locks installed by uv, from its own export: its
installer finds no packages on some mirrors of an index.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.index import Index, served
from integration.locked_sets import (
    INDEX_NAME,
    PRIVATE,
    SETS,
    distributions,
    install_with_owner,
    installed_files,
    lock,
    project,
    write_project,
)
from integration.locking_tools import locking_env
from integration.packages import wheel
from integration.private_index import TOKEN, USER

ADDED = {"gunicorn", "setuptools"}
"""What Slipway may add to a lock."""


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
@pytest.mark.parametrize("by", ["uv", "poetry", "pdm", "pipenv"])
@pytest.mark.parametrize("name", SETS)
def test_the_lock_of_a_set_is_installed_as_its_tool_installs_it(
    name: str, by: str, toolchain: str, fresh_platform: Platform, tmp_path: Path
) -> None:
    private = Index(user=USER)
    private.add(wheel(tmp_path, "harbour_rates", "1.4", metadata="Requires-Dist: idna\n"))
    with served(private) if PRIVATE in SETS[name] else nullcontext() as index:
        variables = {
            f"UV_INDEX_{INDEX_NAME.upper()}_USERNAME": USER.partition(":")[0],
            f"UV_INDEX_{INDEX_NAME.upper()}_PASSWORD": TOKEN,
            f"POETRY_HTTP_BASIC_{INDEX_NAME.upper()}_USERNAME": USER.partition(":")[0],
            f"POETRY_HTTP_BASIC_{INDEX_NAME.upper()}_PASSWORD": TOKEN,
            "HARBOUR_USER": USER.partition(":")[0],
            "HARBOUR_TOKEN": TOKEN,
        }
        env = locking_env(tmp_path, **(variables if index else {}))
        files = project(name, by, index.url if index else "")
        # Tools leave other files in the folder, such as a virtual environment.
        files |= lock(by, write_project(tmp_path / "locked", files), env)
        build = write_project(tmp_path / "app", files)
        owner = write_project(tmp_path / "owner", files)
        theirs = install_with_owner(by, owner, env)
        result = fresh_platform.compile(
            build,
            {
                **(variables if index else {}),
                "SLIPWAY_BUNDLE_PYTHON": "false",
                "SLIPWAY_TOOLCHAIN": toolchain,
            },
        )
    assert result.status == 0, result.all
    ours = build / ".slipway" / "venv"
    added = distributions(ours) - distributions(theirs)
    assert added <= ADDED, result.all
    assert len(distributions(theirs)) >= 100
    assert installed_files(ours, without=added) == installed_files(theirs)
