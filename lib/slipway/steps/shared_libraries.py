"""Which of the system's shared libraries an app needs; read once for each environment."""

from __future__ import annotations

from pathlib import Path

from slipway.effects import Effects
from slipway.effects.elf import (
    LIST,
    needed_from_system,
    render_libraries,
    shared_libraries,
)
from slipway.effects.files import scratch, write

_KIND = "libraries"


def needed_libraries(
    python: Path, environment: Path, key: str, effects: Effects
) -> tuple[str, ...]:
    """Name what the app's own Python and its packages need; `key` is the environment's."""
    noted = effects.cache.entry(_KIND, key)
    if noted:
        return shared_libraries(python, noted)
    needed = needed_from_system([environment])
    with scratch("libraries") as folder:
        write(folder / LIST, render_libraries(needed))
        effects.cache.store(_KIND, key, folder)
        return shared_libraries(python, folder)
