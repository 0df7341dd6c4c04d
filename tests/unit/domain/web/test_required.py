"""What requirements tell about versions, before anything is resolved."""

from __future__ import annotations

import pytest

from slipway.domain.web.required import required
from unit.samples import dependencies


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("connexion", False),
        ("connexion[flask]>=2.14", False),
        ("connexion>=3", False),
        ("connexion==3.0.1", False),
        ("connexion<4", False),
        ("connexion<3.1", False),
        ("connexion<=3.0", False),
        ("connexion<3", True),
        ("connexion >= 2.14, < 3.0.0", True),
        ("connexion<=2.14", True),
        ("connexion==2.14.2", True),
        ("connexion~=2.14", True),
        ("connexion==2.*", True),
        ("other==2.14.2", False),
    ],
)
def test_a_requirement_tells_whether_the_version_is_an_old_one(
    requirement: str, *, expected: bool
) -> None:
    assert required(dependencies(f"{requirement}\n")).is_before("connexion", 3) is expected


@pytest.mark.parametrize(
    ("line", "expected"), [(".", True), ("-e .", True), ("./libs/shop", False), ("six", False)]
)
def test_the_app_is_installed_if_its_requirements_name_it(line: str, *, expected: bool) -> None:
    assert required(dependencies(f"{line}\n")).installs_app is expected
