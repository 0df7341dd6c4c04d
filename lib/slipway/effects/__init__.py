"""Everything that touches the outside world, passed to the steps as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.effects.build_report import BuildReport
from slipway.effects.cache.outputs import Outputs
from slipway.effects.cache.store import Cache
from slipway.effects.console import Console
from slipway.effects.processes import Processes


@dataclass(frozen=True, kw_only=True)
class Effects:
    console: Console
    processes: Processes
    cache: Cache
    outputs: Outputs
    """The app's Python and virtual environment, restored or created."""
    environment: Mapping[str, str]
    """All environment variables of every process that is started for the app."""
    build_scripts: Path
    """The folder of the scripts that run in the app's Python while it is built."""
    runtime: Path
    """The folder of the modules that become part of the built app."""
    staging_folders: tuple[Path, ...] = ()
    """Folders, besides the app, whose paths differ in each build, so no cache key has them.

    Pythons in them are not the image's.
    """

    @property
    def report(self) -> BuildReport:
        """What a platform can ask for after the build, and what steps note for that."""
        return self.console.report

    def with_cache_in(self, folder: Path) -> Effects:
        """Return the same effects with another cache."""
        cache = replace(self.cache, root=folder)
        return replace(self, cache=cache, outputs=self.outputs.with_cache(cache))
