"""An app that a test makes, with its index and its platform."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import FIXTURES
from integration.classic_platform import Platform, Result, machine_env
from integration.index import Index, served
from integration.packages import write_tree

# If there is a Procfile, Slipway adds no gunicorn.
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """An app and its own platform, all in one folder."""

    folder: Path
    platform: Platform
    toolchain: str = "auto"

    @property
    def build(self) -> Path:
        return self.folder / "build"

    def fixture(self, name: str) -> Path:
        return shutil.copytree(FIXTURES / name, self.build, symlinks=True)

    def app(self, files: Mapping[str, str]) -> Path:
        return write_tree(self.build, {**PROCFILE, **files})

    def compile(
        self, config_vars: Mapping[str, str] | None = None, **environment: str
    ) -> Result:
        """Build without bundling Python, which would take time."""
        platform = self.platform
        if environment:
            platform = replace(platform, env={**platform.env, **environment})
        always = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_TOOLCHAIN": self.toolchain}
        return platform.compile(self.build, {**always, **(config_vars or {})})

    def compile_with(
        self, index: Index, config_vars: Mapping[str, str] | None = None, **environment: str
    ) -> Result:
        """Serve an index and build only with it, not with this machine's index."""
        with served(index):
            return self.with_index(index.url).compile(config_vars, **environment)

    @property
    def with_own_cache(self) -> Scenario:
        """The same with an empty cache, which has no uv; the build still finds a uv on PATH."""
        cache = self.folder / "own-cache"
        return replace(self, platform=replace(self.platform, cache=cache))

    def with_index(self, url: str) -> Scenario:
        env = {
            name: value for name, value in machine_env().items() if not name.startswith("PIP_")
        }
        alone = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": url, "PIP_RETRIES": "0"}
        return replace(self, platform=replace(self.platform, env={**env, **alone}))
