"""pip does not wait for hours, if an index asks it to."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from conftest import ROOT
from slipway.effects.processes import Command, Processes

_PRINT_THE_LIMIT = """
from index_retries import limit_waits

limit_waits()
from pip._internal.network.session import PipSession

session = PipSession(retries=3)
for scheme in ("http", "https"):
    retries = session.get_adapter(f"{scheme}://index.example/").max_retries
    print(retries.total, retries.retry_after_max)
"""


def test_the_wait_before_each_retry_is_limited(tmp_path: Path) -> None:
    """This fails if pip no longer creates its retries as Slipway expects."""
    [pip] = (ROOT / "vendor").glob("pip-2*.whl")
    zipfile.ZipFile(pip).extractall(tmp_path)
    places = [str(tmp_path), str(ROOT / "lib" / "build_scripts")]
    path = f"import sys; sys.path[:0] = {places!r}\n"
    command = Command(
        argv=[sys.executable, "-I", "-S", "-B", "-c", path + _PRINT_THE_LIMIT],
        cwd=tmp_path,
        env={},
    )
    assert Processes(now=lambda: 0.0).query(command).split() == ["3", "10", "3", "10"]
