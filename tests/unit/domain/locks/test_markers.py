"""Markers are compared by what they mean."""

from __future__ import annotations

import time

import pytest
from packaging.markers import InvalidMarker

from slipway.domain.locks.markers import (
    ALWAYS,
    are_same,
    holds,
    is_possible,
    when,
    when_python,
)


@pytest.mark.parametrize(
    ("first", "second", "pythons"),
    [
        ("python_version < '3.11'", "python_full_version < '3.11'", ""),
        ("python_version <= '3.11'", "python_full_version < '3.12'", ""),
        ("python_version >= '3.8' and os_name == 'nt'", "os_name == 'nt'", ">=3.10"),
        ("platform_system == 'Windows'", "sys_platform == 'win32'", ""),
        ("'linux' == sys_platform", 'sys_platform == "linux"', ""),
        (
            "python_version in '3.11, 3.12'",
            "python_version == '3.11' or python_version == '3.12'",
            ">=3.11",
        ),
        ("extra == 'a' and os_name == 'nt'", "os_name == 'nt' and extra == 'a'", ""),
        (
            "platform_machine in 'x86_64 arm64'",
            "platform_machine == 'arm64' or platform_machine == 'x86_64'",
            "",
        ),
        ("platform_python_implementation == 'PyPy'", "implementation_name == 'pypy'", ""),
        ("python_version < '3.9'", "python_version < '3.8'", ">=3.10"),
        ("sys_platform == 'linux' or sys_platform != 'linux'", "", ""),
    ],
)
def test_these_are_the_same(first: str, second: str, pythons: str) -> None:
    assert are_same(when(first), when(second), pythons)


@pytest.mark.parametrize(
    ("first", "second", "pythons"),
    [
        ("python_version < '3.11'", "python_version < '3.12'", ">=3.10"),
        ("python_full_version < '3.11.4'", "python_full_version < '3.11.5'", ""),
        ("os_name == 'nt'", "", ""),
        ("extra == 'a'", "extra == 'b'", ""),
        ("extra == 'a'", "", ""),
        ("platform_machine == 'arm64'", "platform_machine == 'aarch64'", ""),
        ("sys_platform == 'cygwin'", "sys_platform == 'win32'", ""),
        ("implementation_name == 'pypy'", "implementation_name == 'cpython'", ""),
        ("platform_release >= '6'", "", ""),
    ],
)
def test_these_differ(first: str, second: str, pythons: str) -> None:
    assert not are_same(when(first), when(second), pythons)


def test_conditions_are_put_together() -> None:
    linux, windows = when("sys_platform == 'linux'"), when("sys_platform == 'win32'")
    assert are_same(linux & ALWAYS, linux)
    assert are_same(linux | ALWAYS, ALWAYS)
    assert are_same(~linux & ~windows, ~(linux | windows))
    assert not is_possible(linux & windows)
    assert is_possible(~linux & ~windows)


def test_a_python_is_a_condition() -> None:
    condition = when_python(">=3.11,<3.13")
    assert are_same(condition, when("python_version >= '3.11' and python_version < '3.13'"))
    assert when_python("") == ALWAYS


def test_each_of_several_extras_is_equal_to_the_variable() -> None:
    environment = {"extras": frozenset({"a", "b"})}
    assert holds("extra == 'a' and 'b' == extra and extra != 'c'", environment)


@pytest.mark.parametrize(
    "marker", ["x", "os_name ~= 'posix'", "extra in 'a b'", "os_name = 'a'"]
)
def test_invalid_markers_are_refused(marker: str) -> None:
    with pytest.raises(InvalidMarker):
        holds(marker, {})


def test_a_long_name_takes_linear_time() -> None:
    started = time.process_time()
    with pytest.raises(InvalidMarker):
        is_possible(when("===" + 20_000 * "a."))
    assert time.process_time() - started < 1
