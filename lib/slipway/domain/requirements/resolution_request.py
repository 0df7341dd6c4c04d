"""What a toolchain resolves, with the options and variables that affect the result."""

from __future__ import annotations

import os.path
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import FromIndex
from slipway.domain.requirements import lock as locks
from slipway.domain.requirements.lines import Line, LineKind
from slipway.domain.requirements.lock import Lock

_INDEX_VARIABLES = (
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
_FIND_LINKS = re.compile(r"--find-links(?![a-z-])|-f")


@dataclass(frozen=True, kw_only=True)
class ResolutionRequest:
    requirements: tuple[str, ...]
    """Named requirements as the app wrote them, without their hashes, and vendored packages."""
    hashes: Mapping[str, tuple[str, ...]]
    """The hashes that the app gives, by package name: no other files may be locked."""
    constraints: tuple[str, ...]
    options: tuple[Line, ...]
    direct: tuple[Line, ...]
    """Direct references to addresses outside the app."""
    is_offline: bool = False
    toolchain: str = "auto"
    """The value of the setting: `auto`, `uv` or `pip-tools`."""


def resolution_request(
    plan: BuildPlan, vendored: Mapping[str, str], *, adds: bool = True
) -> tuple[Lock | None, ResolutionRequest | None]:
    """Split an app's requirements into its own lock, if it has one, and those to resolve.

    `vendored` maps names of vendored packages to the requested extras, such as `[one,two]`.
    Without `adds`, nothing is added to what the app and its vendored packages require.
    """
    dependencies = plan.dependencies
    added = plan.added_requirements if adds else ()
    from_app = tuple(
        f"{name}{extras}"
        for name, extras in sorted(vendored.items())
        if name not in dependencies.pinned_names
    )
    if not (dependencies.requirements or dependencies.pins or added or from_app):
        return Lock(packages=()), None
    names = frozenset(vendored)
    if not dependencies.is_lock:
        return None, _request(plan, names, dependencies.requirements, (*added, *from_app))
    own = locks.from_hashed_lines(dependencies.external_requirements)
    own = locks.without(own, names)
    missing = added_to_lock(plan) if adds else ()
    beside = dependencies.beside_lock
    if not missing and not from_app and not beside:
        return own, None
    # A lock of another tool has been compared with the vendored packages.
    lines = [
        line
        for line in dependencies.external_requirements
        if line.name in names and dependencies.lock is None
    ]
    request = _request(plan, names, [*lines, *beside], (*missing, *from_app))
    pins = [package.requirement for package in own if "==" in package.requirement]
    unchosen = [
        pin
        for pin in dependencies.unchosen
        if missing and isinstance(pin.source, FromIndex) and pin.name not in names
    ]
    pins += [f"{pin.name}=={pin.version}" for pin in unchosen]
    return own, replace(
        request,
        constraints=(*request.constraints, *pins),
        hashes={**request.hashes, **{pin.name: pin.hashes for pin in unchosen}},
    )


def added_to_lock(plan: BuildPlan) -> tuple[str, ...]:
    """Return the packages that Slipway adds to the app's own lock, because it lacks them."""
    names = plan.dependencies.names | plan.dependencies.pinned_names
    return tuple(name for name in plan.added_requirements if name not in names)


def _request(
    plan: BuildPlan, vendored: frozenset[str], lines: Sequence[Line], names: tuple[str, ...]
) -> ResolutionRequest:
    """Make a request of lines of the app, and of packages by name.

    If a line requires a vendored package, its address and hashes are ignored.
    """
    named = [line for line in lines if line.kind is LineKind.NAMED]
    hashes: dict[str, tuple[str, ...]] = {}
    for line in named:
        # If several lines have markers, any of them may apply.
        if line.name and line.hashes and line.name not in vendored:
            hashes[line.name] = (*hashes.get(line.name, ()), *line.hashes)
    return ResolutionRequest(
        requirements=(*map(locks.without_hashes, named), *names),
        hashes=hashes,
        constraints=tuple(
            locks.without_hashes(line) if line.name in vendored else line.text
            for line in plan.dependencies.constraints
            if line.name not in vendored or line.kind is LineKind.NAMED
        ),
        options=options_of(plan),
        direct=tuple(
            line
            for line in lines
            if line.kind is LineKind.DIRECT
            and line.local_path is None
            and line.name not in vendored
        ),
        is_offline=plan.settings.offline,
        toolchain=plan.settings.toolchain,
    )


def direct_lines(plan: BuildPlan, name: str, path: str) -> tuple[Line, ...]:
    """Return the lines that refer to a vendored package by its path, or by an address.

    No index or repository is used for them, but the extras in them are installed.
    """
    by_path = [
        line
        for package in plan.vendoring.packages
        if package.path == path
        for line in package.requested_by
    ]
    by_address = [
        line
        for line in plan.dependencies.external_requirements
        if line.kind is LineKind.DIRECT and line.name == name
    ]
    return (*by_path, *by_address)


def options_of(plan: BuildPlan) -> tuple[Line, ...]:
    """Return the app's options for pip, without --find-links for vendor folders."""
    folders = plan.vendoring.folders
    return tuple(
        line
        for line in plan.dependencies.options
        if (links := _find_links_folder(line)) is None
        or not any(links == one or links.startswith(f"{one}/") for one in folders)
    )


def find_links_folders(options: Iterable[Line]) -> tuple[str, ...]:
    """Return the folders that --find-links names, relative to the app."""
    return tuple(folder for line in options if (folder := _find_links_folder(line)) is not None)


def options_text(options: Iterable[Line], app: Path, *, is_offline: bool) -> str:
    """Write options for a requirements file outside the app: local folders become absolute."""
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
    if not _FIND_LINKS.match(line.text) or is_address or "$" in line.text:
        return None
    # Relative to the file that has the option: https://pip.pypa.io/en/stable/cli/pip_install/
    return os.path.normpath(os.path.join(os.path.dirname(line.file), value))


def index_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that decide which indexes and files pip and uv use."""
    return [f"{name}={environment[name]}" for name in _INDEX_VARIABLES if name in environment]
