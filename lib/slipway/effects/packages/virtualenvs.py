"""Makes virtual environments relocatable: they contain no path of the build."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from slipway.domain.redaction import without_secrets
from slipway.effects.files import exchange, read_if_there, remove, walk_folders
from slipway.effects.packages.console_scripts import console_scripts, relocatable
from slipway.effects.packages.records import read_record, record_digest, render_record
from slipway.effects.reading import MOST_FILE, read_bytes

_OF_UV = ("uv_cache.json", "uv_build.json")
_INSTALLER = b"pip\n"
_PROGRAM = """\
#!/bin/sh
exec "$(dirname -- "$(realpath -- "$0")")/{bin}/python" "$@"
"""
VENDORED_PATHS = "slipway-vendored.pth"
"""The file in site-packages with the folders of packages that are not installed."""


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

    @property
    def python_links(self) -> tuple[str, ...]:
        """The names in `bin` that always start the environment's Python."""
        return ("python", "python3", f"python{self.minor}")

    def module_folders(self) -> Iterator[Path]:
        """Yield the folders of installed packages, with those that .pth files name."""
        yield self.site_packages
        for file in sorted(self.site_packages.glob("*.pth")):
            for line in (read_if_there(file) or "").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    yield self.site_packages / line.strip()

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
            text = read_if_there(path)
            if text is not None:
                yield text.partition("\n\n")[0]


def normal_name(dist_info: str) -> str:
    """Return the normalized name of a distribution, from its folder `Name-1.0.dist-info`."""
    return canonicalize_name(dist_info.partition("-")[0])


def keep_only_python(virtualenv: Virtualenv) -> None:
    """Remove everything from a new virtual environment that installers do not need.

    Nothing is installed in it yet, so all these files are of virtualenv or uv: scripts that
    activate it, changes to old build tools, empty folders. Later, a package may have files with
    the same names.
    """
    keep = {virtualenv.bin: virtualenv.python_links, virtualenv.site_packages: ()}
    for folder, names in (
        *keep.items(),
        (virtualenv.root, ("bin", "lib", "pyvenv.cfg")),
    ):
        for path in folder.glob("*"):
            if path.name not in names:
                remove(path)


def seal(virtualenv: Virtualenv) -> tuple[str, ...]:
    """Make a virtual environment independent of its folder and of the toolchain that filled it.

    Its scripts find the Python in their own folder, no file names the folder where it was
    created, uv and pip leave the same records of installed distributions, and no folder is
    empty. Returns the scripts of packages that were removed, such as `python3 of acme`, because
    their names belong to the environment's Python.
    """
    for path in (
        *(virtualenv.bin / name for name in virtualenv.python_links),
        virtualenv.root / "pyvenv.cfg",
        virtualenv.root / ".lock",
    ):
        path.unlink(missing_ok=True)
    folders = sorted(virtualenv.site_packages.glob("*.dist-info"))
    changed = _rewrite_scripts(virtualenv, folders)
    python = {
        os.path.relpath(virtualenv.bin / name, virtualenv.site_packages): name
        for name in virtualenv.python_links
    }
    lost = []
    for folder in folders:
        changes = {**changed, **_normalize_metadata(folder)}
        rows = read_record(folder)
        if rows is None:
            continue
        lost += [
            f"{python[row[0]]} of {normal_name(folder.name)}"
            for row in rows
            if row[0] in python
        ]
        corrected = [
            (row[0], record_digest(content), str(len(content)))
            if (content := changes.get(row[0])) is not None
            else row
            for row in rows
            if row[0] not in python and changes.get(row[0], b"") is not None
        ]
        record, after = folder / "RECORD", render_record(corrected)
        if after != read_bytes(record, MOST_FILE):
            exchange(record, after)
    _remove_empty_folders(virtualenv)
    return tuple(lost)


def _remove_empty_folders(virtualenv: Virtualenv) -> None:
    """Remove folders that wheels and removed packages leave: not every installer keeps them."""
    keep = {str(virtualenv.root), str(virtualenv.bin), str(virtualenv.site_packages)}
    for folder, _, names in reversed([*walk_folders(virtualenv.root)]):
        if not names and folder not in keep:
            with suppress(OSError):  # it has folders that are not empty
                os.rmdir(folder)


def _rewrite_scripts(virtualenv: Virtualenv, folders: Iterable[Path]) -> dict[str, bytes]:
    """Make each script find its Python; return the new contents, by their paths in RECORD."""
    written: dict[str, bytes] = {}
    for folder in folders:
        written.update(console_scripts(read_if_there(folder / "entry_points.txt") or ""))
    changed = {}
    for path in virtualenv.bin.iterdir():
        if path.is_symlink() or not path.is_file():
            continue
        before = read_bytes(path, MOST_FILE)
        after = written.get(path.name) or relocatable(before, str(virtualenv.bin))
        if after is not None and after != before:
            exchange(path, after)
            changed[os.path.relpath(path, virtualenv.site_packages)] = after
    return changed


