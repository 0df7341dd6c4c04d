"""Which Pythons and platforms a wheel is for, by its name."""

from __future__ import annotations

import pytest

from slipway.domain.python.wheel_tags import (
    Target,
    describe_platforms,
    marker_for,
    platforms_of,
    wheel_fits,
)

LINUX = ("manylinux_2_36_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


@pytest.mark.parametrize(
    ("tags", "python", "fits"),
    [
        ("py3-none-any", "3.12.1", True),
        ("py2.py3-none-win_amd64", "3.12", True),
        ("cp312-cp312-win_amd64", "3.12", True),
        ("cp311-cp311-win_amd64", "3.12", False),
        ("cp39-abi3-macosx_11_0_arm64", "3.12", True),
        ("cp313-abi3-macosx_11_0_arm64", "3.12", False),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "3.10", False),
        ("cp27-cp27m-win32", "3.12", False),
    ],
)
def test_a_wheel_is_for_a_python_on_any_platform(tags: str, python: str, *, fits: bool) -> None:
    assert wheel_fits(f"anchor-1.0-{tags}.whl", python, None) is fits


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        ("py3-none-any", True),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("cp312-cp312-manylinux_2_39_x86_64", False),
        ("cp312-cp312-musllinux_1_2_x86_64", False),
        ("cp312-cp312-manylinux_2_17_aarch64", False),
    ],
)
def test_a_wheel_is_for_a_python_on_a_platform(tags: str, *, fits: bool) -> None:
    assert wheel_fits(f"anchor-1.0-{tags}.whl", "3.12", LINUX) is fits


@pytest.mark.parametrize("name", ["anchor.whl", "anchor-1.0.tar.gz", "anchor-x-y-z-any.whl"])
def test_an_invalid_name_fits_nothing(name: str) -> None:
    assert not wheel_fits(name, "3.12", None)


def test_platforms_are_described_in_words() -> None:
    files = (
        "anchor-1-cp312-cp312-win_amd64.whl",
        "anchor-1-cp312-cp312-win32.whl",
        "anchor-1-cp312-cp312-macosx_11_0_arm64.whl",
        "anchor-1-cp312-cp312-musllinux_1_2_aarch64.whl",
        "anchor-1-cp312-cp312-manylinux2014_x86_64.whl",
        "anchor-1-cp312-cp312-linux_armv7l.whl",
        "anchor-1-cp312-cp312-haiku_1.whl",
    )
    assert describe_platforms(platforms_of(files)) == (
        "Linux on aarch64 with musl, such as Alpine",
        "Linux on armv7l",
        "Linux on x86_64 (glibc 2.17 or newer)",
        "Windows",
        "haiku_1",
        "macOS",
    )


@pytest.mark.parametrize(
    ("platforms", "marker"),
    [
        (("win32", "win_amd64"), 'sys_platform == "win32"'),
        (("macosx_11_0_arm64",), 'sys_platform == "darwin"'),
        (("win32", "macosx_11_0_arm64"), ""),
        (("musllinux_1_2_x86_64",), ""),
        ((), ""),
    ],
)
def test_a_marker_is_true_only_where_a_wheel_fits(
    platforms: tuple[str, ...], marker: str
) -> None:
    assert marker_for(platforms) == marker


@pytest.mark.parametrize(
    ("platforms", "description"),
    [
        (LINUX, "Linux on x86_64 (glibc 2.36)"),
        (("musllinux_1_2_x86_64", "linux_x86_64"), "Linux on x86_64 with musl, such as Alpine"),
        (("macosx_14_0_arm64",), "macosx_14_0_arm64"),
        ((), "this platform"),
    ],
)
def test_the_platform_of_an_image_is_described(
    platforms: tuple[str, ...], description: str
) -> None:
    assert Target(python="3.12.1", platforms=platforms).description == description
