"""An app built into the layers of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.composition import compose_effects, compose_tools
from slipway.domain.cloud_native.launch_toml import render_launch
from slipway.domain.cloud_native.layers import CACHE, PYTHON, RUNTIME, VENV
from slipway.domain.config_vars import REFUSED, combine
from slipway.domain.installation import Installation
from slipway.domain.layout import Layout
from slipway.domain.sbom import render as render_sbom
from slipway.domain.settings import with_known_names
from slipway.effects.cache.store import FORMAT
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, remove, write
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.platforms.classic import read_config_vars
from slipway.platforms.cloud_native.build_bindings import bound
from slipway.platforms.cloud_native.layers import Layers
from slipway.platforms.cloud_native.runtime_layer import write_runtime_layer
from slipway.steps import pipeline
from slipway.steps.pipeline import Built
from slipway.steps.plan import wants_debug


@dataclass(frozen=True, kw_only=True)
class Folders:
    """What the lifecycle names, by variables and, to older buildpacks, by arguments."""

    app: Path
    platform: Path
    layers: Path

    @property
    def variables(self) -> Path:
        return self.platform / "env"


def build_app(
    folders: Folders,
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> None:
    """Build the app into layers.

    Raises BuildStopped.
    """
    start = console.now()
    given = _variables(folders, builder, console)
    is_detailed = wants_debug(AppFolder(folders.app), given)
    layers = Layers(folders.layers, replace(console, is_detailed=is_detailed))
    with bound(given, folders.platform, console) as variables:
        built = _build(folders, layers, variables, installation)
    layers.write(CACHE, {"format": FORMAT})
    layers.write(RUNTIME, {})
    if not built.record.python_bundled:
        layers.drop(PYTHON)
    _describe(folders, built)
    console.header(f"Built in {console.now() - start:.1f} s")


def _build(
    folders: Folders,
    layers: Layers,
    variables: Mapping[str, str],
    installation: Installation,
) -> Built:
    cache = layers.folder(CACHE)
    here = compose_effects(variables, cache, layers.console, installation)
    # The lifecycle gives all files of a layer one date.
    kept = replace(here.cache, keeps_dates=False)
    effects = replace(here, cache=kept, products=layers)
    layout = Layout(
        app=folders.app,
        virtualenv=layers.folder(VENV),
        python=layers.folder(PYTHON),
        record=layers.folder(RUNTIME),
    )
    remove(layout.record)
    # Hooks find what they find on a classic platform.
    places = {
        "BUILD_DIR": str(folders.app),
        "CACHE_DIR": str(cache),
        "ENV_DIR": str(folders.variables),
    }
    built = pipeline.build(
        pipeline.BuildRequest(
            layout=layout,
            bundles_python=True,
            hook_variables=places,
            tools=lambda settings: compose_tools(folders.app, effects, settings, installation),
            effects=effects,
        )
    )
    python = Virtualenv(layout.virtualenv, built.record.python).python
    write_runtime_layer(layout.record, installation.runtime, python, built.launch, effects)
    return built


def _variables(
    folders: Folders, builder: Mapping[str, str], console: Console
) -> Mapping[str, str]:
    """Lay the user's variables over the operator's, which no file tells from the image's."""
    given = read_config_vars(folders.variables)
    operator = {
        name: value
        for name, value in builder.items()
        if name not in REFUSED and (not name.startswith("CNB_") or name == "CNB_BINDINGS")
    }
    environment = combine(builder, {**operator, **given})
    for name, reason in environment.refused.items():
        console.warning(f"The variable {name} is not passed on: {reason}")
    return with_known_names(environment.variables)


def _describe(folders: Folders, built: Built) -> None:
    record = built.record
    labels = {"slipway.python": record.python, "slipway.toolchain": record.toolchain}
    launch = render_launch(built.launch.processes, labels, built.vendor_folders)
    write(folders.layers / "launch.toml", launch)
    write(folders.layers / f"{VENV}.sbom.cdx.json", render_sbom(record, built.lock))


def folders_of(arguments: Sequence[str], builder: Mapping[str, str], app: Path) -> Folders:
    """Find the folders in the variables, else among the arguments LAYERS PLATFORM PLAN."""
    named = dict(zip(("CNB_LAYERS_DIR", "CNB_PLATFORM_DIR"), arguments, strict=False))
    told = {**named, **{name: value for name, value in builder.items() if value}}
    return Folders(
        app=app,
        layers=Path(told["CNB_LAYERS_DIR"]).resolve(),
        platform=Path(told["CNB_PLATFORM_DIR"]).resolve(),
    )
