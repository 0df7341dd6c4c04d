"""A lock without a file for the app's Python is told from one with a wrong hash."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import FromIndex, Pin
from slipway.domain.locks.fit import missing_file
from slipway.domain.tool_output.wheel_tags import Target

TARGET = Target(python="3.13.1", platforms=("manylinux_2_17_x86_64", "linux_x86_64"))


@pytest.mark.parametrize(
    ("files", "is_missing"),
    [
        pytest.param([], False, id="unknown"),
        pytest.param(["a-1.tar.gz"], False, id="sdist"),
        pytest.param(["a-1-py3-none-any.whl"], False, id="any"),
        pytest.param(["a-1-cp311-cp311-linux_x86_64.whl"], True, id="another-python"),
        pytest.param(["a-1-cp313-cp313-win_amd64.whl"], True, id="another-platform"),
        pytest.param(["a-1-cp313-cp313-linux_x86_64.whl"], False, id="this-one"),
        pytest.param(["a-1-cp311-cp311-linux_x86_64.whl", "a-1.zip"], False, id="both"),
        pytest.param(["nonsense.whl"], True, id="not-a-wheel"),
    ],
)
def test_a_missing_file_is_found(files: list[str], *, is_missing: bool) -> None:
    pins = [
        Pin(name="b", version="1", source=FromIndex(), files=("b-1-cp39-cp39-any.whl",)),
        Pin(name="a", version="1", source=FromIndex(), files=tuple(files)),
    ]
    found = missing_file("A==1 (from x)", pins, "pylock.toml", TARGET)
    assert (found is not None) is is_missing
    if found:
        assert (found.file, found.package, found.files) == ("pylock.toml", "a 1", tuple(files))


def test_a_package_that_no_lock_has_is_not_missing_a_file() -> None:
    assert missing_file("c==1", [], "pylock.toml", TARGET) is None
