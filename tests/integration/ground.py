"""The ground on which the cases of errors stand: an app, its index, its platform."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import FIXTURES
from integration.doors import Ended, Platform, machine
from integration.index import Index, served
from integration.packages import write_tree

# No gunicorn is added to an app that says itself how it is started.
PROCFILE = {"Procfile": "web: python -m http.server $PORT\n"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a case builds on; all below one folder that every user can get to."""

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
    ) -> Ended:
        """Build, without a copy of Python: it takes time, and no error comes after it."""
        platform = self.platform
        if environment:
            platform = replace(platform, env={**platform.env, **environment})
        always = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_TOOLCHAIN": self.toolchain}
        return platform.compile(self.build, {**always, **(config_vars or {})})

    @contextmanager
    def asking(self, index: Index) -> Iterator[Ground]:
        """Stand on an index of its own alone, whatever index this machine has."""
        with served(index):
            yield self.with_index(index.url)

    @property
    def without_uv(self) -> Ground:
        """Stand on a cache of its own, which has no uv; PATH has none if a case says so."""
        return replace(
            self, platform=replace(self.platform, cache=self.folder / "cache-of-its-own")
        )

    def with_index(self, url: str) -> Ground:
        env = {name: value for name, value in machine().items() if not name.startswith("PIP_")}
        alone = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": url, "PIP_RETRIES": "0"}
        return replace(self, platform=replace(self.platform, env={**env, **alone}))
