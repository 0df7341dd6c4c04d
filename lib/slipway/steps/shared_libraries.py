"""Which of the system's shared libraries an app needs; read once for each environment."""

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
    """Name what the app's own Python and the packages in its virtual environment need.

    The digest is that of the virtual environment's cache key.
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
