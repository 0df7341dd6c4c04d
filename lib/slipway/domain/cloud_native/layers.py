"""The layers of a Cloud Native image: their types and their metadata.

https://github.com/buildpacks/spec/blob/main/buildpack.md#layer-types
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from slipway.domain.toml_text import parse_toml, render_toml
from slipway.errors.app import FileNotToml

CACHE, PYTHON, RUNTIME, VENV = "cache", "python", "runtime", "venv"
"""In alphabetical order, in which the lifecycle adds layers to PATH: the last comes first."""


@dataclass(frozen=True, kw_only=True)
class LayerTypes:
    launch: bool = False
    build: bool = False
    cache: bool = False


TYPES: Mapping[str, LayerTypes] = {
    CACHE: LayerTypes(cache=True),
    # Later buildpacks use the Python and the virtual environment too.
    PYTHON: LayerTypes(launch=True, build=True, cache=True),
    RUNTIME: LayerTypes(launch=True),
    VENV: LayerTypes(launch=True, build=True, cache=True),
}


def render_layer(name: str, facts: Mapping[str, str]) -> str:
    """Render `<layer>.toml`; without that file, the lifecycle discards a layer."""
    return render_toml({"types": asdict(TYPES[name]), "metadata": dict(facts)})


def facts_in(text: str) -> Mapping[str, str]:
    """Read the facts that `render_layer` wrote; empty if the text has none or is not TOML."""
    try:
        metadata = parse_toml(text, "layer").get("metadata")
    except FileNotToml:
        return {}
    return metadata if isinstance(metadata, dict) else {}
