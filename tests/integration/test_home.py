"""A build needs no home folder: HOME may be unset, or name a missing or unusable folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform, machine_env
from integration.isolation import as_nobody
from integration.private_index import private_index

USABLE = {"read-only": 0o555, "closed": 0o000}


@pytest.mark.parametrize(
    "home",
    [None, *(pytest.param(home, marks=pytest.mark.long) for home in ("/gone/home", *USABLE))],
)
def test_a_user_without_a_usable_home_can_build(
    platform: Platform, open_folder: Path, tmp_path: Path, home: str | None
) -> None:
    environment = machine_env()
    del environment["HOME"]
    if home is not None:
        environment["HOME"] = str(open_folder / home) if home in USABLE else home
    if home in USABLE:
        (open_folder / home).mkdir(mode=USABLE[home])
    build, cache, temporary = (open_folder / name for name in ("build", "cache", "tmp"))
    for folder in (build, cache, temporary):
        folder.mkdir()
        folder.chmod(0o777)
    (build / "requirements.txt").write_text("anchor\nboat\n")
    (build / "requirements.txt").chmod(0o644)
    nobody = replace(
        platform, folder=open_folder, cache=cache, env=environment, within=as_nobody()
    )
    with private_index(tmp_path) as index:
        index.user = None
        variables = {"PIP_INDEX_URL": index.url, "SLIPWAY_BUNDLE_PYTHON": "false"}
        result = nobody.compile(build, variables)
    assert result.status == 0, result.all
    assert result.err == ""
    assert "rror" not in result.out
