"""What a toolchain is asked, and what decides its answer."""

from __future__ import annotations

import os.path
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lines import Kind, Line
from slipway.domain.requirements.lock import Lock

_INDEX_SETTINGS = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_PRE",
    "PIP_ALL_RELEASES",
    "PIP_ONLY_FINAL",
    "PIP_PREFER_BINARY",
    "PIP_ONLY_BINARY",
    "PIP_NO_BINARY",
    "PIP_UPLOADED_PRIOR_TO",
    "PIP_CONSTRAINT",
    "PIP_BUILD_CONSTRAINT",
    "UV_BUILD_CONSTRAINT",
    "UV_CONFIG_FILE",
    "UV_CONSTRAINT",
    "UV_DEFAULT_INDEX",
    "UV_EXCLUDE_NEWER",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
    "UV_INDEX_STRATEGY",
    "UV_INDEX_URL",
    "UV_NO_BINARY",
    "UV_NO_BINARY_PACKAGE",
    "UV_NO_BUILD",
    "UV_NO_BUILD_PACKAGE",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
    "UV_RESOLUTION",
    "UV_TORCH_BACKEND",
)
_LINKS = re.compile(r"--find-links(?![a-z-])|-f")


@dataclass(frozen=True, kw_only=True)
class ResolutionRequest:
    requirements: tuple[str, ...]
    """Named requirements as the app wrote them, without their hashes, and what it ships."""
    hashes: Mapping[str, tuple[str, ...]]
    """The hashes that the app gave, by package: no other file may be locked for it."""
    constraints: tuple[str, ...]
    options: tuple[Line, ...]
    direct: tuple[Line, ...]
    """What stands at an address outside the app."""
    is_offline: bool = False
    toolchain: str = "auto"
    """As the setting says, which may be more than one."""


def options_of(plan: BuildPlan) -> tuple[Line, ...]:
    """Give pip's options, without those that name a folder that was searched already."""
    return tuple(
        line
        for line in plan.dependencies.options
        if not _lies_in(_find_links_folder(line), plan.vendoring.folders)
    )


def find_links_folders(options: Iterable[Line]) -> tuple[str, ...]:
    """Give the folders that --find-links names, relative to the app."""
    return tuple(folder for line in options if (folder := _find_links_folder(line)) is not None)


def _lies_in(folder: str | None, folders: Iterable[str]) -> bool:
    return folder is not None and any(
        folder == searched or folder.startswith(f"{searched}/") for searched in folders
    )


def options_text(options: Iterable[Line], app: Path, *, is_offline: bool) -> str:
    """Write options for a file that lies elsewhere: local folders become absolute."""
    lines = ["--no-index"] if is_offline else []
    for line in options:
        folder = _find_links_folder(line)
        if is_offline and folder is None and "://" in line.value:
            continue
        links = None if folder is None else shlex.quote(str(app / folder))
        lines.append(line.text if links is None else f"--find-links {links}")
    return "".join(f"{text}\n" for text in lines)


def _find_links_folder(line: Line) -> str | None:
    value = line.value
    is_address = "://" in value or value.startswith("file:")
    if not _LINKS.match(line.text) or is_address or "$" in line.text:
        return None
    # pip takes it relative to the file that says it, https://pip.pypa.io/en/stable/cli/pip_install/
    return os.path.normpath(os.path.join(os.path.dirname(line.file), value))


def direct_lines(plan: BuildPlan, name: str, path: str) -> tuple[Line, ...]:
    """Give the lines that name a package by its path in the app, or by an address elsewhere.

    Of either, an index is not asked; the extras that they want are those of what is shipped.
    """
    shipped = (package for package in plan.vendoring.packages if package.path == path)
    elsewhere = (
        line
        for line in plan.dependencies.external_requirements
        if line.kind is Kind.DIRECT and line.name == name
    )
    return (*(line for package in shipped for line in package.requested_by), *elsewhere)


def resolution_request(
    plan: BuildPlan, shipped: Mapping[str, str]
) -> tuple[Lock | None, ResolutionRequest | None]:
    """Split what an app brings into its own lock, if it has one, and what is to be resolved.

    `shipped` is what the app itself ships: name -> extras that are wanted, as `[one,two]`.
    """
    dependencies, added = plan.dependencies, plan.added_requirements
    wanted = tuple(f"{name}{extras}" for name, extras in sorted(shipped.items()))
    if not (dependencies.requirements or added or wanted):
        return Lock(packages=()), None
    if not dependencies.is_hashed:
        return None, _question(
            plan, frozenset(shipped), dependencies.requirements, (*added, *wanted)
        )
    own = locks.from_hashed_lines(dependencies.external_requirements)
    missing = tuple(name for name in added if name not in dependencies.names)
    if not missing and not wanted:
        return own, None
    names = frozenset(shipped)
    of_shipped = tuple(
        line for line in dependencies.external_requirements if line.name in names
    )
    request = _question(plan, names, of_shipped, (*missing, *wanted))
    own = locks.without(own, names)
    pins = tuple(package.requirement for package in own if "==" in package.requirement)
    return own, replace(request, constraints=(*request.constraints, *pins))


def _question(
    plan: BuildPlan,
    names: frozenset[str],
    lines: tuple[Line, ...],
    also: tuple[str, ...],
) -> ResolutionRequest:
    named = [line for line in lines if line.kind is Kind.NAMED]
    hashes: dict[str, tuple[str, ...]] = {}
    for line in named:
        # Of several lines with markers any may be the one that holds.
        if line.name and line.hashes and line.name not in names:
            hashes[line.name] = (*hashes.get(line.name, ()), *line.hashes)
    return ResolutionRequest(
        requirements=(*map(locks.without_hashes, named), *also),
        hashes=hashes,
        # Of what is shipped neither an address nor a file elsewhere counts, only a version.
        constraints=tuple(
            locks.without_hashes(line) if line.name in names else line.text
            for line in plan.dependencies.constraints
            if line.name not in names or line.kind is Kind.NAMED
        ),
        options=options_of(plan),
        direct=tuple(
            line
            for line in lines
            if line.kind is Kind.DIRECT and line.folder is None and line.name not in names
        ),
        is_offline=plan.settings.offline,
        toolchain=plan.settings.toolchain,
    )


def index_variables(environment: Mapping[str, str]) -> list[str]:
    """Give the variables that decide where pip and uv look, and what they take."""
    return [f"{name}={environment[name]}" for name in _INDEX_SETTINGS if name in environment]
