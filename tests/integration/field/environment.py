"""Variables that the platform, the builder or an earlier buildpack sets."""

from __future__ import annotations
