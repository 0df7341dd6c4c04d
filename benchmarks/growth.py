"""Measure how time grows with the number of packages: generated wheels, without an index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from figures import Figures
from lanes import COLD, NO_CHANGE, PIP, TOOLCHAINS, UV
from picture import Points, picture
from sample_apps import SampleApp
from slipway_builds import toolchain_name

COUNTS = (10, 50, 100, 200)
SHOWN = (
    f"{PIP}: {COLD}",
    f"{UV}: {COLD}",
    *(f"{toolchain_name(one)}: {row}" for one in TOOLCHAINS for row in (COLD, NO_CHANGE)),
)
"""The rows that are timed and drawn."""

_MODULES = 20
_FUNCTIONS = 40
"""In each module; this makes a package as large, and as slow to compile, as many real ones."""
_FUNCTION = '''\
def harbour_{number}(ships, berths=12, *, pilot=None):
    """Tell which ships find a berth."""
    waiting = [ship for ship in ships if ship.draught < {number} + berths]
    return {{ship.name: pilot or "none" for ship in sorted(waiting)[:berths]}}


'''
_VERSION = "1.0"


def make_wheels(folder: Path, count: int) -> list[str]:
    """Write the wheels that do not exist yet, and return the requirements."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"harbour-bench-{number:03}" for number in range(count)]
    for name in names:
        _make_wheel(folder, name.replace("-", "_"))
    return [f"{name}=={_VERSION}" for name in names]


def grown_app(wheels: Path, count: int, python: str) -> SampleApp:
    """Make an app that requires `count` packages, all of them from a folder."""
    requirements = make_wheels(wheels, count)
    lines = ["--no-index", f"--find-links {wheels}", *requirements]
    text = "".join(f"{line}\n" for line in lines)
    return SampleApp(name=f"{count} packages", requirements=text, python=python, files={})


def draw(found: Mapping[int, Figures]) -> str:
    """Draw the medians by the number of packages."""
    lines = {title: points for title in SHOWN if (points := _points(found, title))}
    return picture(
        "Seconds of a build, by the number of packages", "packages", "seconds", lines
    )


def _points(found: Mapping[int, Figures], title: str) -> Points:
    return [
        (count, median(figures.rows[title].seconds))
        for count, figures in found.items()
        if title in figures.rows
    ]


def _make_wheel(folder: Path, name: str) -> None:
    path = folder / f"{name}-{_VERSION}-py3-none-any.whl"
    if path.exists():
        return
    module = "".join(_FUNCTION.format(number=number) for number in range(_FUNCTIONS))
    files = {f"{name}/module_{number}.py": module for number in range(_MODULES)}
    files[f"{name}/__init__.py"] = ""
    info = f"{name}-{_VERSION}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {_VERSION}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = (
        "".join(f"{member},{_digest(text)},{len(text)}\n" for member, text in files.items())
        + f"{info}/RECORD,,\n"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, text in files.items():
            wheel.writestr(member, text)


def _digest(text: str) -> str:
    """Return the digest in the format of RECORD: https://peps.python.org/pep-0376/#record."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
