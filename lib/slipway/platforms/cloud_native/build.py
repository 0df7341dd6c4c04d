"""Builds an app into the layers of an image."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from slipway.composition import compose_effects, compose_tools
from slipway.domain.cloud_native.bash_process import start_with_bash
from slipway.domain.cloud_native.launch_toml import render_launch
from slipway.domain.cloud_native.layers import CACHE, PYTHON, RUNTIME, VENV
from slipway.domain.config_vars import combine
from slipway.domain.installation import Installation
from slipway.domain.layout import Layout
from slipway.domain.nltk_data import FOLDER, notice_about_owners
from slipway.domain.other_builders import notices_for_images
from slipway.domain.sbom import InstalledDistribution
from slipway.domain.sbom import render as render_sbom
from slipway.domain.settings import with_paketo_names
from slipway.effects.access import unreadable_in
from slipway.effects.cache.place import usable_cache
from slipway.effects.cache.store import FORMAT
from slipway.effects.config_vars import read_config_vars
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, remove, write
from slipway.effects.packages.descriptions import describe_installed
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.app import AppUnreadable
from slipway.errors.stopped import BuildStopped, WrongUsage
from slipway.platforms.cloud_native.build_bindings import variables_with_bindings
from slipway.platforms.cloud_native.layers import Layers
from slipway.platforms.cloud_native.runtime_layer import write_runtime_layer
from slipway.steps import pipeline
from slipway.steps.plan import wants_debug
from slipway.steps.plan.find_root import find_root

_FOR_SLIPWAY = frozenset(
    {
        "CNB_BP_PLAN_PATH",
        "CNB_BUILDPACK_DIR",
        "CNB_BUILD_PLAN_PATH",
        "CNB_LAYERS_DIR",
        "CNB_PLATFORM_DIR",
    }
)
"""Variables with which the lifecycle addresses one buildpack:
https://github.com/buildpacks/spec/blob/main/buildpack.md#environment"""

_MOST_DENIALS = 10
"""Unreadable files that an error names; more are unlikely to help."""


def build_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> int:
    """Build the app in the current folder, or in a folder below, into layers.

    The arguments are the paths LAYERS, PLATFORM and PLAN. A newer lifecycle also passes them in
    environment variables, which win over the arguments.

    Raises BuildStopped, WrongUsage.
    """
    if len(arguments) != 3 and "CNB_LAYERS_DIR" not in builder:
        raise WrongUsage("bin/build LAYERS PLATFORM PLAN")
    start, repository = console.now(), Path.cwd()
    folders = dict(zip(("CNB_LAYERS_DIR", "CNB_PLATFORM_DIR"), arguments, strict=False))
    folders.update({name: value for name, value in builder.items() if value})
    platform = Path(folders["CNB_PLATFORM_DIR"]).resolve()
    config_vars = platform / "env"
    variables = _variables(config_vars, builder, console)
    found = find_root(AppFolder(repository, console.secrets), variables)
    app = found.root
    console = replace(console, is_detailed=wants_debug(found, variables))
    layers = Layers(Path(folders["CNB_LAYERS_DIR"]).resolve())
    denials = unreadable_in(repository, _MOST_DENIALS)
    if denials:
        raise AppUnreadable(denials=tuple(denials))
    runtime = layers.folder(RUNTIME)
    remove(runtime)
    with (
        variables_with_bindings(variables, platform, console) as environment,
        usable_cache(layers.folder(CACHE), console.warning) as cache,
    ):
        effects = compose_effects(environment, cache, console, installation, layers)
        layout = Layout(
            repository=repository,
            app=app,
            virtualenv=layers.folder(VENV),
            python=layers.folder(PYTHON),
            record=runtime,
            # Not `lib`, which the lifecycle would add to LD_LIBRARY_PATH.
            start=runtime / "scripts",
        )
        request = pipeline.BuildRequest(
            layout=layout,
            bundles_python=True,
            # The names that hooks know from classic platforms.
            hook_variables={
                "BUILD_DIR": str(app),
                "CACHE_DIR": str(cache),
                "ENV_DIR": str(config_vars),
            },
            tools=lambda settings, used: compose_tools(app, used, settings, installation),
            effects=effects,
            platform=platform,
        )
        built = pipeline.build(request)
        virtualenv = Virtualenv(layout.virtualenv, built.record.python)
        write_runtime_layer(
            runtime,
            layout.start,
            virtualenv.python,
            app,
            built.launch,
            built.run,
        )
    if cache == layers.folder(CACHE):
        layers.write(CACHE, {"format": FORMAT})
    else:  # it was not usable, and the next build gets a new one
        layers.drop(CACHE)
    if os.geteuid() and (layout.virtualenv / FOLDER).is_dir():
        notice = notice_about_owners(built.record.packages.get("nltk", ""))
        if notice:
            console.warning(notice)
    layers.write(RUNTIME, {})
    if not built.record.python_bundled:
        layers.drop(PYTHON)
    _describe_image(layers, layout, built, virtualenv, console)
    console.success(f"Build succeeded in {console.now() - start:.1f} s")
    if built.advice:
        console.info(built.advice)
    return 0


def _describe_image(
    layers: Layers,
    layout: Layout,
    built: pipeline.Built,
    virtualenv: Virtualenv,
    console: Console,
) -> None:
    """Write the processes and labels of the image, and its bill of materials."""
    record = built.record
    labels = {"slipway.python": record.python}
    processes = {
        name: start_with_bash(name, line) for name, line in built.launch.processes.items()
    }
    for process in processes.values():
        if process.advice:
            console.warning(process.advice)
    vendor_folders = [
        posixpath.join(layout.path_in_repository, folder) for folder in built.vendor_folders
    ]
    place = str(layout.app) if record.start_folder else ""
    launch = render_launch(processes, labels, vendor_folders, place)
    write(layers.root / "launch.toml", launch)
    installed = [
        InstalledDistribution(**found._asdict()) for found in describe_installed(virtualenv)
    ]
    bill = render_sbom(record, built.lock, installed, built.markers, built.required)
    write(layers.root / f"{VENV}.sbom.cdx.json", bill)


def _variables(
    config_vars: Path, builder: Mapping[str, str], console: Console
) -> Mapping[str, str]:
    """Combine the variables of the lifecycle, the image and earlier buildpacks with the user's.

    The lifecycle also passes the names and folders that are for this buildpack alone.
    """
    inherited = {name: value for name, value in builder.items() if name not in _FOR_SLIPWAY}
    environment = combine(inherited, read_config_vars(config_vars, console.secrets))
    for name, reason in environment.refused.items():
        console.warning(f"Ignoring the variable {name}: {reason}")
    for notice in notices_for_images(environment.variables, _procfile(environment.variables)):
        console.warning(notice)
    return with_paketo_names(environment.variables)


def _procfile(variables: Mapping[str, str]) -> str:
    """Return the text of the app's Procfile; empty if there is none, or it cannot be read."""
    with suppress(BuildStopped):  # the build stops for that reason
        return find_root(AppFolder(Path.cwd()), variables).text("Procfile") or ""
    return ""
