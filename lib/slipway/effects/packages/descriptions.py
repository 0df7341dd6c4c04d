"""Reads what installed distributions say about themselves, for the bill of materials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from slipway.effects.files import read_if_there, sha256_of
from slipway.effects.packages.virtualenvs import Virtualenv


class Description(NamedTuple):
    metadata: str
    """METADATA without the description."""
    direct_url: str | None
    """direct_url.json."""
    record: str
    """The SHA-256 of RECORD."""


def describe_installed(environment: Virtualenv) -> Iterator[Description]:
    """Yield the records of each distribution, sorted by the names of their folders."""
    for folder in sorted(environment.site_packages.glob("*.dist-info")):
        metadata = read_if_there(folder / "METADATA")
        record = folder / "RECORD"
        if metadata is not None and record.is_file():
            yield Description(
                metadata=metadata.replace("\r\n", "\n").partition("\n\n")[0],
                direct_url=read_if_there(folder / "direct_url.json"),
                record=sha256_of(record),
            )
