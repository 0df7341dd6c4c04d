"""Cloud Foundry's scripts instead of `bin/compile`, for tests of the classic door."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from integration.classic_platform import Platform, Result

INDEX = "0"
CACHE_OF_LAST = "final"
"""The name of the cache folder that the last buildpack gets, by which Slipway knows that."""


@dataclass(frozen=True, kw_only=True)
class StagingResult(Result):
    """What both scripts have printed."""

    last: str
    """The script that was run last: `finalize`, or `supply` if that has failed."""


@dataclass(frozen=True, kw_only=True)
class StagedInPlace(Platform):
    """Builds with `bin/supply` and `bin/finalize`, in the given folder and on a shared cache.

    There is no droplet, because compressing one takes longer than most builds.
    """

    @property
    def staged(self) -> Path:
        """Where the folder for dependencies is made, under another name for each build."""
        return self.folder / "staged"

    @property
    def vcap(self) -> Path:
        """The folder with `app`, `deps` and `profile.d`, once the app has been moved."""
        return self.folder / "vcap"

    def compile(
        self, build: Path, config_vars: Mapping[str, str | bytes] | None = None
    ) -> StagingResult:
        """Run both scripts, or only the first if it fails.

        Config variables are variables of the scripts: there is no folder with them.
        """
        self.staged.mkdir(exist_ok=True)
        contents = Path(tempfile.mkdtemp(prefix="contents", dir=self.staged))
        deps, profile_dir = contents / "deps", contents / "profile.d"
        for folder in (deps / INDEX, profile_dir, self.cache / CACHE_OF_LAST):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (contents, deps, deps / INDEX, profile_dir, self.cache / CACHE_OF_LAST):
            folder.chmod(0o777)  # some tests build as another user
        given = {name: os.fsdecode(value) for name, value in (config_vars or {}).items()}
        with_vars = replace(self, env={**self.env, **given})
        arguments = (build, self.cache / CACHE_OF_LAST, deps, INDEX)
        results = [with_vars.run_script("supply", *arguments)]
        if results[0].status == 0:
            results.append(with_vars.run_script("finalize", *arguments, profile_dir))
        shutil.rmtree(self.vcap, ignore_errors=True)
        contents.rename(self.vcap)
        return StagingResult(
            status=results[-1].status,
            out="".join(result.out for result in results),
            err="".join(result.err for result in results),
            last="supply" if len(results) == 1 else "finalize",
        )

    def move(self, build: Path, name: str = "app") -> Path:
        """Move the built app to what the scripts have supplied for it."""
        del name
        return build.rename(self.vcap / "app")
