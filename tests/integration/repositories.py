"""git, with an identity and without the settings of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from integration.classic_platform import machine_env


def git(folder: Path, *arguments: str, **variables: str) -> str:
    """Run git in a folder, and return what it prints."""
    identity = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    env = {**machine_env(), **identity, **dict.fromkeys(names, "a@b.example"), **variables}
    argv = ["git", *arguments]
    return subprocess.run(
        argv, cwd=folder, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()
