"""An environment that uv filled, made the same as if pip had: it does not tell who did."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from slipway.domain.console_scripts import as_pip_writes_it, record_as_pip_writes_it
from slipway.effects.files import exchange
from slipway.effects.packages.virtualenvs import Virtualenv

_INSTALLER_OF_UV, _INSTALLER_OF_PIP = b"uv", b"pip\n"
_UVS_OWN = ("uv_cache.json", "uv_build.json")


def without_uv_files(environment: Virtualenv) -> None:
    """Take out what uv notes for itself, so that both toolchains make the same files."""
    (environment.root / ".lock").unlink(missing_ok=True)
    scripts: dict[str, bytes | None] = {}
    for path in environment.bin.iterdir():
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            rewritten = as_pip_writes_it(content)
            if rewritten != content:
                exchange(path, rewritten)
                scripts[os.path.relpath(path, environment.site_packages)] = rewritten
    for folder in environment.site_packages.glob("*.dist-info"):
        installer = folder / "INSTALLER"
        if installer.is_file() and installer.read_bytes() == _INSTALLER_OF_UV:
            _record_again(folder, scripts)


def _record_again(folder: Path, scripts: Mapping[str, bytes | None]) -> None:
    changed = {**scripts, f"{folder.name}/INSTALLER": _INSTALLER_OF_PIP}
    exchange(folder / "INSTALLER", _INSTALLER_OF_PIP)
    for name in _UVS_OWN:
        (folder / name).unlink(missing_ok=True)
        changed[f"{folder.name}/{name}"] = None
    address = folder / "direct_url.json"
    if address.is_file():
        content = json.dumps(json.loads(address.read_bytes()), sort_keys=True).encode()
        exchange(address, content)
        changed[f"{folder.name}/{address.name}"] = content
    record = folder / "RECORD"
    text = record_as_pip_writes_it(record.read_text(encoding="utf-8"), changed)
    exchange(record, text.encode())
