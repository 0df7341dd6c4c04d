"""Archives of managed Pythons in a package of Slipway, from which uv installs them.

uv itself has downloaded them into that folder, and verifies them again when it installs one:
https://docs.astral.sh/uv/reference/environment/#uv_python_cache_dir
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.effects.files import link_into

ARCHIVES = "UV_PYTHON_CACHE_DIR"
TABLE = "UV_PYTHON_DOWNLOADS_JSON_URL"
"""The variables of uv for its folder of archives, and for a table of Pythons of your own."""

_VERSION = re.compile(r"-cpython-(\d+\.\d+\.\d+)[-+]")


@dataclass(frozen=True)
class PythonArchives:
    root: Path
    """The folder of a package for what builds without a network need; it may not exist."""

    @property
    def folder(self) -> Path:
        return self.root / "pythons"

    @property
    def table(self) -> Path:
        """uv's table of Pythons, if the package was not made with that of uv itself."""
        return self.root / "pythons.json"

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.tar.*"))

    @property
    def versions(self) -> list[str]:
        found = [_VERSION.search(path.name) for path in self.files]
        return [name[1] for name in found if name]

    def variables_of_uv(self, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
        """Return variables that make uv use the archives, but not instead of other ones.

        `folder` is a temporary folder for what uv downloads in addition: the folder of a
        buildpack may be read-only.
        """
        variables: dict[str, str] = {}
        files = self.files
        if not files or environment.get(ARCHIVES):
            return variables
        links = folder / ".archives"
        link_into(links, files)
        variables[ARCHIVES] = str(links)
        if self.table.is_file() and not environment.get(TABLE):
            variables[TABLE] = self.table.as_uri()
        return variables
