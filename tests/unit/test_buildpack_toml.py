"""What Slipway says of itself to Cloud Native platforms is true."""

from __future__ import annotations

from configparser import ConfigParser

from conftest import ROOT
from slipway.domain.sbom import MEDIA_TYPE
from slipway.domain.toml_text import parse_toml

ABOUT = parse_toml((ROOT / "buildpack.toml").read_text("utf-8"), "buildpack.toml")
BUILDPACK = ABOUT["buildpack"]


def test_it_is_the_version_that_the_library_has() -> None:
    library = ConfigParser(interpolation=None)
    library.read(ROOT / "setup.cfg", encoding="utf-8")
    assert BUILDPACK["version"] == library["metadata"]["version"]
    assert BUILDPACK["description"] == library["metadata"]["description"]
    assert BUILDPACK["licenses"] == [{"type": library["metadata"]["license"], "uri": "LICENSE"}]


def test_a_lifecycle_of_kpack_knows_its_api_and_its_targets_are_told() -> None:
    # kpack's is 0.20, which knows 0.7 to 0.11; targets are told since 0.10.
    assert ABOUT["api"] == "0.10"
    assert ABOUT["targets"] == [{"os": "linux", "arch": arch} for arch in ("amd64", "arm64")]


def test_the_bill_of_materials_is_of_a_kind_that_is_declared() -> None:
    # The lifecycle fails a build that writes another.
    assert BUILDPACK["sbom-formats"] == [MEDIA_TYPE]


def test_user_variables_reach_the_build_as_variables() -> None:
    assert not BUILDPACK.get("clear-env", False)
