"""Everything that decides a lock: while none of it changes, neither does the lock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slipway.domain.python.selection import Interpreter
from slipway.domain.redaction import without_credentials
from slipway.domain.requirements.lines import expand, normalized_requirement
from slipway.domain.requirements.resolution_request import (
    ResolutionRequest,
    find_links_folders,
    index_variables,
)
from slipway.effects.cache.keys import Facts
from slipway.effects.files import read_if_there, tree_digest
from slipway.toolchains import LocalDistribution
from slipway.toolchains.pip_configuration import configuration_files

_NAMING_FILES = (
    "PIP_CONSTRAINT",
    "PIP_BUILD_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_CONFIG_FILE",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
)


def lock_inputs(
    request: ResolutionRequest,
    interpreter: Interpreter,
    distributions: Iterable[LocalDistribution],
    app: Path,
    environment: Mapping[str, str],
) -> Facts:
    """Collect the facts; credentials decide nothing, and are left out.

    The order of requirements decides nothing either; that of options does.
    """

    def shown(text: str) -> str:
        return without_credentials(expand(text, environment))

    return {
        "python": f"{interpreter.version} {interpreter.platform}",
        "requirements": sorted(map(shown, request.requirements)),
        "hashes": sorted(" ".join([name, *given]) for name, given in request.hashes.items()),
        "constraints": sorted(map(shown, request.constraints)),
        "options": [shown(line.text) for line in request.options],
        "direct": [shown(line.text) for line in request.direct],
        # What they say of themselves: what is in them decides how they are locked, and that is
        # found out each time.
        "here": [f"{wheel.locked.requirement} {_needs(wheel)}" for wheel in distributions],
        "sources": [wheel.source for wheel in distributions],
        "offline": str(request.is_offline),
        "folders": [*_folders(request, app)],
        "settings": [*map(without_credentials, index_variables(environment))],
        "configuration": [*_configuration(app, environment)],
        **({} if request.toolchain == "auto" else {"toolchain": request.toolchain}),
    }


def _needs(wheel: LocalDistribution) -> str:
    return json.dumps(sorted(normalized_requirement(text) for text in wheel.requires))


def _folders(request: ResolutionRequest, app: Path) -> Iterator[str]:
    """Digest the local folders that hold packages for pip to choose from."""
    for folder in find_links_folders(request.options):
        place = app / folder
        yield f"{folder} {tree_digest(place) if place.is_dir() else 'missing'}"


def _configuration(app: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Read pip's own files, and those that variables name."""
    for _, text in configuration_files(app, environment):
        yield without_credentials(text)
    for name in _NAMING_FILES:
        for path in environment.get(name, "").split():
            named = read_if_there(app / path)
            if named is not None:
                yield without_credentials(named)
