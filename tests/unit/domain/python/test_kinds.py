"""Pythons that are not releases of CPython are recognized by the names that tools give them."""

from __future__ import annotations

import pytest

from slipway.domain.python.kinds import named, refuse_kind
from slipway.domain.python.series import MINORS
from slipway.errors.python import ADVISED, PythonKindUnsupported


@pytest.mark.parametrize(
    ("requested", "kind", "instead"),
    [
        ("3.13t", "free-threaded", "3.13"),
        ("3.13.1t", "free-threaded", "3.13"),
        ("python-3.13t", "free-threaded", "3.13"),
        ("cpython-3.13t", "free-threaded", "3.13"),
        ("3.13+freethreaded", "free-threaded", "3.13"),
        ("cpython-3.13.2+freethreaded-linux-x86_64-gnu", "free-threaded", "3.13"),
        ("3.14.0rc1t", "free-threaded", "3.14"),
        ("nogil-3.9.10", "free-threaded", ADVISED),
        (">=3.13t", "free-threaded", "3.13"),
        ("~3.13t", "free-threaded", "3.13"),
        (">= 3.13t, <3.15", "free-threaded", "3.13"),
        (">=3.12,<3.14t", "free-threaded", "3.12"),
        ("3.13d", "debug", "3.13"),
        ("3.13+debug", "debug", "3.13"),
        ("3.12-dev", "development", "3.12"),
        ("3.99-dev", "development", MINORS[0]),
        ("3.15.0rc1", "pre-release", "3.15"),
        ("3.15rc1", "pre-release", "3.15"),
        ("3.99.0a3", "pre-release", MINORS[0]),
        ("pypy3.10", "PyPy", "3.10"),
        ("pypy3.11-7.3.19", "PyPy", "3.11"),
        ("PyPy-3.10", "PyPy", "3.10"),
        ("pypy", "PyPy", ADVISED),
        ("pypy310", "PyPy", "3.10"),
        ("pypy39", "PyPy", ADVISED),
        ("pp310", "PyPy", "3.10"),
        ("python-pypy3.11", "PyPy", "3.11"),
        ("rustpython-0.3", "RustPython", ADVISED),
        ("pypy2.7-7.3.19", "PyPy", ADVISED),
        ("pypy-c-jit-latest", "PyPy", ADVISED),
        ("graalpy-24.1.1", "GraalPy", ADVISED),
        ("graalpy-community-24.1.1", "GraalPy", ADVISED),
        ("miniconda3-latest", "conda", ADVISED),
        ("miniconda3-3.12-24.9.2-0", "conda", "3.12"),
        ("anaconda3-2024.10-1", "conda", ADVISED),
        ("miniforge3-24.9.2-0", "conda", ADVISED),
        ("jython-2.7.4", "Jython", ADVISED),
        ("system", "system", ADVISED),
    ],
)
def test_a_kind_is_recognized_by_its_name(requested: str, kind: str, instead: str) -> None:
    with pytest.raises(PythonKindUnsupported) as error:
        refuse_kind(requested, ".python-version")
    assert (error.value.kind, error.value.instead) == (kind, instead)


@pytest.mark.parametrize(
    "requested",
    [
        *("3", "3.12", "3.12.1", "cpython-3.12.3-linux-x86_64-gnu", ">=3.13", "3.12-shop"),
        *(">=3.14.0rc1", ">=3.12,<3.14.0rc1", "~=3.13.1", "312", "app", "python-app"),
        *("pypy-project", "conda-forge", "systems", "my-app", "", "3.12.*", "3.x"),
    ],
)
def test_other_names_are_of_no_kind(requested: str) -> None:
    refuse_kind(requested, ".python-version")


def test_the_version_in_a_name_is_advised_if_an_app_can_have_it() -> None:
    assert named("shop-3.11.4") == "3.11"
    assert named("3.8") == named("13.11") == named("shop") == ADVISED
    assert named("3.123456") == named("3999") == named("399") == ADVISED
    assert named("312") == "3.12"
