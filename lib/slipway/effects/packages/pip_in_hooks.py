"""Makes pip usable in a virtual environment for a while, and keeps it out of the built app."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from slipway.effects.files import read_if_there, remove, scratch, write
from slipway.effects.packages.records import read_record
from slipway.effects.packages.virtualenvs import (
    Virtualenv,
    attach_to_image_python,
    normal_name,
)

_FINDS_PIP = "slipway-pip.pth"
_SCRIPT = """\
#!/bin/sh
'''exec' {python} -I "$0" "$@"
' '''
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""
"""Starts as sh, because a path after `#!` may be too long or contain a space.

With -I, modules of the app with names such as `logging` do not matter to pip.
"""


@contextmanager
def pip_in(environment: Virtualenv, python: Path, pip: Path) -> Iterator[Path]:
    """Make `python -m pip` work in a virtual environment; yield a folder with `pip` for PATH.

    `python` is a whole Python, with C headers: a bundled one has none, and has no pyvenv.cfg,
    so its pip would install into the Python itself. `pip` is the folder that contains pip's
    package. A pip that is installed in the virtual environment has precedence.

    Afterwards, the virtual environment has its former Python again, and none of this.
    """
    links = {path: os.readlink(path) for path in _links(environment)}
    settings = environment.root / "pyvenv.cfg"
    before = read_if_there(settings)
    entry = environment.site_packages / _FINDS_PIP
    try:
        attach_to_image_python(environment, python)
        write(entry, f"{pip}\n")
        with scratch("pip", within=environment.root) as folder:
            for name in ("pip", "pip3", f"pip{environment.minor}"):
                text = _SCRIPT.format(python=shlex.quote(str(environment.python)))
                write(folder / name, text, mode=0o755)
            yield folder
    finally:
        entry.unlink(missing_ok=True)
        for path in _links(environment):
            path.unlink()
        for path, target in links.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            remove(path)
            path.symlink_to(target)
        if before is None:
            settings.unlink(missing_ok=True)
        else:
            write(settings, before)


def _links(environment: Virtualenv) -> list[Path]:
    """Return the symbolic links that a virtual environment has to its Python's files."""
    own = [environment.bin / name for name in environment.python_links]
    library = environment.site_packages.parent
    return [path for path in (*own, *library.glob("*")) if path.is_symlink()]


@dataclass(frozen=True)
class Snapshot:
    """The installed distributions at one time, to see what a hook changed."""

    distributions: dict[str, str]
    """Normalized name -> version."""
    records: dict[str, tuple[int, int]]
    """Normalized name -> inode and date of its RECORD, which every installation replaces."""
    scripts: dict[str, tuple[int, int]]
    """The same for the files in bin/."""

    def changed_since(self, before: Snapshot) -> frozenset[str]:
        """Return the names of distributions that were added or installed again."""
        return frozenset(
            name for name, record in self.records.items() if before.records.get(name) != record
        )


def take_snapshot(environment: Virtualenv) -> Snapshot:
    """Read the state of a virtual environment; quick, because it reads no file."""
    records = {}
    for path in environment.site_packages.glob("*.dist-info"):
        records[normal_name(path.name)] = _identity(path / "RECORD")
    links = {path.name for path in _links(environment)}
    scripts = {
        path.name: _identity(path)
        for path in environment.bin.glob("*")
        if path.name not in links
    }
    return Snapshot(environment.distributions(), records, scripts)


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.lstat()
    except OSError:
        return (0, 0)
    return (status.st_ino, status.st_mtime_ns)


def modules_of(environment: Virtualenv, names: Container[str]) -> list[list[Path]]:
    """Return the modules of these distributions, one list for each."""
    place = environment.site_packages
    return [
        sorted(
            path
            for row in read_record(info) or ()
            if row[0].endswith(".py") and (path := place / row[0]).is_file()
        )
        for info in sorted(place.glob("*.dist-info"))
        if normal_name(info.name) in names
    ]


def editable_sources(environment: Virtualenv) -> dict[str, Path]:
    """Map each distribution that is imported from a folder of its own to that folder.

    https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    """
    found = {}
    for path in environment.site_packages.glob("*.dist-info/direct_url.json"):
        try:
            content = json.loads(read_if_there(path) or "")
        except ValueError:
            continue
        match content:
            case {"url": str(url), "dir_info": {"editable": True}}:
                found[normal_name(path.parent.name)] = Path(unquote(urlsplit(url).path))
    return found
