"""Read uv locks."""

from __future__ import annotations

from slipway.domain.locks.brought import BroughtLock, ReadText


def read_uv_lock(text: str, file: str, read: ReadText) -> BroughtLock:
    """Read a lock."""
    raise NotImplementedError
