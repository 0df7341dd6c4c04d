"""Slipway's builds of an app, like on a classic platform: one cache, a new folder each time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from measured import Failed, Measured
from places import Place, Step
from sample_apps import SampleApp

_DOWNLOADS = "downloads"
"""The only folder that `lose_all_but_downloads` leaves in the cache."""


def toolchain_name(toolchain: str) -> str:
    """Return the name in the table of Slipway with a toolchain."""
    return f"Slipway with {toolchain}"


@dataclass(frozen=True, kw_only=True)
class Slipway:
    """Builds of one app with one cache."""

    name: str
    toolchain: str
    place: Place
    bundle_python: str = "false"
    has_uv: bool = True
    built: list[Path] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.place.folder / f"slipway-{self.name}"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def step(self, row: str, app: SampleApp, before: Callable[[], None] | None = None) -> Step:
        def work() -> Measured:
            if before:
                before()
            return self.build(app)

        return Step(tool=toolchain_name(self.toolchain), row=row, work=work)

    def build(self, app: SampleApp) -> Measured:
        """Build a fresh copy in a new folder, as platforms do, and remove it."""
        build, measured = self.build_and_keep(app)
        shutil.rmtree(build)
        return measured

    def build_and_keep(self, app: SampleApp) -> tuple[Path, Measured]:
        """Build a fresh copy, and return its folder with the measurement."""
        build = app.write(self.folder / f"build-{len(self.built)}")
        self.built.append(build)
        config = self.folder / "env"
        config.mkdir(exist_ok=True)
        (config / "SLIPWAY_TOOLCHAIN").write_text(self.toolchain)
        (config / "SLIPWAY_BUNDLE_PYTHON").write_text(self.bundle_python)
        path = self.place.env["PATH"]
        with_uv = f"{self.place.uv.parent}:{path}" if self.has_uv else path
        door = [self.place.slipway / "bin" / "compile", build, self.cache, config]
        measured = self.place.run(door, Path("/"), PATH=with_uv)
        self._check(build, app)
        return build, measured

    def lose_all_but_downloads(self) -> None:
        for path in self.cache.glob("slipway-*/*"):
            if path.is_file():
                path.unlink()
            elif path.name != _DOWNLOADS:
                shutil.rmtree(path)
        if not list(self.cache.glob(f"slipway-*/{_DOWNLOADS}")):
            raise Failed(f"{self.cache} has no folder {_DOWNLOADS}")

    def _check(self, build: Path, app: SampleApp) -> None:
        """Make sure that the build did what was requested: otherwise its time means nothing."""
        record = json.loads((build / ".slipway" / "build.json").read_text(encoding="utf-8"))
        installed = record["packages"]
        for line in app.requirements.splitlines():
            name, _, version = line.partition("==")
            if version and installed.get(name.partition("[")[0].lower()) != version:
                raise Failed(f"{line} is not installed in {build}")
