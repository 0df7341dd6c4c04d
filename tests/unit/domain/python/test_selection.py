"""An app gets the Python that it requests, or an error names the file with the request."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.markers import Marker

from slipway.domain.python.selection import (
    ANY_PYTHON,
    Interpreter,
    newest_fitting,
    parse_version,
    versions_and_paths,
)
from unit.samples import PYTHON


def python(version: str, path: str = "/usr/bin/python3") -> Interpreter:
    return replace(PYTHON, version=version, path=path)


def newest(requested: str, *versions: str) -> str | None:
    found = newest_fitting(parse_version(requested, ""), map(python, versions))
    return found.version if found else None


def test_the_newest_fitting_version_is_selected() -> None:
    image = ("3.10.14", "3.12.9", "3.12.11", "3.13.0")
    assert newest("3.12", *image) == "3.12.11"
    assert newest(ANY_PYTHON.specifier, *image) == "3.13.0"


def test_the_first_of_equal_versions_is_selected() -> None:
    image_pythons = [python("3.12.1", "/first"), python("3.12.1", "/second")]
    found = newest_fitting(ANY_PYTHON, image_pythons)
    assert found
    assert found.path == "/first"


@pytest.mark.parametrize(
    ("requested", "image_pythons"),
    [
        pytest.param("3.12", ["3.11.2", "3.13.0"], id="another-minor"),
        pytest.param("3.12.4", ["3.12.5"], id="another-patch"),
        pytest.param(">=3.8", ["3.9.19"], id="fits-and-is-not-supported"),
        pytest.param(">=3.10", ["3.15.0rc1"], id="pre-release"),
        pytest.param("3.12", [], id="none"),
    ],
)
def test_an_unfit_version_is_never_selected(requested: str, image_pythons: list[str]) -> None:
    assert newest(requested, *image_pythons) is None


def test_versions_are_listed_newest_first() -> None:
    found = versions_and_paths([python("3.9.2", "/a"), python("3.12.4"), python("3.11.9")])
    assert found == (
        ("3.12.4", "/usr/bin/python3"),
        ("3.11.9", "/usr/bin/python3"),
        ("3.9.2", "/a"),
    )


@pytest.mark.parametrize(
    ("requested", "minor", "may_fit"),
    [
        ("3.12", 12, True),
        ("3.12", 13, False),
        ("3.12.40", 12, True),
        ("~=3.12.3", 12, True),
        (">3.12.5", 12, True),
        (">=3.13", 12, False),
    ],
)
def test_a_minor_version_may_fit_if_one_of_its_patches_does(
    requested: str, minor: int, *, may_fit: bool
) -> None:
    assert parse_version(requested, "").may_fit(3, minor) is may_fit


def test_an_interpreter_is_identified_by_version_and_path() -> None:
    assert PYTHON.minor == "3.13"
    identity = "CPython 3.13.1 linux-x86_64 glibc 2.36 /usr/bin/python3.13, build ab"
    assert replace(PYTHON, build="ab").identity == identity


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("python_version == '3.12'", True),
        ("python_version < '3.13'", True),
        ("python_version >= '3.9'", True),
        ("python_full_version == '3.12.10'", True),
        ("implementation_name == 'cpython' and sys_platform == 'linux'", True),
        ("platform_python_implementation == 'PyPy'", False),
        ("os_name == 'nt'", False),
    ],
)
def test_markers_are_those_of_the_apps_python(marker: str, *, holds: bool) -> None:
    assert Marker(marker).evaluate(dict(python("3.12.10").markers)) is holds


@pytest.mark.parametrize(("version", "is_supported"), [("3.10.0", True), ("3.9.99", False)])
def test_the_oldest_supported_version_is_3_10(version: str, *, is_supported: bool) -> None:
    assert (newest(">=3", version) == version) is is_supported


@pytest.mark.parametrize(
    ("requested", "is_open"),
    [
        (ANY_PYTHON.specifier, True),
        (">=3.10", True),
        (">=3.8,<4.0", True),
        (">=3.10,<4", True),
        (">=3.11,!=3.13.*", True),
        (">=3.11,<3.13", True),
        (">=3.11.4,<3.13", True),
        ("3", True),
        ("3.12", False),
        ("3.15", False),
        (">=3.12,<3.13", False),
        ("~=3.12.3", False),
        ("3.12.4", False),
        ("==3.9.*", False),
        (">=99", False),
    ],
)
def test_a_request_that_several_series_fit_is_open(requested: str, *, is_open: bool) -> None:
    assert parse_version(requested, "").is_open is is_open
