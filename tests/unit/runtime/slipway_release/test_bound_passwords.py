"""The error about a wrong password says whether a bound service gave it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from slipway_release.bound_passwords import advice

PASSWORD = 'berth "by" night/ü'  # noqa: S105 - of no server
ADDRESS = "postgres://harbour:berth%20%22by%22%20night%2F%C3%BC@db/harbour"


def vcap(credentials: object) -> str:
    return json.dumps({"postgresql": [{"name": "tide db", "credentials": credentials}]})


@pytest.mark.parametrize(
    "credentials",
    [{"uri": ADDRESS}, {"uri": ADDRESS.replace("%20", "+")}, {"password": PASSWORD}],
    ids=["address", "pluses", "password"],
)
def test_a_password_of_a_bound_service_is_known(
    tmp_path: Path, credentials: dict[str, str]
) -> None:
    file = tmp_path / "services.json"
    file.write_text(vcap(credentials), "utf-8")
    for variables in (
        {"VCAP_SERVICES": vcap(credentials)},
        {"VCAP_SERVICES_FILE_PATH": str(file)},
    ):
        words = advice(PASSWORD, variables)
        assert "those of the bound service tide db" in words
        assert PASSWORD not in words


@pytest.mark.parametrize("name", ["SERVICE_BINDING_ROOT", "CNB_BINDINGS"])
def test_a_password_in_a_folder_of_bindings_is_known(tmp_path: Path, name: str) -> None:
    binding = tmp_path / "bindings" / "db"
    (binding / "more").mkdir(parents=True)
    (binding / "type").write_text("postgresql", "utf-8")
    (binding / "password").write_text(f"{PASSWORD}\n", "utf-8")
    root = str(tmp_path / "bindings")
    assert advice(PASSWORD, {name: root}).endswith("and restart the app.")
    assert advice(PASSWORD, {"CNB_PLATFORM_DIR": str(tmp_path)})
    assert not advice(PASSWORD, {name: str(tmp_path / "nowhere")})


def test_the_commands_are_those_of_cloud_foundry_there() -> None:
    variables = {"VCAP_SERVICES": vcap({"password": PASSWORD}), "VCAP_APPLICATION": "{}"}
    assert "\n    cf unbind-service APP_NAME 'tide db'\n" in advice(PASSWORD, variables)


@pytest.mark.parametrize(
    ("password", "services"),
    [
        (PASSWORD, ""),
        (PASSWORD, "{}"),
        (PASSWORD, "[" * 100_000),
        (PASSWORD, vcap({"password": "tide", "port": 6379})),
        ("", vcap({"password": ""})),
        ("db", vcap({"password": "db"})),
    ],
    ids=["unbound", "nothing", "not JSON", "another service", "none", "short"],
)
def test_another_password_is_the_users_to_correct(password: str, services: str) -> None:
    assert advice(password, {"VCAP_SERVICES": services}) == ""
