"""Modules are found under the requirements that provide them."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.modules import requirement_for


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("environ", "django-environ"),
        ("rest_framework", "djangorestframework"),
        ("rest_framework.authtoken", "djangorestframework"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google", ""),
        ("acme", ""),
        ("setuptools_scm.git", "setuptools-scm"),
        ("distutils.core", "setuptools"),
        ("distutils.msvccompiler", "setuptools<74"),
    ],
)
def test_the_requirement_for_a_module(module: str, requirement: str) -> None:
    assert requirement_for(module) == requirement
