"""Libraries and programs are found under what provides them."""

from __future__ import annotations

import pytest

from slipway.domain.django import providers


@pytest.mark.parametrize(
    ("module", "requirement"),
    [
        ("psycopg2.extensions", "psycopg2-binary"),
        ("cv2", "opencv-python-headless"),
        ("yaml", ""),
    ],
)
def test_the_requirement_with_a_library_inside(module: str, requirement: str) -> None:
    assert providers.wheel_with_library(module) == requirement


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
