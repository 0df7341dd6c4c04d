"""What buildpack.toml says about Slipway is true."""

from __future__ import annotations

from configparser import ConfigParser

from conftest import ROOT
from slipway.domain.sbom import MEDIA_TYPE
from slipway.domain.toml_text import parse_toml

ABOUT = parse_toml((ROOT / "buildpack.toml").read_text("utf-8"), "buildpack.toml")
BUILDPACK = ABOUT["buildpack"]


def test_version_description_and_license_are_those_of_the_library() -> None:
    library = ConfigParser(interpolation=None)
    library.read(ROOT / "setup.cfg", encoding="utf-8")
    assert BUILDPACK["version"] == library["metadata"]["version"]
    assert BUILDPACK["description"] == library["metadata"]["description"]
    assert BUILDPACK["licenses"] == [{"type": library["metadata"]["license"], "uri": "LICENSE"}]


def test_the_api_has_targets_and_is_known_to_kpack() -> None:
    # kpack's lifecycle is 0.20, which knows the APIs 0.7 to 0.11; targets exist since 0.10.
    assert ABOUT["api"] == "0.10"
    assert ABOUT["targets"] == [{"os": "linux", "arch": arch} for arch in ("amd64", "arm64")]


def test_the_format_of_the_bill_of_materials_is_declared() -> None:
    # The lifecycle rejects a build that writes an undeclared format.
    assert BUILDPACK["sbom-formats"] == [MEDIA_TYPE]


def test_user_variables_reach_the_build_as_variables() -> None:
    assert not BUILDPACK.get("clear-env", False)
