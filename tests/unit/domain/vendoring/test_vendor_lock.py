"""vendor.lock has the origin of vendored packages, and is read back as it was written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.vendor_lock import (
    LockedSource,
    VendorLock,
    differences,
    lock,
    parse,
    render,
)
from slipway.errors.submodules import VendorLockInvalid

DIGEST, OTHER = "1f" * 32, "2e" * 32
COMMIT, NEWER = "abc1234" + "0" * 33, "def5678" + "0" * 33

ACME = InspectedPackage(
    package=VendoredPackage(path="vendor/acme", form=Form.TREE),
    digest=DIGEST,
    url="https://git.example/acme.git",
    commit=COMMIT,
    version="1.2",
)
PLAIN = InspectedPackage(
    package=VendoredPackage(path="vendor/plain.py", form=Form.PLAIN), digest=OTHER
)
APP = InspectedPackage(package=VendoredPackage(path=".", form=Form.TREE), digest=OTHER)

TEXT = f"""\
# The origin of this app's vendored packages, written by `bin/slipway vendor lock`. Commit it
# with them: a build stops if they differ from it.

[[package]]
path = "vendor/acme"
url = "https://git.example/acme.git"
commit = "{COMMIT}"
version = "1.2"
tree = "sha256:{DIGEST}"

[[package]]
path = "vendor/plain.py"
tree = "sha256:{OTHER}"
"""


def test_a_lock_is_written_sorted_and_without_the_app_itself() -> None:
    assert render(lock([PLAIN, APP, ACME])) == TEXT


def test_a_lock_is_read_back() -> None:
    read = parse(TEXT)
    assert read == lock([ACME, PLAIN])
    assert render(parse(render(read))) == render(read)


@pytest.mark.parametrize(
    "path", ["vendor/a b", "vendor/grüße", 'vendor/"a"', "vendor/a\\x41", "vendor/\x7f\n", "🚢"]
)
def test_paths_with_any_characters_are_read_back(path: str) -> None:
    locked = VendorLock(packages=(LockedSource(path=path, digest=DIGEST),))
    assert parse(render(locked)) == locked


def test_an_empty_lock_is_read_back() -> None:
    assert parse(render(VendorLock())) == VendorLock()


def test_credentials_are_not_written() -> None:
    found = replace(ACME, url="https://ada:secret@git.example/acme.git")
    assert "secret" not in render(lock([found]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("<<<<<<< HEAD\n" + TEXT, "line 1", id="a-merge-conflict"),
        pytest.param("package = 1", "list of tables", id="not-a-list"),
        pytest.param("package = [1]", "package 1 is not a table", id="not-a-table"),
        pytest.param("[[package]]\ntree = 'x'", "package 1 has no path", id="no-path"),
        pytest.param("[[package]]\npath = 1", "path = 1 is not a string", id="not-a-string"),
        pytest.param("[[package]]\npath = 'a'", "the `tree` of a is not", id="no-tree"),
        pytest.param(
            "[[package]]\npath = 'a'\ntree = 'sha256:12'", "the `tree` of a is not", id="short"
        ),
        pytest.param(TEXT.replace(COMMIT, "main"), "commit of vendor/acme", id="a-branch"),
        pytest.param(TEXT.replace("1.2", "latest"), "latest", id="invalid-version"),
        pytest.param(
            TEXT.replace("plain.py", "acme"), "more than one entry for vendor/acme", id="twice"
        ),
    ],
)
def test_a_broken_lock_is_reported_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(VendorLockInvalid) as invalid:
        parse(text)
    assert invalid.value.file == "vendor.lock"
    assert reason in invalid.value.reason


def test_locked_packages_have_no_differences() -> None:
    assert differences(parse(TEXT), [ACME, PLAIN, APP]) == ()
    assert differences(parse(TEXT), [replace(ACME, commit=None, url=None), PLAIN]) == ()


@pytest.mark.parametrize(
    ("found", "difference"),
    [
        ([replace(ACME, digest=OTHER)], "the files differ from those that were locked"),
        (
            [replace(ACME, commit=NEWER, digest=OTHER)],
            "the app has commit def5678, but vendor.lock has abc1234",
        ),
        ([], "it is in vendor.lock, but not in the app"),
    ],
)
def test_each_difference_is_reported(found: list[InspectedPackage], difference: str) -> None:
    assert differences(parse(TEXT), [*found, PLAIN]) == (("vendor/acme", difference),)


def test_a_package_that_is_not_locked_is_a_difference() -> None:
    assert differences(lock([ACME]), [PLAIN, ACME]) == (
        ("vendor/plain.py", "it is in the app, but not in vendor.lock"),
    )
