"""A wheel of metadata alone says what a package says of itself, and nothing else."""

from __future__ import annotations

from pathlib import Path

from slipway.domain.vendoring.core_metadata import metadata_alone
from slipway.effects.files import sha256_of
from slipway.effects.packages.reproducible_wheels import normalise
from slipway.effects.packages.wheel_writer import write_metadata_wheel
from slipway.effects.packages.wheels import read_metadata
from unit.wheels import entries, text


def test_a_wheel_of_metadata_alone_is_right_and_installs_nothing(tmp_path: Path) -> None:
    metadata = metadata_alone(
        "acme-tides", "0+vendored.01ab", "Stands for\nvendor/größe \udcff"
    )
    path = tmp_path / "acme_tides-0+vendored.01ab-py3-none-any.whl"
    assert write_metadata_wheel(path, metadata) == path
    assert read_metadata(path, path.name).splitlines() == [
        "Metadata-Version: 2.1",
        "Name: acme-tides",
        "Version: 0+vendored.01ab",
        "Summary: Stands for vendor/größe ?",
    ]
    assert "Generator: slipway" in text(path, "acme_tides-0+vendored.01ab.dist-info/WHEEL")
    assert {entry.filename.partition("/")[0] for entry in entries(path)} == {
        "acme_tides-0+vendored.01ab.dist-info"
    }
    assert sha256_of(normalise(path, tmp_path / "again")) == sha256_of(path)
