"""What only the Python buildpack of Cloud Foundry does is named, or honoured."""

from __future__ import annotations

import json

import pytest

from slipway.domain.cloud_foundry.python_buildpack import notices, with_known_names


def test_bp_debug_makes_the_log_detailed_unless_slipways_own_variable_is_set() -> None:
    assert with_known_names({"BP_DEBUG": "1"})["SLIPWAY_LOG_LEVEL"] == "debug"
    assert "SLIPWAY_LOG_LEVEL" not in with_known_names({"BP_DEBUG": ""})
    both = {"BP_DEBUG": "1", "SLIPWAY_LOG_LEVEL": "info"}
    assert with_known_names(both) == both


def test_the_version_of_pip_has_no_effect_and_that_is_said() -> None:
    [notice] = notices({"BP_PIP_VERSION": "latest"})
    assert notice.startswith("BP_PIP_VERSION has no effect")


@pytest.mark.parametrize(
    ("label", "name", "product"),
    [
        ("appdynamics", "apm", "AppDynamics"),
        ("user-provided", "My-App-Dynamics", "AppDynamics"),
        ("dynatrace", "apm", "Dynatrace"),
        ("user-provided", "dynatrace-prod", "Dynatrace"),
        ("sealights", "apm", "SeaLights"),
    ],
)
def test_a_service_for_an_agent_is_named(label: str, name: str, product: str) -> None:
    [notice] = notices({"VCAP_SERVICES": json.dumps({label: [{"name": name}]})})
    shown = name if label == "user-provided" else label
    assert notice.startswith(
        f"Slipway does not install the agent of {product} because the service {shown} is bound"
    )


@pytest.mark.parametrize(
    "services",
    [
        "",
        "{}",
        "[1]",
        "{",
        '{"postgres": [{"name": "appdynamics"}]}',
        '{"user-provided": [1, {"name": 2}, {}]}',
        '{"user-provided": {"name": "appdynamics"}}',
        "[" * 100_000,
    ],
)
def test_other_services_and_malformed_ones_give_no_notice(services: str) -> None:
    assert [*notices({"VCAP_SERVICES": services})] == []
