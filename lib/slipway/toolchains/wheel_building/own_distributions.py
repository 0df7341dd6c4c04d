"""The distributions in Slipway's own vendor folder that builds of packages often require."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.effects.files import sha256_of
from slipway.effects.packages.wheels import read_metadata
from slipway.toolchains.protocol import LocalDistribution

_NAMES = ("packaging", "setuptools", "wheel")
"""The most common backend, and what it needed until it could make wheels by itself."""


def read_own_distributions(vendor: Path) -> list[LocalDistribution]:
    """Read the metadata of Slipway's own wheels."""
    distributions = []
    for name in _NAMES:
        for path in vendor.glob(f"{name}-*.whl"):
            metadata = parse_metadata(read_metadata(path, path.name), path.name)
            distributions.append(
                LocalDistribution(
                    name=metadata.name,
                    version=metadata.version,
                    path=path,
                    sha256=sha256_of(path),
                    source=f"Slipway's {path.name}",
                    requires=metadata.requires,
                )
            )
    return distributions
