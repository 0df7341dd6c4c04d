"""A header or program that is missing is brought by a Debian package."""

from __future__ import annotations

import pytest

from slipway.domain.system_packages import package_of_header, package_of_program


@pytest.mark.parametrize(
    ("header", "package"),
    [
        ("libpq-fe.h", "libpq-dev"),
        ("openssl/ssl.h", "libssl-dev"),
        ("Python.h", "python3-dev"),
        ("own.h", None),
    ],
)
def test_a_header_is_known_by_its_package(header: str, package: str | None) -> None:
    assert package_of_header(header) == package


@pytest.mark.parametrize(
    ("program", "asked_by", "package"),
    [
        ("pg_config", "psycopg2", "libpq-dev"),
        ("cargo", "cryptography", "cargo"),
        ("gcc", "psutil", "build-essential"),
        ("pkg-config", "PyCairo", "pkg-config and libcairo2-dev"),
        ("pkg-config", "another", "pkg-config"),
    ],
)
def test_a_program_is_known_by_its_package(program: str, asked_by: str, package: str) -> None:
    assert package_of_program(program, asked_by) == package
