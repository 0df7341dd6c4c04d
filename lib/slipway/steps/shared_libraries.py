"""Find the shared libraries of the system that an app needs; cache the result."""

from __future__ import annotations

from pathlib import Path

from slipway.effects import Effects
from slipway.effects.cache.kinds import SHARED_LIBRARIES
from slipway.effects.elf import (
    LIST,
    needed_from_system,
    render_libraries,
    shared_libraries,
)
from slipway.effects.files import scratch, write


def needed_libraries(
    python: Path, virtualenv: Path, virtualenv_digest: str, effects: Effects
) -> tuple[str, ...]:
    """Return the names of the libraries that a bundled Python and the virtual environment need.

    `virtualenv_digest` is the digest of the virtual environment's cache key.
    """
    cache_key = SHARED_LIBRARIES.key({"virtualenv": virtualenv_digest})
    cached = effects.cache.entry(cache_key)
    if cached:
        return shared_libraries(python, cached)
    needed = needed_from_system([virtualenv])
    with scratch("libraries") as folder:
        write(folder / LIST, render_libraries(needed))
        effects.cache.store(cache_key, folder)
        return shared_libraries(python, folder)