def _normalize_metadata(folder: Path) -> dict[str, bytes | None]:
    """Make a dist-info folder the same whichever toolchain wrote it.

    Returns the new contents of changed files, by their paths in RECORD, and None for removed
    files: uv's own notes, and the addresses of wheels that were installed from a file. No
    secret stays in other addresses.
    """
    changed: dict[str, bytes | None] = {}
    for name in _OF_UV:
        if (folder / name).exists():
            (folder / name).unlink()
            changed[f"{folder.name}/{name}"] = None
    installer = folder / "INSTALLER"
    if installer.is_file() and read_bytes(installer) != _INSTALLER:
        exchange(installer, _INSTALLER)
        changed[f"{folder.name}/INSTALLER"] = _INSTALLER
    address = folder / "direct_url.json"
    if address.is_file():
        before = read_bytes(address)
        try:
            content = json.loads(before)
        except (ValueError, RecursionError):
            return changed  # it is not an installer's, but was in the wheel
        if isinstance(content, dict) and "url" in content:
            content["url"] = without_secrets(str(content["url"]))
        after = json.dumps(content, sort_keys=True).encode()
        if isinstance(content, dict) and str(content.get("url", "")).startswith("file:"):
            address.unlink()
            changed[f"{folder.name}/{address.name}"] = None
        elif after != before:
            exchange(address, after)
            changed[f"{folder.name}/{address.name}"] = after
    return changed


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
    _add_site_packages(environment, tree, site_folder)


def make_complete_prefix(environment: Virtualenv, tree: Path, site_folder: Path) -> None:
    """Let programs that embed Python find the bundled Python's modules.

    A program in a virtual environment looks for the standard library in the folders above
    itself, or in a folder that the user names, which is usually the virtual environment. The
    environment's `python` is a link out of it, and finds its own folder. `tree` is the Python's
    prefix, `site_folder` the folder in it with .pth files. `attach_to_...` removes the links
    again.

    https://docs.python.org/3/c-api/init_config.html#python-path-configuration
    """
    place = environment.site_packages.parent
    library = tree / "lib" / place.name
    for name in sorted(os.listdir(library)):
        if not os.path.lexists(place / name):
            (place / name).symlink_to(os.path.relpath(library / name, place))
    own = environment.root / site_folder.relative_to(tree)
    if own != environment.site_packages:  # Debian's Pythons have another folder
        _add_site_packages(environment, environment.root, own)


def _add_site_packages(environment: Virtualenv, prefix: Path, site_folder: Path) -> None:
    """Make a Python with this prefix read an environment's packages and their .pth files."""
    place = os.path.relpath(environment.site_packages, prefix)
    site_folder.mkdir(parents=True, exist_ok=True)
    # addsitedir instead of a plain path, because it also reads the .pth files of packages.
    (site_folder / "slipway.pth").write_text(
        "import os, site, sys; "
        f"site.addsitedir(os.path.normpath(os.path.join(sys.prefix, {place!r})))\n",
        encoding="utf-8",
    )


def put_in_prefix(environment: Virtualenv, tree: Path, name: str) -> None:
    """Show a folder of an environment at the bundled Python's prefix too, if it is there.

    Without a pyvenv.cfg, `sys.prefix` is that of the Python. `tree` is this prefix.
    """
    link = tree / name
    if link.is_symlink():
        link.unlink()
    if (environment.root / name).is_dir():
        link.symlink_to(os.path.relpath(environment.root / name, tree))


def write_programs(environment: Virtualenv, folder: Path) -> None:
    """Fill a folder beside the environment with programs that start those in its `bin`.

    A link to the environment's Python would start a Python without its packages.
    """
    remove(folder)
    folder.mkdir()
    path = os.path.relpath(environment.bin, folder)
    for name in os.listdir(environment.bin):
        program = folder / name
        if name in environment.python_links:
            program.write_text(_PROGRAM.format(bin=path), encoding="utf-8")
            program.chmod(0o755)
        else:
            program.symlink_to(f"{path}/{name}")


def add_paths(environment: Virtualenv, folders: Iterable[Path]) -> None:
    """Make folders of the app importable, even after both are moved together.

    https://docs.python.org/3/library/site.html: relative lines start at the .pth file's folder.
    """
    lines = [f"{os.path.relpath(folder, environment.site_packages)}\n" for folder in folders]
    place = environment.site_packages / VENDORED_PATHS
    place.unlink(missing_ok=True)
    if lines:
        place.write_text("".join(lines), encoding="utf-8")


def _link_python(environment: Virtualenv, target: Path) -> None:
    for path in environment.site_packages.parent.iterdir():
        if path.is_symlink():  # of make_complete_prefix, in an earlier build
            path.unlink()
    environment.bin.mkdir(parents=True, exist_ok=True)
    for name in environment.python_links:
        link = environment.bin / name
        link.unlink(missing_ok=True)
        link.symlink_to(target if name == "python" else "python")


def put_in_env(
    variables: Mapping[str, str],
    environment: Virtualenv,
    modules: Path | None,
    libraries: Path | None,
) -> dict[str, str]:
    """Return the environment variables of a process that runs in a virtual environment.

    It also finds Python modules in the folder `modules`, and shared libraries in `libraries`.
    """
    result = {
        **variables,
        "PATH": f"{environment.bin}:{variables.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if modules:
        folders = [folder for folder in variables.get("PYTHONPATH", "").split(":") if folder]
        result["PYTHONPATH"] = ":".join(dict.fromkeys([*folders, str(modules)]))
    if libraries:
        others = variables.get("LD_LIBRARY_PATH")
        result["LD_LIBRARY_PATH"] = f"{libraries}:{others}" if others else str(libraries)
    return result
