"""Small buildpacks, whose scripts tell how they are called."""

from __future__ import annotations

from pathlib import Path

ECHO = 'echo "${0##*/}" "$@"'
"""Prints the name of the script, and its arguments."""
RELEASE = "echo 'default_process_types: {web: echo served}'"


def fake_buildpack(place: Path, **scripts: str) -> Path:
    """Write a buildpack with these scripts for `sh`."""
    folder = place / "bin"
    folder.mkdir(parents=True)
    for name, script in scripts.items():
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        file.chmod(0o755)
    return place


def complete_buildpack(place: Path, **scripts: str) -> Path:
    """Write a buildpack that has all scripts; those that are not given tell their calls."""
    told = dict.fromkeys(("detect", "supply", "finalize", "compile"), ECHO)
    return fake_buildpack(place, **{**told, "release": RELEASE, **scripts})
