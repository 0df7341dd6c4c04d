"""Root runs the release step as the owner of the app, and everybody else as themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

OWNER, GROUP = 23456, 34567
SCRIPT = """
import os, sys
from slipway_release.owner import become_owner
become_owner(sys.argv[1])
print(os.geteuid(), os.getegid(), os.getgroups())
"""


def ids_after(folder: Path) -> str:
    """Return the user, the group and the other groups of a process that became the owner."""
    argv = [sys.executable, "-c", SCRIPT, str(folder)]
    env = {"PYTHONPATH": str(ROOT / "lib" / "runtime"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.check_output(argv, env=env, text=True).strip()


def test_the_owner_stays_who_they_are(tmp_path: Path) -> None:
    me = f"{os.geteuid()} {os.getegid()} {os.getgroups()}"
    assert ids_after(tmp_path) == me


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_becomes_the_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, OWNER, GROUP)
    assert ids_after(tmp_path) == f"{OWNER} {GROUP} [{GROUP}]"
