"""A build image without Python, and an archive of a Python like python-build-standalone's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integration.bare_root import copy_with_libraries, libraries_of
from integration.isolation import with_mounts
from integration.packages import sha256
from slipway.effects.elf import set_run_path

DATE = "20260814"
ARCHIVE = f"{DATE}/cpython-3.13.15+{DATE}-test-install_only_stripped.tar.gz"

_PROGRAMS = (
    *("sh", "bash", "env", "curl", "tar", "gzip", "sed", "sha256sum", "find"),
    *("cat", "chmod", "cp", "dirname", "ls", "mkdir", "mktemp", "mv", "readlink", "rm"),
    *("sleep", "tail", "touch", "uname"),
)
_LINKS = ("bin", "lib", "lib64", "sbin")
_VERSION = re.compile(r"3\.1\d+\.\d+")
_PRINT_VERSION = "import platform; print(platform.python_version())"
_COMPILERS = {
    "AR": "/tools/llvm/bin/llvm-ar",
    "CC": "clang -pthread",
    "CXX": "clang++ -pthread",
    "LDSHARED": "clang -pthread -shared",
}
_EXCLUDED = ("test", "idlelib", "tkinter", "config-*", "*.a", "__pycache__", "site-packages")
_DEBIAN_ONLY = ("sitecustomize.py", "dist-packages", "EXTERNALLY-MANAGED")
"""Files that only Debian's Python has; the first is a link to /etc."""


def make_build_image(root: Path, libraries: Sequence[str]) -> Path:
    """Make a root file system with the programs that a build needs, except Python."""
    for name in _LINKS:
        if Path("/", name).is_symlink():
            (root / "usr" / name).mkdir(parents=True)
            (root / name).symlink_to(f"usr/{name}")
    found = [shutil.which(name, path="/usr/bin:/bin") for name in _PROGRAMS]
    copy_with_libraries(root, [*filter(None, found), *libraries])
    for folder in ("dev", "proc", "tmp", "etc"):
        (root / folder).mkdir()
    assert [path for path in root.rglob("*python*") if path.is_file()] == []
    return root


def in_root(root: Path, *folders: Path, cwd: Path | str = "/") -> list[str]:
    """Start with another root, in which the folders are mounted at the same paths."""
    mounts = [f"mount --rbind /{name} '{root}/{name}'" for name in ("dev", "proc")]
    for folder in folders:
        mounts += [f"mkdir -p '{root}{folder}'", f"mount --bind '{folder}' '{root}{folder}'"]
    into_root = with_mounts(*mounts, f"cd '{root}'")
    return [*into_root, "/usr/sbin/chroot", str(root), "env", f"--chdir={cwd}"]


@dataclass(frozen=True, kw_only=True)
class PackedPython:
    archive: Path
    version: str
    name: str
    libraries: tuple[str, ...]
    """The system libraries that it needs; the real archives only need glibc."""

    @property
    def digest(self) -> str:
        return sha256(self.archive)


def pack_python(folder: Path, minor: str = "") -> PackedPython:
    """Pack a Python of this machine that runs wherever it is unpacked; without, the newest."""
    prefix, name = _local_python(minor)
    tree = folder / "python"
    (tree / "bin").mkdir(parents=True)
    shutil.copy2(prefix / "bin" / name, tree / "bin" / name)
    (tree / "bin" / "python3").symlink_to(name)
    ignored = shutil.ignore_patterns(*_EXCLUDED, *_DEBIAN_ONLY)
    shutil.copytree(prefix / "lib" / name, tree / "lib" / name, symlinks=True, ignore=ignored)
    shutil.copytree(prefix / "include" / name, tree / "include" / name)
    for library in (prefix / "lib").glob(f"lib{name}.so.1.0"):
        shutil.copy2(library, tree / "lib")
    compiled = [tree / "bin" / name, *tree.rglob("*.so*")]
    for path in compiled:
        place = os.path.relpath(tree / "lib", path.parent)
        assert set_run_path(path, os.path.join("$ORIGIN", place)), path
    for path in tree.glob("lib/python3.*/_sysconfigdata_*.py"):
        _name_the_compiler(path)
        text = path.read_text("utf-8")
        path.write_text(text.replace(f"'{prefix}", "'/install"), "utf-8")
    archive = folder / "python.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add(tree, "python")
    needed = [path for path in libraries_of(map(str, compiled)) if str(tree) not in path]
    version = subprocess.check_output(
        [tree / "bin" / name, "-IS", "-c", _PRINT_VERSION], text=True
    )
    return PackedPython(
        archive=archive, version=version.strip(), name=name, libraries=tuple(needed)
    )


def _local_python(minor: str = "") -> tuple[Path, str]:
    """Prefer a Python of pyenv, since Debian's is spread over several folders."""
    versions = [
        path
        for path in Path.home().glob(".pyenv/versions/*")
        if _VERSION.fullmatch(path.name)
        and path.is_dir()
        and path.name.startswith(f"{minor}." if minor else "3.")
    ]
    versions.sort(key=lambda path: [int(part) for part in path.name.split(".")])
    if not versions:
        assert not minor, f"this machine has no Python {minor}"
        return Path(sys.base_prefix), "python{}.{}".format(*sys.version_info)
    return versions[-1], f"python{versions[-1].name.rpartition('.')[0]}"


def _name_the_compiler(path: Path) -> None:
    """Name the same compilers as the archives of python-build-standalone."""
    text = path.read_text("utf-8")
    for name, value in _COMPILERS.items():
        text, count = re.subn(rf"(?m)^( *'{name}'): '[^']*'", rf"\1: '{value}'", text)
        assert count == 1, (name, path)
    path.write_text(text, "utf-8")


def write_table(file: Path, version: str, url: str, sha256: str, build: str = DATE) -> None:
    """Write uv's table of downloadable Pythons, with a single Python for this machine."""
    machine = os.uname().machine
    major, minor, patch = map(int, version.split("."))
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": url,
        "sha256": sha256,
        "variant": None,
        "build": build,
    }
    key = f"cpython-{version}-linux-{machine}-gnu"
    file.write_text(json.dumps({key: entry}), "utf-8")
