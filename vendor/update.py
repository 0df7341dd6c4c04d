#!/usr/bin/env python3
"""Replace the wheels in this folder with the newest ones that requirements.in allows.

Also writes wheels.txt, and pins the newest uv, or the version that `--uv` names, in uv.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import PathDistribution
from pathlib import Path
from zipfile import Path as ZipPath

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib")]

from slipway.domain.python.series import MINORS

OLDEST = MINORS[-1]
HEADER = f"""\
# Slipway's own dependencies, for Python {OLDEST} and newer. Written by vendor/update.py:
# to change them, edit vendor/requirements.in and run that script.
"""
UV_PLATFORMS = tuple(
    f"{libc}_{processor}"
    for processor in ("x86_64", "aarch64")
    for libc in ("manylinux2014", "musllinux_1_1")
)
UV_HEADER = """\
# The uv that builds use if they can download it. Written by vendor/update.py. pip downloads one
# of these wheels, and verifies its hash:
"""


def main() -> None:
    """Download everything before the first change, so that a failure changes nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", metavar="VERSION", help="the version of uv to pin")
    uv_version: str | None = parser.parse_args().uv
    with tempfile.TemporaryDirectory() as folder:
        wheels = download_all(Path(folder))
        refuse_platform_wheels(wheels)
        uv = download_uv(Path(folder, "uv"), uv_version)
        replace_wheels(wheels)
        (HERE / "uv.txt").write_text(uv_text(uv), encoding="utf-8")
    (HERE / "wheels.txt").write_text(wheels_text(HERE), encoding="utf-8")


def download_uv(target: Path, version: str | None) -> list[Path]:
    """Download one version of uv for every platform that builds run on."""
    requirement = f"uv=={version}" if version else "uv"
    for platform in UV_PLATFORMS:
        options = ["--no-deps", "--only-binary", ":all:", "--platform", platform, "--quiet"]
        options += ["--disable-pip-version-check", "--no-input", "--dest", str(target)]
        command = [*pip_command(), "download", *options, requirement]
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"pip could not download uv for {platform}; nothing was changed")
    return sorted(target.iterdir())


def uv_text(wheels: Iterable[Path]) -> str:
    """Write the wheels of one version of uv as a requirement with hashes, for pip."""
    names, digests = [], []
    for wheel in wheels:
        names.append(wheel.name)
        digests.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    versions = {name.split("-")[1] for name in names}
    if len(versions) != 1:
        sys.exit(f"more than one version of uv, nothing was changed: {', '.join(names)}")
    comments = "".join(f"#   {name}\n" for name in names)
    hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in digests)
    return f"{UV_HEADER}{comments}uv=={versions.pop()}{hashes}\n"


def download_all(folder: Path) -> list[Path]:
    """Download the requirements and their dependencies on all supported Pythons."""
    # pip takes wheels for --python-version, but evaluates markers for the Python that runs it.
    # So dependencies for other Pythons are read from the metadata, and added to the next round.
    also: set[str] = set()
    while True:
        target = folder / str(len(also))
        download(target, also)
        unmet = unmet_requirements(target)
        if not unmet:
            return sorted(target.iterdir())
        if unmet <= also:
            sys.exit(f"pip did not download these requirements: {', '.join(sorted(unmet))}")
        also |= unmet


def download(target: Path, also: set[str]) -> None:
    """Resolve for the oldest supported Python, and download only pure-Python wheels."""
    python = [
        "--python-version",
        OLDEST,
        "--implementation",
        "py",
        "--abi",
        "none",
        "--platform",
        "any",
    ]
    options = [
        "--only-binary",
        ":all:",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--dest",
        str(target),
    ]
    requirements = ["--requirement", str(HERE / "requirements.in"), *sorted(also)]
    if subprocess.run(
        [*pip_command(), "download", *python, *options, *requirements], check=False
    ).returncode:
        sys.exit("pip could not download the wheels, see above; nothing was changed")


def pip_command() -> list[str]:
    """Return a command that starts the vendored pip, or else the interpreter's own."""
    vendored = [[sys.executable, "-I", str(wheel / "pip")] for wheel in HERE.glob("pip-*.whl")]
    return vendored[0] if vendored else [sys.executable, "-m", "pip"]


def unmet_requirements(folder: Path) -> set[str]:
    """Return the requirements of the wheels in a folder that the folder does not meet."""
    # The interpreter may not have packaging; the folder does, because requirements.in names it.
    sys.path[:0] = [str(wheel) for wheel in folder.glob("packaging-*.whl")]
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name, parse_wheel_filename

    versions = {
        name: version
        for name, version, *_ in (parse_wheel_filename(w.name) for w in folder.iterdir())
    }
    unmet = set()
    for requirement in map(Requirement, requirement_lines(folder)):
        if requirement.marker and not any(map(requirement.marker.evaluate, environments())):
            continue
        version = versions.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            unmet.add(f"{requirement.name}{requirement.specifier}")
    return unmet


def requirement_lines(folder: Path) -> Iterator[str]:
    """Yield the requirements of each wheel in a folder."""
    for wheel in sorted(folder.iterdir()):
        name, version = wheel.name.split("-")[:2]
        yield from (
            PathDistribution(ZipPath(wheel, f"{name}-{version}.dist-info/")).requires or ()
        )


def environments() -> Iterator[dict[str, str]]:
    """Yield the values of markers for the first release of each supported Python."""
    linux = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
    cpython = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    for python in MINORS:
        full = {"python_full_version": f"{python}.0", "implementation_version": f"{python}.0"}
        yield {"python_version": python, **full, **linux, **cpython}


def refuse_platform_wheels(wheels: list[Path]) -> None:
    """Exit if a file is not a wheel, or is for certain platforms only."""
    refused = [wheel.name for wheel in wheels if not wheel.name.endswith("-none-any.whl")]
    if refused:
        sys.exit(f"not pure Python, nothing was changed: {', '.join(refused)}")


def replace_wheels(wheels: list[Path]) -> None:
    """Replace the wheels in this folder with the given ones, and print the changes."""
    old, new = {wheel.name for wheel in HERE.glob("*.whl")}, {wheel.name for wheel in wheels}
    for name in sorted(old - new):
        print(f"- {name}")
        (HERE / name).unlink()
    for wheel in wheels:
        if wheel.name not in old:
            print(f"+ {wheel.name}")
        shutil.copyfile(wheel, HERE / wheel.name)


def wheels_text(folder: Path) -> str:
    """Write the wheels in a folder as requirements with hashes, one wheel per line."""
    lines = sorted(map(wheel_line, folder.glob("*.whl")), key=lambda line: line.split("=="))
    return HEADER + "".join(lines)


def wheel_line(wheel: Path) -> str:
    """Write a wheel as a requirement with its hash, for pip."""
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirement = f"{re.sub('[-_.]+', '-', name).lower()}=={version}"
    return f"{requirement} --hash=sha256:{digest}  # {wheel.name}\n"


if __name__ == "__main__":
    main()
