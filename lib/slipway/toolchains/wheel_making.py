"""How the wheel of a package that the app ships comes to be, where the cache has none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.vendored import Form, ShippedPackage
from slipway.domain.version_tools import version_of_digest
from slipway.domain.wheel_metadata import WheelMetadata, metadata_alone, parse_metadata
from slipway.effects import Effects
from slipway.effects.archives import unpack
from slipway.effects.source_trees import copy_tree
from slipway.effects.wheel_writer import write_metadata_wheel
from slipway.effects.wheels import read_metadata
from slipway.toolchains import LocalDistribution
from slipway.toolchains.backends import Backends
from slipway.toolchains.build_environments import BuildEnvironments
from slipway.toolchains.wheel_builder import SourceTree, WheelBuilder


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
        shipped: ShippedPackage,
        here: Sequence[LocalDistribution],
        awaited: frozenset[str],
    ) -> tuple[Path, WheelMetadata]:
        """Give the file, found right, and what it says of itself.

        Raises what WheelMaker.make does.
        """
        file = self._wheel(shipped, here, awaited)
        shown = shipped.package.path
        return file, parse_metadata(read_metadata(file, shown), shown)

    def stand_in(self, shipped: ShippedPackage, name: str) -> tuple[Path, WheelMetadata]:
        """Give a wheel without modules."""
        version = version_of_digest(shipped.digest)
        path = shipped.package.path
        metadata = metadata_alone(name, version, f"Stands for {path}")
        place = self._place() / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        return write_metadata_wheel(place, metadata), parse_metadata(metadata, path)

    def _wheel(
        self,
        shipped: ShippedPackage,
        here: Sequence[LocalDistribution],
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
        return builder.build(tree, here, place / "wheel", awaited)

    def _source(self, shipped: ShippedPackage, place: Path) -> Path:
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
