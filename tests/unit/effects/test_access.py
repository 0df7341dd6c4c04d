"""What another user cannot read is found and described."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from unit.samples import write_files

NOBODY = 65534
SEARCH = """
import os, sys
from pathlib import Path
sys.path[:0] = {paths}
os.setuid({user}) if os.geteuid() == 0 else None
from slipway.effects.access import denial_of, unreadable_in
for one in unreadable_in(Path({root!r}), 10):
    print(one.path, one.mode, one.user == one.owner)
print(denial_of({named!r}).path)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder that other users can reach."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


def found(root: Path, named: Path) -> list[str]:
    """Search as a user that is not root."""
    script = SEARCH.format(
        paths=[str(ROOT / "lib"), *map(str, (ROOT / "vendor").glob("packaging-*"))],
        user=NOBODY,
        root=str(root),
        named=str(named),
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_private_folders_and_files_are_found_and_links_are_not_followed(folder: Path) -> None:
    write_files(
        folder, {"a/private/x": "", "a/b/secret": "", "readable": "", "a/entered/unlisted": ""}
    )
    (folder / "a" / "private").chmod(0o000)
    (folder / "a" / "b" / "secret").chmod(0o000)
    (folder / "a" / "entered").chmod(0o311)
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "link").symlink_to("a/private")
    *denials, blocking = found(folder, folder / "a" / "private" / "x" / "y")
    is_own = os.geteuid() != 0
    assert denials == [
        f"a/b/secret ---------- {is_own}",
        f"a/entered d-wx--x--x {is_own}",
        f"a/private d--------- {is_own}",
    ]
    assert blocking == str(folder / "a" / "private")
    for path in ("a/private", "a/entered"):
        (folder / path).chmod(0o755)


def test_a_folder_denies_what_does_not_exist(folder: Path) -> None:
    write_files(folder, {"a/b": ""})
    assert found(folder, folder / "a" / "new") == [str(folder / "a")]
    assert found(folder, folder / "a" / "b") == [str(folder / "a" / "b")]
