"""What wheels are going to say of themselves, known before any of them is built."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slipway.domain.stated_metadata import StatedMetadata
from slipway.domain.vendored import Form, ShippedPackage, VendoredPackage
from slipway.domain.version_tools import version_of_digest
from slipway.domain.wheel_metadata import parse_metadata
from slipway.toolchains import NOT_MADE_YET, LocalDistribution


def stated(
    app: Path, packages: Iterable[ShippedPackage]
) -> dict[str, LocalDistribution] | None:
    """Give them by name; None if a build has to tell some of it.

    Raises WheelInvalid, VendoredBroken.
    """
    house = {}
    for found in packages:
        said = _said(app, found.package)
        if said is None:
            return None
        house[said.name] = _still_to_be_made(said, found.package.path)
    return house


def stated_of_plain(found: ShippedPackage, name: str) -> LocalDistribution:
    """Give what takes the name of a package that has no metadata."""
    version = version_of_digest(found.digest)
    said = StatedMetadata(name=name, version=version, requires=(), extras=())
    return _still_to_be_made(said, found.package.path)


def _said(app: Path, package: VendoredPackage) -> StatedMetadata | None:
    if package.form is not Form.WHEEL:
        return package.project.stated if package.project else None
    from slipway.effects.wheels import read_metadata  # most apps ship no wheel

    says = parse_metadata(read_metadata(app / package.path, package.path), package.path)
    return StatedMetadata(
        name=says.name, version=says.version, requires=says.requires, extras=says.extras
    )


def _still_to_be_made(said: StatedMetadata, source: str) -> LocalDistribution:
    file = f"{said.name.replace('-', '_')}-{said.version}-py3-none-any.whl"
    return LocalDistribution(
        name=said.name,
        version=said.version,
        path=NOT_MADE_YET / file,
        sha256="",
        source=source,
        requires=said.requires,
        stated=said,
    )
