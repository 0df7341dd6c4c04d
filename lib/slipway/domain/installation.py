"""The folder that a platform pulled, and where its parts are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Installation:
    """Slipway's own folder, which is not where its modules run from if those are cached."""

    root: Path

    @property
    def scripts(self) -> Path:
        """The scripts that platforms start, and bin/slipway."""
        return self.root / "bin"

    @property
    def vendor(self) -> Path:
        return self.root / "vendor"

    @property
    def buildpack_toml(self) -> Path:
        return self.root / "buildpack.toml"

    @property
    def python_pins(self) -> Path:
        """Processor, sha256 and file of the Pythons for images that have none."""
        return self.vendor / "pythons.txt"

    @property
    def uv_pins(self) -> Path:
        """The version of uv that builds use, and its hashes."""
        return self.vendor / "uv.txt"

    @property
    def build_scripts(self) -> Path:
        """Scripts that run in the app's Python while it is built."""
        return self.root / "lib" / "build_scripts"

    @property
    def runtime(self) -> Path:
        """Modules that are part of the image, and run where the app runs."""
        return self.root / "lib" / "runtime"

    @property
    def build_plan(self) -> Path:
        """What a Cloud Native build provides to other buildpacks."""
        return self.root / "lib" / "build_plan.toml"

    @property
    def export(self) -> Path:
        """What a classic platform sources before the next buildpack."""
        return self.root / "export"
