"""Environments made fit to be moved: no path of the machine that built them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.effects.files import exchange

_NOT_NEEDED = ("activate*", "deactivate*", "python*", "pydoc*")


@dataclass(frozen=True)
class Virtualenv:
    """A folder as virtualenv lays it out, for one Python."""

    root: Path
    version: str
    """Of its Python: `3.13.0`."""

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"

    @property
    def site_packages(self) -> Path:
        return self.root / "lib" / f"python{self.minor}" / "site-packages"

    def distributions(self) -> dict[str, str]:
        """Map each installed distribution's name, normalized, to its version."""
        found = {}
        for path in sorted(self.site_packages.glob("*.dist-info")):
            version = path.name.removesuffix(".dist-info").partition("-")[2]
            found[normal_name(path.name)] = version
        return found

    def metadata(self, names: Collection[str] | None = None) -> Iterator[str]:
        """Give the fields of METADATA, without its description.

        Of all distributions, or of those with these names, normalized.
        """
        for path in sorted(self.site_packages.glob("*.dist-info/METADATA")):
            if names is not None and normal_name(path.parent.name) not in names:
                continue
            yield path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]


def normal_name(dist_info: str) -> str:
    """Give the normal name of the distribution that a folder `Name-1.0.dist-info` is of."""
    return canonicalize_name(dist_info.partition("-")[0])


Rewrite = Callable[[bytes, str], "bytes | None"]
"""Gives the new content of a script, from the old one and the path of its folder."""
Correct = Callable[[str, "dict[str, bytes | None]"], str]
"""Gives the new RECORD, from the old one and the files that are not what it says."""


def seal(environment: Virtualenv, rewrite: Rewrite, correct: Correct) -> None:
    """Take out everything that names the place where the environment was made."""
    for pattern in _NOT_NEEDED:
        for path in environment.bin.glob(pattern):
            path.unlink()
    for name in ("pyvenv.cfg", ".gitignore", "CACHEDIR.TAG"):
        (environment.root / name).unlink(missing_ok=True)
    for name in ("_virtualenv.py", "_virtualenv.pth"):
        (environment.site_packages / name).unlink(missing_ok=True)
    changed = dict(_rewritten_scripts(environment, rewrite))
    changed.update(_dropped_addresses(environment))
    if changed:
        _correct_records(environment, changed, correct)


def _rewritten_scripts(
    environment: Virtualenv, rewrite: Rewrite
) -> Iterator[tuple[str, bytes | None]]:
    for path in environment.bin.iterdir():
        if path.is_symlink() or not path.is_file():
            continue
        content = rewrite(path.read_bytes(), str(environment.bin))
        if content is not None:
            exchange(path, content)
            yield os.path.relpath(path, environment.site_packages), content


def _dropped_addresses(environment: Virtualenv) -> Iterator[tuple[str, bytes | None]]:
    """Drop the records of local wheels: they name a place that is not there later."""
    for path in environment.site_packages.glob("*.dist-info/direct_url.json"):
        if json.loads(path.read_bytes()).get("url", "").startswith("file:"):
            path.unlink()
            yield str(path.relative_to(environment.site_packages)), None


def _correct_records(
    environment: Virtualenv, changed: dict[str, bytes | None], correct: Correct
) -> None:
    for path in environment.site_packages.glob("*.dist-info/RECORD"):
        text = path.read_text(encoding="utf-8")
        if any(row and row[0] in changed for row in csv.reader(text.splitlines())):
            exchange(path, correct(text, changed).encode())


def attach_to_image_python(environment: Virtualenv, python: Path) -> None:
    """Let an environment run with a Python of the image that it will run in."""
    _link_python(environment, python)
    (environment.root / "pyvenv.cfg").write_text(
        f"home = {python.parent}\nversion = {environment.version}\n"
        "include-system-site-packages = false\n",
        encoding="utf-8",
    )


def attach_to_bundled_python(environment: Virtualenv, tree: Path, site_folder: Path) -> None:
    """Let an environment and the Python beside it find each other by relative paths alone.

    `tree` is the Python's prefix, `site_folder` one that it reads .pth files from. No
    pyvenv.cfg: its `home` would have to be absolute.
    """
    program = tree / "bin" / f"python{environment.minor}"
    _link_python(environment, Path(os.path.relpath(program, environment.bin)))
    (environment.root / "pyvenv.cfg").unlink(missing_ok=True)
    place = os.path.relpath(environment.site_packages, tree)
    site_folder.mkdir(parents=True, exist_ok=True)
    # addsitedir, not a bare path: .pth files among the packages count as well.
    (site_folder / "slipway.pth").write_text(
        "import os, site, sys; "
        f"site.addsitedir(os.path.normpath(os.path.join(sys.prefix, {place!r})))\n",
        encoding="utf-8",
    )


def add_paths(environment: Virtualenv, folders: Iterable[Path]) -> None:
    """Let an environment import from folders of the app, wherever both are moved to together.

    https://docs.python.org/3/library/site.html: relative lines start at the .pth file's folder.
    """
    lines = [f"{os.path.relpath(folder, environment.site_packages)}\n" for folder in folders]
    place = environment.site_packages / "slipway-vendored.pth"
    place.unlink(missing_ok=True)
    if lines:
        place.write_text("".join(lines), encoding="utf-8")


def _link_python(environment: Virtualenv, target: Path) -> None:
    environment.bin.mkdir(parents=True, exist_ok=True)
    for name, points_to in (
        ("python", str(target)),
        ("python3", "python"),
        (f"python{environment.minor}", "python"),
    ):
        link = environment.bin / name
        link.unlink(missing_ok=True)
        link.symlink_to(points_to)


def put_in_env(variables: Mapping[str, str], environment: Virtualenv) -> dict[str, str]:
    """Give the variables of a process that runs inside the environment."""
    path = variables.get("PATH", os.defpath)
    return {
        **variables,
        "PATH": f"{environment.bin}:{path}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
