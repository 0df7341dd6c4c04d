"""Heroku, Dokku and herokuish, Scalingo: detect, compile and release, on one folder.

The contract: https://devcenter.heroku.com/articles/buildpack-api
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from slipway.composition import compose_effects, compose_tools
from slipway.domain import build_record
from slipway.domain.config_vars import BuildEnvironment, combine
from slipway.domain.installation import Installation
from slipway.domain.layout import IN_APP, in_app
from slipway.domain.run_environment import export_script, profile_script
from slipway.domain.web.launch import Launch
from slipway.domain.web.process_types import render_procfile, render_release
from slipway.effects.cache.store import FORMAT
from slipway.effects.console import Console
from slipway.effects.files import AppFolder, read_if_there, scratch, write
from slipway.errors.app import AppFolderMissing, NotCompiled
from slipway.steps import pipeline
from slipway.steps.plan import wants_debug

BUNDLES_PYTHON = True
"""Heroku's run images have no Python; nothing tells herokuish, whose image has, apart."""
_BIN = f"{IN_APP}/venv/bin"


def compile_app(
    arguments: Sequence[str],
    builder: Mapping[str, str],
    console: Console,
    installation: Installation,
) -> None:
    """Build the app in place; the arguments are BUILD CACHE [ENV], each a folder.

    ENV has the config variables. Raises BuildStopped.
    """
    build, cache, *rest = arguments
    env = rest[0] if rest else None
    app = Path(build).resolve()
    if not app.is_dir():
        raise AppFolderMissing(path=build)
    start = console.now()
    _forget_default_procfile(app)
    # Where a platform hands over no folder, its whole environment is the app's configuration.
    config = read_config_vars(Path(env)) if env else dict(builder)
    environment = combine(builder, config)
    if env:
        _tell_refused(environment, console)
    console = replace(console, is_detailed=wants_debug(AppFolder(app), environment.variables))
    with _writable(Path(cache).resolve(), console) as folder:
        effects = compose_effects(environment.variables, folder, console, installation)
        places = {"BUILD_DIR": str(app), "CACHE_DIR": cache, "ENV_DIR": env or ""}
        built = pipeline.build(
            pipeline.BuildRequest(
                layout=in_app(app),
                bundles_python=BUNDLES_PYTHON,
                hook_variables=places,
                tools=lambda settings: compose_tools(app, effects, settings, installation),
                effects=effects,
            )
        )
    _write_down(app, built.launch)
    _write_export(installation.export, app, console)
    console.header(f"Built in {console.now() - start:.1f} s")


def release_app(build: str) -> str:
    """Give what `bin/release` prints.

    Raises NotCompiled.
    """
    processes = _default_processes(Path(build))
    if processes is None:
        raise NotCompiled(path=build)
    return render_release(processes)


def _default_processes(app: Path) -> Mapping[str, str] | None:
    """Read what an earlier build wrote down; None if there was none."""
    record = read_if_there(app / IN_APP / build_record.FILE)
    return None if record is None else build_record.default_processes_in(record)


def _forget_default_procfile(app: Path) -> None:
    """Take back the Procfile of an earlier build in this folder, unless it has been edited."""
    written = render_procfile(_default_processes(app) or {})
    if written and read_if_there(app / "Procfile") == written:
        (app / "Procfile").unlink()


def read_config_vars(folder: Path) -> dict[str, str]:
    """Read a file a variable, without newlines at the end, as a shell's `$(cat ...)` does."""
    if not folder.is_dir():
        return {}
    return {
        path.name: os.fsdecode(path.read_bytes()).rstrip("\n").replace("\0", "")
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def _tell_refused(environment: BuildEnvironment, console: Console) -> None:
    for name, reason in environment.refused.items():
        console.warning(f"The config variable {name} is not passed on: {reason}")


@contextmanager
def _writable(cache: Path, console: Console) -> Iterator[Path]:
    """Give the cache, or a folder for this build alone if it cannot be written to."""
    try:
        own = cache / f"slipway-{FORMAT}"
        own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=own):
            pass
    except OSError as error:
        console.warning(f"The cache {cache} is not used: {error.strerror}")
        with scratch("cache") as folder:
            yield folder
    else:
        yield cache


def _write_down(app: Path, launch: Launch) -> None:
    """Say how the app is started in each of the ways that a classic platform reads."""
    if launch.is_default and launch.processes:
        write(app / "Procfile", render_procfile(launch.processes))
    write(app / ".profile.d" / "slipway.sh", profile_script(_BIN, launch.defaults))


def _write_export(export: Path, app: Path, console: Console) -> None:
    """Write what the platform sources before the next buildpack."""
    try:
        write(export, export_script(str(app / _BIN)))
    except OSError:
        console.info(
            "This copy of Slipway cannot be written to: no `export` for later buildpacks"
        )
