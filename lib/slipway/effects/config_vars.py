"""Config variables as platforms pass them to a build: a folder with a file for each."""

from __future__ import annotations

import os
from pathlib import Path


def read_config_vars(folder: Path) -> dict[str, str]:
    """Read each file without trailing newlines, as a shell's `$(cat ...)` does."""
    if not folder.is_dir():
        return {}
    return {
        path.name: os.fsdecode(path.read_bytes()).rstrip("\n").replace("\0", "")
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
