"""A folder with every kind of file, and descriptions of folders to compare them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from unit.samples import write_files


def everything(root: Path) -> Path:
    files = {"a.txt": "one", "below/deep/b.txt": "two", "below/run": "#!", "né w.txt": ""}
    write_files(root, files)
    (root / "below" / "run").chmod(0o755)
    (root / "below" / "link").symlink_to("deep/b.txt")
    (root / "to a folder").symlink_to("below")
    (root / "to nowhere").symlink_to("/not/there")
    (root / "empty").mkdir()
    (root / "closed").mkdir(mode=0o750)
    os.utime(root / "a.txt", (1000, 2000))
    return root


def described(root: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(root)): (
            stat.S_IMODE(path.lstat().st_mode),
            str(path.readlink())
            if path.is_symlink()
            else path.read_text()
            if path.is_file()
            else "",
        )
        for path in root.rglob("*")
    }
