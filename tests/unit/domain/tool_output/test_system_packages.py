"""A missing header or program has a Debian package."""

from __future__ import annotations

import pytest

from slipway.domain.tool_output.system_packages import (
    package_of_header,
    package_of_program,
    package_of_python_headers,
)


@pytest.mark.parametrize(
    ("header", "package"),
    [
        ("libpq-fe.h", "libpq-dev"),
        ("openssl/ssl.h", "libssl-dev"),
        ("own.h", None),
    ],
)
def test_a_header_has_a_package(header: str, package: str | None) -> None:
    assert package_of_header(header) == package


def test_the_package_of_python_headers_has_the_version() -> None:
    assert package_of_python_headers("3.12") == "python3.12-dev"
    assert package_of_python_headers(None) == "python3-dev"


@pytest.mark.parametrize(
    ("program", "required_by", "package"),
    [
        ("pg_config", "psycopg2", "libpq-dev"),
        ("cargo", "cryptography", "cargo"),
        ("gcc", "psutil", "build-essential"),
        ("pkg-config", "PyCairo", "pkg-config and libcairo2-dev"),
        ("pkg-config", "another", "pkg-config"),
    ],
)
def test_a_program_has_a_package(program: str, required_by: str, package: str) -> None:
    assert package_of_program(program, required_by) == package
