"""Makes virtual environments relocatable: they contain no path of the build."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.effects.files import exchange, read_if_there
from slipway.effects.packages.console_scripts import console_scripts, relocatable

_OF_UV = ("uv_cache.json", "uv_build.json")
_INSTALLER = b"pip\n"
_NOT_NEEDED = ("activate*", "deactivate*", "python*", "pydoc*")


@dataclass(frozen=True)
class Virtualenv:
    """The folder of a virtual environment, as virtualenv lays it out."""

    root: Path
    version: str
    """The version of its Python, such as `3.13.0`."""

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
        """Yield the METADATA of all distributions, or of those with these normalized names.

        It is without the description.
        """
        for path in sorted(self.site_packages.glob("*.dist-info/METADATA")):
            if names is not None and normal_name(path.parent.name) not in names:
                continue
            yield path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]


def normal_name(dist_info: str) -> str:
    """Return the normalized name of a distribution, from its folder `Name-1.0.dist-info`."""
    return canonicalize_name(dist_info.partition("-")[0])


def seal(virtualenv: Virtualenv) -> None:
    """Make a virtual environment independent of its folder and of the toolchain that filled it.

    Its scripts find the Python in their own folder, no file names the folder where it was
    created, and uv and pip leave the same records of installed distributions.
    """
    folders = sorted(virtualenv.site_packages.glob("*.dist-info"))
    records = [read_if_there(folder / "RECORD") or "" for folder in folders]
    recorded = {row[0] for one in records for row in csv.reader(one.splitlines()) if row}
    for path in (path for pattern in _NOT_NEEDED for path in virtualenv.bin.glob(pattern)):
        # A package may install a script with such a name too, for example pydocstyle.
        if os.path.relpath(path, virtualenv.site_packages) not in recorded:
            path.unlink()
    for name in ("pyvenv.cfg", ".gitignore", "CACHEDIR.TAG", ".lock"):
        (virtualenv.root / name).unlink(missing_ok=True)
    for name in ("_virtualenv.py", "_virtualenv.pth"):
        (virtualenv.site_packages / name).unlink(missing_ok=True)
    changed = _rewrite_scripts(virtualenv, folders)
    for folder in folders:
        record = folder / "RECORD"
        if record.is_file():
            changes = {**changed, **_normalize_metadata(folder)}
            before = record.read_bytes()  # pip ends lines with CRLF, uv does not
            after = _corrected_record(before.decode("utf-8"), changes).encode()
            if after != before:
                exchange(record, after)


def _rewrite_scripts(virtualenv: Virtualenv, folders: Iterable[Path]) -> dict[str, bytes]:
    """Make each script find its Python; return the new contents, by their paths in RECORD."""
    written: dict[str, bytes] = {}
    for folder in folders:
        written.update(console_scripts(read_if_there(folder / "entry_points.txt") or ""))
    changed = {}
    for path in virtualenv.bin.iterdir():
        if path.is_symlink() or not path.is_file():
            continue
        before = path.read_bytes()
        after = written.get(path.name) or relocatable(before, str(virtualenv.bin))
        if after is not None and after != before:
            exchange(path, after)
            changed[os.path.relpath(path, virtualenv.site_packages)] = after
    return changed


def _normalize_metadata(folder: Path) -> dict[str, bytes | None]:
    """Make a dist-info folder the same whichever toolchain wrote it.

    Returns the new contents of changed files, by their paths in RECORD, and None for removed
    files: uv's own notes, and the addresses of wheels that were installed from a file.
    """
    changed: dict[str, bytes | None] = {}
    for name in _OF_UV:
        if (folder / name).exists():
            (folder / name).unlink()
            changed[f"{folder.name}/{name}"] = None
    installer = folder / "INSTALLER"
    if installer.is_file() and installer.read_bytes() != _INSTALLER:
        exchange(installer, _INSTALLER)
        changed[f"{folder.name}/INSTALLER"] = _INSTALLER
    address = folder / "direct_url.json"
    if address.is_file():
        before = address.read_bytes()
        content = json.loads(before)
        after = json.dumps(content, sort_keys=True).encode()
        if str(content.get("url", "")).startswith("file:"):
            address.unlink()
            changed[f"{folder.name}/{address.name}"] = None
        elif after != before:
            exchange(address, after)
            changed[f"{folder.name}/{address.name}"] = after
    return changed


def _corrected_record(record: str, changed: Mapping[str, bytes | None]) -> str:
    """Correct the rows of changed files, and remove those of removed files (None).

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    lines = []
    for line in record.splitlines():
        path = line.rsplit(",", 2)[0].strip('"')
        content = changed.get(path, b"")
        if path not in changed:
            lines.append(line)
        elif content is not None:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            lines.append(f"{path},sha256={digest.decode()},{len(content)}")
    return "".join(f"{line}\n" for line in lines)


def attach_to_image_python(environment: Virtualenv, python: Path) -> None:
    """Make a virtual environment use a Python of the image that it will run in."""
    _link_python(environment, python)
    (environment.root / "pyvenv.cfg").write_text(
        f"home = {python.parent}\nversion = {environment.version}\n"
        "include-system-site-packages = false\n",
        encoding="utf-8",
    )


def attach_to_bundled_python(environment: Virtualenv, tree: Path, site_folder: Path) -> None:
    """Make a virtual environment and the bundled Python find each other by relative paths.

    `tree` is the Python's prefix, `site_folder` one that it reads .pth files from. There is no
    pyvenv.cfg, because its `home` would have to be absolute.
    """
    program = tree / "bin" / f"python{environment.minor}"
    _link_python(environment, Path(os.path.relpath(program, environment.bin)))
    (environment.root / "pyvenv.cfg").unlink(missing_ok=True)
    place = os.path.relpath(environment.site_packages, tree)
    site_folder.mkdir(parents=True, exist_ok=True)
    # addsitedir instead of a plain path, because it also reads the .pth files of packages.
    (site_folder / "slipway.pth").write_text(
        "import os, site, sys; "
        f"site.addsitedir(os.path.normpath(os.path.join(sys.prefix, {place!r})))\n",
        encoding="utf-8",
    )


def add_paths(environment: Virtualenv, folders: Iterable[Path]) -> None:
    """Make folders of the app importable, even after both are moved together.

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
    """Return the environment variables of a process that runs in a virtual environment."""
    path = variables.get("PATH", os.defpath)
    return {
        **variables,
        "PATH": f"{environment.bin}:{path}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
