"""The layers of a Cloud Native image: what each is for, and what it was made from.

https://github.com/buildpacks/spec/blob/main/buildpack.md#layer-types
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from slipway.domain.toml_text import parse_toml, render_toml
from slipway.errors.app import FileNotToml

CACHE, PYTHON, RUNTIME, VENV = "cache", "python", "runtime", "venv"
"""In the order of the alphabet, because the last one comes first on PATH."""


@dataclass(frozen=True, kw_only=True)
class LayerTypes:
    launch: bool = False
    build: bool = False
    cache: bool = False


TYPES: Mapping[str, LayerTypes] = {
    CACHE: LayerTypes(cache=True),
    # Later buildpacks use the Python and the virtualenv as well.
    PYTHON: LayerTypes(launch=True, build=True, cache=True),
    RUNTIME: LayerTypes(launch=True),
    VENV: LayerTypes(launch=True, build=True, cache=True),
}


def render_layer(name: str, facts: Mapping[str, str]) -> str:
    """Write `<layer>.toml`, without which a layer is dropped."""
    return render_toml({"types": asdict(TYPES[name]), "metadata": dict(facts)})


def facts_in(text: str) -> Mapping[str, str]:
    """Read what a layer was made from; nothing from what Slipway has not written."""
    try:
        metadata = parse_toml(text, "layer").get("metadata")
    except FileNotToml:
        return {}
    return metadata if isinstance(metadata, dict) else {}
