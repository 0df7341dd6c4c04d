"""The folders and variables with which the builder calls a buildpack."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.composition import compose_effects, compose_tools
from slipway.domain.app_files import PRE_COMPILE
from slipway.domain.cloud_foundry.other_buildpacks import (
    CONFIG,
    ENV,
    PROFILE_D,
    SUBFOLDERS,
    OtherBuildpack,
    is_index,
    render_config,
    staging_variables,
)
from slipway.domain.cloud_foundry.python_buildpack import with_known_names
from slipway.domain.config_vars import combine
from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP, Layout
from slipway.domain.toml_text import parse_toml
from slipway.effects.cache.outputs import OutputsInPlace
from slipway.effects.cache.place import usable_cache
from slipway.effects.config_vars import read_config_vars
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, read, read_if_there, remove, write
from slipway.errors.app import AppFolderMissing
from slipway.steps.detect import detect
from slipway.steps.pipeline import BuildRequest
from slipway.steps.plan import wants_debug
from slipway.steps.plan.check_files import refuse_files_as_folders
from slipway.steps.plan.find_root import find_root

_CACHE_OF_LAST = "final"
"""The name of the cache folder that only the last buildpack gets:
https://github.com/cloudfoundry/buildpackapplifecycle/blob/main/buildpackrunner/runner.go"""
REPOSITORY_AT_START = "../../app"
"""The path from the folder of a buildpack to the user's files, when the app runs."""
START_SCRIPT = "slipway.sh"
"""The name of the script that the launcher sources, in any of the folders for such scripts."""
_STARTED = "started "
"""The start of the line in the note that says when a build has started."""


@dataclass(frozen=True, kw_only=True)
class Staging:
    """An app for which the builder calls Slipway, as one of its buildpacks."""

    repository: Path
    app: AppFolder
    own: Path
    """`DEPS/<index>`, the folder of this buildpack."""
    cache: Path
    others: Sequence[OtherBuildpack]
    variables: Mapping[str, str]
    hook_variables: Mapping[str, str]
    console: Console
    installation: Installation

    @property
    def is_last(self) -> bool:
        """Whether this buildpack is the last one, so that `bin/finalize` follows."""
        return self.cache.name == _CACHE_OF_LAST

    @property
    def changes_app_first(self) -> bool:
        """Whether a hook may change what a build decides; only `bin/finalize` may run it."""
        return self.app.has(PRE_COMPILE)

    @property
    def note(self) -> Path:
        """The file with which `bin/supply` tells `bin/finalize` what is in place."""
        return self.own / "in-place.txt"

    @property
    def is_supplied(self) -> bool:
        """Whether `bin/supply` has done its half of the build; the script is the last of it."""
        return (self.own / PROFILE_D / START_SCRIPT).is_file() and not self.changes_app_first

    def begin_supply(self, now: float) -> None:
        """Forget an earlier `bin/supply`; note the time, in seconds of the console's clock."""
        remove(self.own / PROFILE_D)
        write(self.note, f"{_STARTED}{now}\n")

    def started(self, now: float) -> float:
        """Return when `bin/supply` began; `now` if it has not been called."""
        for line in (read_if_there(self.note) or "").splitlines():
            if line.startswith(_STARTED):
                return float(line.removeprefix(_STARTED))
        return now

    @property
    def virtualenv(self) -> Path:
        return self.own / "venv"

    @contextmanager
    def request(self, *, is_supplied: bool) -> Iterator[BuildRequest]:
        """Yield what the pipeline needs, with a cache that can be used."""
        app, installation = self.app, self.installation
        layout = Layout(
            repository=self.repository,
            app=app.root,
            virtualenv=self.virtualenv,
            python=self.own / "python",
            record=self.own,
            start=self.own / "runtime",
            repository_at_start=self.own / REPOSITORY_AT_START,
        )
        # `bin/supply` has warned of a cache that is not usable.
        warn = self.console.detail if is_supplied else self.console.warning
        with usable_cache(self.cache, warn) as folder:
            effects = compose_effects(self.variables, folder, self.console, installation)
            effects = replace(
                effects,
                outputs=OutputsInPlace(effects.cache, self.console.warning, self.note),
                # They also have the Pythons of earlier buildpacks and of `bin/supply`.
                staging_folders=(self.own.parent,),
            )
            yield BuildRequest(
                layout=layout,
                bundles_python=True,
                hook_variables=self.hook_variables,
                tools=lambda settings, used: compose_tools(
                    app.root, used, settings, installation
                ),
                effects=effects,
                is_supplied=is_supplied,
                reads_yaml=True,
            )


def read_staging(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> Staging:
    """Read what the builder passes: BUILD CACHE DEPS INDEX, and all variables of the app.

    Names this buildpack in its folder first, because the platform also shows the name of one
    that fails. Raises BuildStopped.
    """
    build, _, deps, index = arguments
    cache = Path(os.path.abspath(arguments[1]))  # not resolved: a link to itself cannot be
    repository = Path(build).resolve()
    own = Path(deps).resolve() / index
    buildpack = parse_toml(read(installation.buildpack_toml), installation.buildpack_toml.name)
    described = buildpack["buildpack"]
    write(own / CONFIG, render_config(described["name"].lower(), described["version"]))
    if not repository.is_dir():
        raise AppFolderMissing(path=build)
    top = AppFolder(repository, console.secrets)
    refuse_files_as_folders(top, (IN_APP,))
    others = _other_buildpacks(own, console)
    variables = combine(staging_variables(others, builder), {}).variables
    variables = with_known_names(variables)
    app = find_root(top, variables)
    if app == top:  # `bin/detect` is not called for a buildpack that the user names
        detect(str(repository))
    return Staging(
        repository=repository,
        app=app,
        own=own,
        cache=cache,
        others=others,
        variables=variables,
        hook_variables={
            "BUILD_DIR": str(app.root),
            "CACHE_DIR": str(cache),
            "DEPS_DIR": str(own.parent),
            "DEPS_IDX": index,
        },
        console=replace(console, is_detailed=wants_debug(app, variables)),
        installation=installation,
    )


def _other_buildpacks(own: Path, console: Console) -> list[OtherBuildpack]:
    """Read what the other buildpacks have supplied, in the order of their indexes."""
    folders = sorted(
        one
        for one in own.parent.iterdir()
        if one != own and is_index(one.name) and one.is_dir()
    )
    kind = "Another buildpack's variable"
    return [
        OtherBuildpack(
            folder=folder,
            subfolders=frozenset(name for name in SUBFOLDERS if (folder / name).is_dir()),
            variables=read_config_vars(folder / ENV, console.secrets, kind),
        )
        for folder in folders
    ]
