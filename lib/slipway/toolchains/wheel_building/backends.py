"""What runs the backends of packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Backends:
    """How backends are run: by a script in the app's Python, with Slipway's own tools."""

    script: Path
    tools: Callable[[], Path]
    """Gives their folder, once a build needs it."""
