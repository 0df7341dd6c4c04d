"""How the wheel of a package that the app ships comes to be, where the cache has none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.vendoring.core_metadata import CoreMetadata, metadata_alone, parse_metadata
from slipway.domain.vendoring.packages import Form, InspectedPackage
from slipway.domain.vendoring.scm_versions import version_of_digest
from slipway.effects import Effects
from slipway.effects.packages.archives import unpack
from slipway.effects.packages.source_trees import copy_tree
from slipway.effects.packages.wheels import read_metadata, write_metadata_wheel
from slipway.toolchains import LocalDistribution
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments
from slipway.toolchains.wheel_building.wheel_builder import SourceTree, WheelBuilder


@dataclass(frozen=True, kw_only=True)
class WheelMaking:
    app: Path
    folder: Path
    """For what is made on the way; this user's alone."""
    environments: BuildEnvironments
    backends: Backends
    effects: Effects

    def make(
        self,
        shipped: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        awaited: frozenset[str],
    ) -> tuple[Path, CoreMetadata]:
        """Give the file, found right, and what it says of itself.

        Raises what WheelMaker.make does.
        """
        file = self._wheel(shipped, distributions, awaited)
        shown = shipped.package.path
        return file, parse_metadata(read_metadata(file, shown), shown)

    def stand_in(self, shipped: InspectedPackage, name: str) -> tuple[Path, CoreMetadata]:
        """Give a wheel without modules."""
        version = version_of_digest(shipped.digest)
        path = shipped.package.path
        metadata = metadata_alone(name, version, f"Stands for {path}")
        place = self._place() / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        return write_metadata_wheel(place, metadata), parse_metadata(metadata, path)

    def _wheel(
        self,
        shipped: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        awaited: frozenset[str],
    ) -> Path:
        place = self._place()
        package = shipped.package
        if package.form is Form.WHEEL:
            copy_tree(self.app, package.path, place / Path(package.path).name)
            return place / Path(package.path).name
        tree = SourceTree(
            folder=self._source(shipped, place),
            shown=package.shown,
            digest=shipped.digest,
            project=shipped.project,
            version=shipped.version,
        )
        builder = WheelBuilder(
            environments=self.environments, backends=self.backends, effects=self.effects
        )
        return builder.build(tree, distributions, place / "wheel", awaited)

    def _source(self, shipped: InspectedPackage, place: Path) -> Path:
        package = shipped.package
        if package.form is Form.SDIST:
            return unpack(self.app / package.path, place / "source", package.path)
        # Of the same name, because some backends look at what the folder is called.
        copy = place / "source" / (Path(self.app, package.path).name)
        copy.parent.mkdir()
        copy_tree(self.app, package.path, copy)
        return copy

    def _place(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))
