"""Where the parts of this copy of Slipway lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENDOR = ROOT / "vendor"
INSIDE = ROOT / "lib" / "inside"
"""Scripts that run in the app's Python."""
EXPORT = ROOT / "export"
"""What a classic platform sources before the next buildpack."""
