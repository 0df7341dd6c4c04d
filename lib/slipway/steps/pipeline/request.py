"""What a platform requests of a build, and what the build and its halves result in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.build_record import BuildRecord
from slipway.domain.layout import Layout
from slipway.domain.requirements.lock import Lock
from slipway.domain.run_environment import RunEnvironment
from slipway.domain.settings import Settings
from slipway.domain.vendoring.packages import InspectedPackage
from slipway.domain.web.launch import Launch
from slipway.effects import Effects
from slipway.steps.choose_python import Choosing
from slipway.steps.context import BuildContext, Tools
from slipway.steps.install import Installed
from slipway.steps.shared_libraries import SharedLibraries


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """A platform's request to build an app, with the folders to use."""

    layout: Layout
    bundles_python: bool
    """Whether to bundle the Python with the app if its settings do not say."""
    hook_variables: Mapping[str, str]
    """The platform's environment variables for hooks, in addition to those of the build."""
    tools: Callable[[Settings, Effects], Tools]
    effects: Effects
    platform: Path | None = None
    """The folder of a Cloud Native platform, which may have the credentials of services."""
    is_supplied: bool = False
    """Whether another process has called `supply` for the same app, and logged what it did."""
    reads_yaml: bool = False
    """Whether the platform reads the Procfile as YAML."""
    for_tests: bool = False
    """Whether to install what the app's tests need, too."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The result of `prepare`, which `finish` needs."""

    context: BuildContext
    vendored: Sequence[InspectedPackage]
    installed: Installed
    choosing: Choosing
    libraries: SharedLibraries
    run: RunEnvironment


@dataclass(frozen=True, kw_only=True)
class Built:
    """The result of a build, for the platform."""

    launch: Launch
    run: RunEnvironment
    record: BuildRecord
    lock: Lock
    vendor_folders: Sequence[str]
    """The app's vendor folders; empty if it has no vendored packages."""
    markers: Mapping[str, str]
    """The values of environment markers for the app's Python."""
    required: Mapping[str, Sequence[str]]
    """The names of the packages that the app itself requires -> their extras."""
    advice: str
    """How to get the same versions in the next build; empty if the app has a lock."""
