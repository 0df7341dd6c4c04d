"""The files that the public index has of some releases, as recorded in releases.txt."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from slipway.domain.python.fitting import PackageFile, PinnedPackage

MINORS = ("3.15", "3.14", "3.13", "3.12", "3.11", "3.10")
LINUX = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
)
"""The platform tags of x86_64 with glibc 2.36."""


@cache
def releases() -> dict[str, PinnedPackage]:
    """Return the releases by what pins them, such as `psycopg2-binary==2.9.9`."""
    found: dict[str, PinnedPackage] = {}
    text = (Path(__file__).parent / "releases.txt").read_text("utf-8")
    pin = requires_python = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            pin, _, requires_python = line.partition(" ")
            name, _, version = pin.partition("==")
            found[pin] = PinnedPackage(name=name.replace(".", "-"), version=version)
            continue
        one, end = found[pin], line.strip()
        stem = f"{one.name.replace('-', '_')}-{one.version}"
        file = end if end.endswith((".tar.gz", ".zip")) else f"{stem}-{end}.whl"
        files = (*one.files, PackageFile(file, requires_python))
        found[pin] = PinnedPackage(name=one.name, version=one.version, files=files)
    return found
