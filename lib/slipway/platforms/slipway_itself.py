"""Where the parts of this copy of Slipway lie."""

from __future__ import annotations

from pathlib import Path

import slipway

ROOT = Path(slipway.__file__).resolve().parents[2]
"""What was pulled, wherever the modules run from."""
VENDOR = ROOT / "vendor"
BUILDPACK = ROOT / "buildpack.toml"
PYTHONS = VENDOR / "pythons.txt"
"""Processor, sha256 and address of each Python that goes where an image has none."""
UV = VENDOR / "uv.txt"
"""The uv that builds take where they can have it, with its hashes."""
INSIDE = ROOT / "lib" / "inside"
"""Scripts that run in the app's Python."""
ABOARD = ROOT / "lib" / "aboard"
"""What travels with the app, and runs where it runs."""
BUILD_PLAN = ROOT / "lib" / "build_plan.toml"
"""What a Cloud Native build gives to others."""
SHIPPED = ("bin", "lib", "vendor", "buildpack.toml", "README.md", "LICENSE", "CHANGELOG.md")
"""What a package of Slipway holds: all that a build needs, and what says whose it is."""
EXPORT = ROOT / "export"
"""What a classic platform sources before the next buildpack."""
