"""Faults of a lock are found for the app's Python, or for all Pythons."""

from __future__ import annotations

import pytest

from slipway.domain.locks.brought import NO_CHOICE, FromIndex, FromPath, Pin
from slipway.domain.locks.fit import (
    missing_file,
    not_editable,
    refuse_other_pythons,
    refuse_unusable,
)
from slipway.domain.locks.pylock import read_pylock
from slipway.domain.python.selection import parse_version
from slipway.domain.python.wheel_tags import Target
from slipway.errors.locks import LockBroken, LockNotForThisPython

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


HEAD = 'lock-version = "1.0"\ncreated-by = "x"\nrequires-python = "==3.12.*"\n'
FILE = (
    'wheels = [{{url = "https://f.example/a-1-py3-none-any.whl", hashes = {{sha256 = "{}"}}}}]'
)


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        pytest.param([f'name = "a"\n{FILE.format("4" * 9)}'], "A hash of a", id="hash"),
        pytest.param([f'name = "a"\n{FILE.format("4" * 64)}'] * 2, "Multiple", id="twice"),
    ],
)
def test_a_fault_for_every_python_is_found_before_one_is_selected(
    packages: list[str], reason: str
) -> None:
    text = HEAD + "".join(f"[[packages]]\n{one}\n" for one in packages)
    with pytest.raises(LockBroken) as broken:
        refuse_unusable(read_pylock(text, "pylock.toml", lambda _: None), NO_CHOICE)
    assert reason in broken.value.reason


def test_a_lock_for_another_python_has_no_fault() -> None:
    text = HEAD.replace("3.12", "3.8") + f'[[packages]]\nname = "a"\n{FILE.format("4" * 9)}'
    refuse_unusable(read_pylock(text, "pylock.toml", lambda _: None), NO_CHOICE)


@pytest.mark.parametrize(
    ("requested", "required"),
    [("3.12", "==3.11.*"), ("3.12.3", "==3.12.4"), (">=3.13", "<3.12")],
)
def test_a_lock_for_no_python_of_a_setting_is_refused(requested: str, required: str) -> None:
    text = f"{HEAD.replace('==3.12.*', required)}packages = []\n"
    lock = read_pylock(text, "pylock.toml", lambda _: None)
    request = parse_version(requested, "SLIPWAY_PYTHON_VERSION")
    with pytest.raises(LockNotForThisPython) as refused:
        refuse_other_pythons(lock, NO_CHOICE, request)
    assert refused.value.python == request.requested
    fitting = refused.value.fitting
    assert fitting
    assert (fitting.minor, fitting.changes) == (
        "3.12" if "3.12.4" in required else "3.11",
        ("SLIPWAY_PYTHON_VERSION",),
    )


@pytest.mark.parametrize(
    ("requested", "required"),
    [("3.12", "==3.12.1"), (">=3.12", "==3.12.*"), ("3.99", ">=3.12"), ("3.12", ">=3.12.5")],
)
def test_a_lock_for_some_python_that_fits_a_request_is_not_refused(
    requested: str, required: str
) -> None:
    text = f"{HEAD.replace('==3.12.*', required)}packages = []\n"
    lock = read_pylock(text, "pylock.toml", lambda _: None)
    refuse_other_pythons(lock, NO_CHOICE, parse_version(requested, ".python-version"))


def test_several_editable_packages_are_in_one_sentence() -> None:
    pins = [Pin(name=name, source=FromPath(path=name), is_editable=True) for name in "abcdefg"]
    assert not_editable(pins[:2], "uv.lock").startswith(
        "Installing a and b, which are editable in uv.lock, as wheels"
    )
    assert not_editable(pins[:1], "uv.lock") == (
        "Installing a, which is editable in uv.lock, as a wheel, because the app may be moved "
        "after its build"
    )
    assert "Installing a, b, c, d, e and 2 more, which" in not_editable(pins, "uv.lock")


def test_a_lock_without_editable_packages_has_no_notice() -> None:
    pins = [Pin(name="a", version="1", source=FromIndex())]
    assert not_editable(pins, "uv.lock") == ""
