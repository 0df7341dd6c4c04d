"""The paths in Slipway's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Installation:
    """Slipway's own folder; its modules may run from a cached copy outside of it."""

    root: Path

    @property
    def scripts(self) -> Path:
        """The scripts that platforms run, and bin/slipway."""
        return self.root / "bin"

    @property
    def vendor(self) -> Path:
        return self.root / "vendor"

    @property
    def buildpack_toml(self) -> Path:
        return self.root / "buildpack.toml"

    @property
    def python_pins(self) -> Path:
        """The Pythons for images without one: processor, sha256 and file name of each."""
        return self.vendor / "pythons.txt"

    @property
    def uv_pins(self) -> Path:
        """The version of uv that builds use, and its hashes."""
        return self.vendor / "uv.txt"

    @property
    def offline(self) -> Path:
        """What builds without a network need; `bin/slipway package --offline` adds it."""
        return self.root / "offline"

    @property
    def build_scripts(self) -> Path:
        """Scripts that run in the app's Python while it is built."""
        return self.root / "lib" / "build_scripts"

    @property
    def runtime(self) -> Path:
        """Modules that become part of the image, for when the app starts."""
        return self.root / "lib" / "runtime"

    @property
    def build_plan(self) -> Path:
        """What a Cloud Native build provides to other buildpacks."""
        return self.root / "lib" / "build_plan.toml"

    @property
    def export(self) -> Path:
        """The script that a classic platform sources before it runs the next buildpack."""
        return self.root / "export"

    @property
    def programs_of_buildpacks(self) -> Path:
        """Programs that `export` puts on PATH, after those of the app."""
        return self.root / "lib" / "programs_of_buildpacks"
