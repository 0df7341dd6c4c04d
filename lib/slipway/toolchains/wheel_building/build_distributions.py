"""What `vendor/build/` offers to builds: wheels and sdists that no app gets installed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.effects.files import sha256_of
from slipway.toolchains import LocalDistribution


def build_distributions(
    app: Path, paths: Iterable[str], tags: Sequence[str]
) -> tuple[LocalDistribution, ...]:
    """Give one of each name: of those that fit the newest, a wheel before an sdist.

    Raises WheelInvalid, VendoredBroken.
    """
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    best: dict[str, tuple[Version, int, str]] = {}
    for path in paths:
        offer = _offer(path, ranks)
        if offer is not None:
            name, version, rank = offer
            best[name] = max(best.get(name, (version, rank, path)), (version, rank, path))
    return tuple(
        _distribution(app, path, name, version) for name, (version, _, path) in best.items()
    )


def _offer(path: str, ranks: dict[str, int]) -> tuple[str, Version, int] | None:
    """Read a file's name: its package, and how well it fits; None if it does not."""
    file = path.rpartition("/")[2]
    try:
        if not file.endswith(".whl"):
            name, version = parse_sdist_filename(file)
            return name, version, -len(ranks) - 1
        name, version, _, tags = parse_wheel_filename(file)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    fitting = [ranks[str(tag)] for tag in tags if str(tag) in ranks]
    return (name, version, -min(fitting)) if fitting else None


def _distribution(app: Path, path: str, name: str, version: Version) -> LocalDistribution:
    from slipway.effects.packages.wheels import read_metadata  # most apps offer none

    file = app / path
    is_wheel = file.suffix == ".whl"
    requires = parse_metadata(read_metadata(file, path), path).requires if is_wheel else ()
    return LocalDistribution(
        name=canonicalize_name(name),
        version=str(version),
        path=file,
        sha256=sha256_of(file),
        source=path,
        requires=requires,
    )
