"""A zip file keeps modes and links, and the same files give the same bytes."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from slipway.effects.packages.zip_files import write_zip
from unit.samples import write_files


def test_modes_and_links_are_kept_and_dates_are_not(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "files", {"bin/run": "run\n", "lib/a.whl": "wheel" * 99})
    (folder / "bin" / "run").chmod(0o755)
    (folder / "lib" / "a.whl").chmod(0o644)
    (folder / "bin" / "python3").symlink_to("python3.13")
    write_zip(folder, tmp_path / "one.zip")
    os.utime(folder / "bin" / "run", (0, 0))
    write_zip(folder, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as zipped:
        assert zipped.namelist() == ["bin/python3", "bin/run", "lib/a.whl"]
        modes = [info.external_attr >> 16 for info in zipped.infolist()]
        assert stat.S_ISLNK(modes[0])
        assert modes[1:] == [stat.S_IFREG | 0o755, stat.S_IFREG | 0o644]
        assert zipped.read("bin/python3") == b"python3.13"
        assert zipped.read("lib/a.whl") == b"wheel" * 99
        assert zipped.getinfo("lib/a.whl").compress_type == zipfile.ZIP_STORED
