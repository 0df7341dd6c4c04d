"""Modules, libraries and programs are found under what provides them."""

from __future__ import annotations

import pytest

from slipway.domain.django import providers


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("environ", "django-environ"),
        ("rest_framework", "djangorestframework"),
        ("rest_framework.authtoken", "djangorestframework"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google", ""),
        ("acme", ""),
    ],
)
def test_the_requirement_for_a_module(module: str, requirement: str) -> None:
    assert providers.requirement_for(module) == requirement


@pytest.mark.parametrize(
    ("library", "packages"),
    [("libpq.so.5", ("libpq5",)), ("libpq", ("libpq5",)), ("libtide.so.2", ())],
)
def test_the_debian_packages_of_a_library(library: str, packages: tuple[str, ...]) -> None:
    assert providers.debian_packages_of(library) == packages


@pytest.mark.parametrize(
    ("program", "package"), [("/usr/bin/msgfmt", "gettext"), ("ffmpeg", "ffmpeg"), ("tide", "")]
)
def test_the_debian_package_of_a_program(program: str, package: str) -> None:
    assert providers.debian_package_of_program(program) == package
