"""Root file systems for the tests' base images, of the same Debian as this machine."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

BUILDER = 1000
RUNNER = 1002
"""The users for builds and for processes in an image, both in group 1000."""

ROOTS = {
    # The libraries of Debian's Python without the Python, as in run images of platforms.
    "run": ("ca-certificates", "libexpat1", "libffi8", "libsqlite3-0"),
    "build": ("ca-certificates", "python3"),
    "build-without-python": ("ca-certificates", "curl", "libexpat1", "libffi8", "libsqlite3-0"),
}

_BULK = ("usr/share/doc", "usr/share/locale", "usr/share/man", "var/cache/apt", "var/lib/apt")
"""Folders that no build and no process needs."""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def ingredients() -> str:
    """Identify everything that the root file systems are made from."""
    files = (_CERTIFICATES, Path(__file__))
    return json.dumps([release(), *(sha256(file.read_bytes()).hexdigest() for file in files)])


def make_roots(place: Path) -> None:
    """Write each root file system into a folder, as NAME.tar.

    They differ in a few packages, so each starts as a copy of the same minimal system.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-roots-") as folder:
        first = Path(folder, "minimal")
        options = ["--variant=minbase", release(), str(first), mirror()]
        _run(["debootstrap", *options], place / "minimal.log")
        for name, packages in ROOTS.items():
            root = Path(folder, name)
            _run(["cp", "--archive", str(first), str(root)], place / "copy.log")
            _fill(root, packages, place / f"{name}.log")
            _run(["tar", "-C", str(root), "-cf", f"{place}/{name}.tar", "."], place / "tar.log")
            shutil.rmtree(root)


def release() -> str:
    """Return the code name of this machine's Debian."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def mirror() -> str:
    """Return the URL of the mirror that this machine's apt uses."""
    wanted = ["Created-By: Packages", "Component: main", f"Codename: {release()}"]
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted]
    for prepare in ([], ["apt-get", "--quiet", "update"]):
        if prepare:  # without package lists apt names no mirror
            subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if printed:
            return printed.split()[0]
    raise LookupError(f"apt names no mirror that has Debian {release()}")


def _fill(root: Path, packages: Sequence[str], log: Path) -> None:
    """Install packages, add the users, and copy this machine's CA certificates."""
    options = ["--quiet", "--yes", "--no-install-recommends"]
    options += ["--option", "Dpkg::Options::=--force-unsafe-io"]  # faster; no data to lose
    install = ["apt-get", *options, "install", *packages]
    within = ["env", "DEBIAN_FRONTEND=noninteractive", "chroot", str(root)]
    _run([*within, *install], log)
    _run([*within, "groupadd", "--gid", str(BUILDER), "cnb"], log)
    for name, user in (("cnb", BUILDER), ("app", RUNNER)):
        ids = ["--uid", str(user), "--gid", str(BUILDER)]
        _run([*within, "useradd", *ids, "--create-home", name], log)
    shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
    for name in _BULK:
        shutil.rmtree(root / name)


def _run(command: Sequence[str], log: Path) -> None:
    """Run a program whose output matters only if it fails."""
    with log.open("ab") as stream:
        done = subprocess.run(command, stdout=stream, stderr=stream, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{log.read_text('utf-8', 'replace')}")
