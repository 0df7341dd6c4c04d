"""The launcher sources the scripts of all buildpacks, and Slipway's own as the last one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from slipway.domain.cloud_foundry.other_buildpacks import OtherBuildpack
from slipway.platforms.cloud_foundry.finalize import write_start_scripts
from unit.samples import write_files

# As the launcher does it, without quotes.
LAUNCHER = "for env_file in ../profile.d/*; do source $env_file; done; echo $sourced"


def started(deps: Path, *indexes: str) -> list[str]:
    """Return which scripts the launcher sources, in that order."""
    others = [
        OtherBuildpack(folder=deps / index, subfolders=frozenset({"bin"})) for index in indexes
    ]
    write_start_scripts(deps.parent / "profile.d", others, "sourced+=' own'\n")
    (deps.parent / "app").mkdir()
    printed = subprocess.run(
        ["bash", "-c", LAUNCHER],
        cwd=deps.parent / "app",
        env={"PATH": os.defpath, "DEPS_DIR": str(deps)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stderr == ""
    return printed.stdout.split()


def test_scripts_of_twelve_buildpacks_are_sourced_in_their_order(tmp_path: Path) -> None:
    indexes = [f"{number:02}" for number in range(12)]
    scripts = {f"{one}/profile.d/slipway.sh": f"sourced+=' {one}'\n" for one in indexes}
    write_files(tmp_path / "deps", scripts)
    assert started(tmp_path / "deps", *indexes) == [*indexes, "own"]


def test_every_file_is_sourced_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "deps" / "0" / "profile.d"
    names = [".hidden", "a b.sh", "a_b.sh", "no-ending", "$(exit 3)", "*"]
    write_files(folder, {name: f"sourced+=' {number}'\n" for number, name in enumerate(names)})
    write_files(tmp_path, {"linked": "sourced+=' link'\n"})
    (folder / "link.sh").symlink_to(tmp_path / "linked")
    assert sorted(started(tmp_path / "deps", "0")) == sorted(
        [*map(str, range(len(names))), "link", "own"]
    )
    assert not [path for path in (tmp_path / "profile.d").iterdir() if path.is_symlink()]


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "deps" / "0" / "profile.d"
    write_files(folder, {"sub/x.sh": "sourced+=' sub'\n"})
    (folder / "dead.sh").symlink_to("nowhere")
    (folder / "loop.sh").symlink_to("loop.sh")
    os.mkfifo(folder / "pipe.sh")
    write_files(tmp_path / "deps" / "1", {"profile.d": "a file"})
    assert started(tmp_path / "deps", "0", "1", "2") == ["own"]
