"""The buildpacks of a staging: how the builder downloads them, and finds their scripts.

https://github.com/cloudfoundry/buildpackapplifecycle (buildpackrunner/git_buildpack.go,
buildpackrunner/zip_buildpack.go), https://github.com/cloudfoundry/archiver
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urldefrag, urlsplit
from urllib.request import urlopen

from integration.classic_platform import machine_env
from integration.cloud_foundry.exits import OTHER_FAILURE, Stopped

_TIMEOUT = 600
"""Seconds that the builder waits for a buildpack."""
_CREATED_ON_UNIX = {3, 19}
"""Numbers of systems that write modes of files to an archive."""


def pull(url: str, place: Path, env: Mapping[str, str] | None = None) -> Path:
    """Download a buildpack into a new folder, and return the folder that has its `bin`.

    An address whose path ends in `.zip` is that of an archive. Any other is that of a git
    repository, with the name of a branch or tag after `#`. Raises Stopped.
    """
    download(url, place, env)
    return folder_of_bin(place, url)


def download(url: str, place: Path, env: Mapping[str, str] | None = None) -> str:
    """Download a buildpack, and return what the builder prints. Raises Stopped."""
    if urlsplit(url).path.endswith(".zip"):
        data = _get(url)
        try:
            _extract(data, place)
        except zipfile.BadZipFile as error:
            message = f"Failed to extract buildpack '{url}': {error}"
            raise Stopped(OTHER_FAILURE, message) from None
        return f"Downloaded buildpack `{url}` ({_size(len(data))})\n"
    _clone(url, place, machine_env() if env is None else env)
    return ""


def folder_of_bin(folder: Path, name: str) -> Path:
    """Return a folder, or the only one in it, that has `bin`. Raises Stopped."""
    if (folder / "bin").exists():
        return folder
    match [*folder.iterdir()] if folder.is_dir() else []:
        case [only] if (only / "bin").exists():
            return only
    message = f"malformed buildpack does not contain a /bin dir: {name}"
    raise Stopped(OTHER_FAILURE, message)


def _size(count: int) -> str:
    power = min((len(f"{count:b}") - 1) // 10, 3)
    return f"{count / 1024**power:.1f}".removesuffix(".0") + "BKMG"[power]


def _get(url: str) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        problem = "unsupported protocol scheme"
    else:
        try:
            with urlopen(url, timeout=_TIMEOUT) as response:  # noqa: S310  # checked above
                data: bytes = response.read()
                return data
        except HTTPError as error:
            problem = f"status code {error.code}"
        except URLError as error:
            problem = str(error.reason)
    raise Stopped(OTHER_FAILURE, f"Failed to download buildpack '{url}': {problem}")


def _extract(data: bytes, place: Path) -> None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for entry in archive.infolist():
            path = place / entry.filename
            mode = entry.external_attr >> 16
            if entry.create_system not in _CREATED_ON_UNIX:
                mode = 0o777 if entry.is_dir() else 0o666
            if entry.is_dir():
                path.mkdir(stat.S_IMODE(mode), parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            content = archive.read(entry)
            if stat.S_ISLNK(mode):
                path.symlink_to(os.fsdecode(content))
                continue
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, stat.S_IMODE(mode))
            with open(file, "wb") as stream:
                stream.write(content)


def _clone(url: str, place: Path, env: Mapping[str, str]) -> None:
    address, branch = urldefrag(url)
    options = ["--recursive", address, str(place), *(("-b", branch) if branch else ())]
    for depth in (["--depth", "1"], []):
        argv = ["git", "clone", *depth, *options]
        done = subprocess.run(argv, env=dict(env), capture_output=True, check=False)
        if done.returncode == 0:
            return
        shutil.rmtree(place, ignore_errors=True)
    raise Stopped(OTHER_FAILURE, f"Failed to clone git repository at {address}")
