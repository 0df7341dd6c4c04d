"""Addresses in variables and in pip's configuration files are checked before they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.addresses import AddressUnusable
from slipway.errors.app import SettingInvalid
from slipway.steps.plan.check_addresses import check_index_addresses, learn_credentials

CUT = "https://ci:s3#cret@index.example/simple"
WHOLE = "https://ci:s3%23cret@index.example/simple"


def origin_of(app: Path, environment: dict[str, str]) -> str:
    with pytest.raises(AddressUnusable) as unusable:
        check_index_addresses(AppFolder(app), {"HOME": str(app), **environment})
    assert unusable.value.encoded == (("#", "%23"),)
    assert "cret" not in repr(unusable.value)
    return unusable.value.origin


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", CUT),
        ("PIP_EXTRA_INDEX_URL", f"{WHOLE} {CUT}"),
        ("PIP_FIND_LINKS", CUT),
        ("UV_INDEX", f"private={CUT}"),
        ("UV_DEFAULT_INDEX", CUT),
        ("UV_PYTHON_INSTALL_MIRROR", CUT),
        ("SLIPWAY_PYTHON_MIRROR", CUT),
        ("https_proxy", CUT),
        ("HTTP_PROXY", "ci:s3#cret@proxy.example:3128"),
    ],
)
def test_the_variable_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert origin_of(tmp_path, {name: value}) == f"The variable {name}"


@pytest.mark.parametrize(
    "value", ["ftp://mirror.example", "/mirror", "mirror.example", "https://", "https://a b"]
)
def test_a_mirror_of_pythons_is_an_https_http_or_file_url(value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        check_index_addresses(AppFolder(tmp_path), {"SLIPWAY_PYTHON_MIRROR": value})
    assert invalid.value.origin == "The variable SLIPWAY_PYTHON_MIRROR"
    assert invalid.value.allowed == (
        "an https://, http:// or file:// URL, or unset SLIPWAY_PYTHON_MIRROR"
    )


@pytest.mark.parametrize(
    "value", ["", " ", " https://mirror.example/ ", "http://ci:pw@h:80/x", "file:///mirror"]
)
def test_a_mirror_of_pythons_may_be_unset_or_local(value: str, tmp_path: Path) -> None:
    of_uv = {"HOME": str(tmp_path), "UV_PYTHON_INSTALL_MIRROR": "/of-uv"}
    check_index_addresses(AppFolder(tmp_path), {"SLIPWAY_PYTHON_MIRROR": value, **of_uv})


@pytest.mark.parametrize("name", [".netrc", "_netrc", "another"])
def test_the_passwords_of_a_netrc_file_are_learned(tmp_path: Path, name: str) -> None:
    text = "machine h.example login ci password correct-horse\n"
    (tmp_path / name).write_text(text, "utf-8")
    app = AppFolder(tmp_path)
    named = {"NETRC": str(tmp_path / name)} if name == "another" else {}
    learn_credentials(app, {"HOME": str(tmp_path), **named})
    assert app.secrets.strike("correct-horse") == "****"


def test_the_setting_of_pip_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\ntimeout = 3\nextra-index-url =\n  {WHOLE}\n  {CUT}\n")
    found = origin_of(tmp_path, {"PIP_CONFIG_FILE": str(file)})
    assert found == f"The setting extra-index-url in {file}"


def test_other_variables_and_usable_addresses_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(f"index-url = {CUT}\n")
    environment = {
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": WHOLE,
        "DATABASE_URL": "postgres://app:s3#cret@db/app",
        "NO_PROXY": "localhost",
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
    }
    check_index_addresses(AppFolder(tmp_path), environment)
