"""Local distributions are named so that pip uses them, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from slipway.domain.requirements.lock import Lock, parse
from slipway.toolchains.protocol import LocalDistribution, Locked, constraints, locked_with

FOLDERS = ["/cache/wheel", "/hafen straße", "/a#b", "/a;b", "/${HOME}", "/100%", "/a b/@c"]


def wheel(folder: str = "/cache/wheel") -> LocalDistribution:
    return LocalDistribution(
        name="acme-core",
        version="1.0+local",
        path=Path(folder, "acme_core-1.0+local-py3-none-any.whl"),
        sha256="ab" * 32,
        source="vendor/acme-core",
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_constraint_may_name_any_folder(folder: str) -> None:
    constraint = wheel(folder).constraint
    found = Requirement(constraint)
    assert found.name == "acme-core"
    assert (found.url or "").startswith("file:///")
    assert not set(constraint.split(" @ ", 1)[1]) & set(" #;$")


def test_a_file_is_locked_with_hash_and_source() -> None:
    locked = wheel().locked
    assert (locked.requirement, locked.version) == ("acme-core==1.0+local", "1.0+local")
    assert locked.hashes == (f"sha256:{'ab' * 32}",)
    assert locked.source == "vendor/acme-core"


def test_every_local_distribution_is_a_constraint() -> None:
    lines = constraints([wheel(), wheel("/other")]).splitlines()
    assert [line.split(" @ ")[0] for line in lines] == ["acme-core", "acme-core"]
    assert constraints([]) == ""


def test_local_files_have_addresses() -> None:
    locked = Locked(lock=Lock(packages=()), wheels={"acme-core": wheel("/a b").path})
    assert locked.addresses == {
        "acme-core": "file:///a%20b/acme_core-1.0%2Blocal-py3-none-any.whl"
    }


def test_markers_are_removed_from_a_lock() -> None:
    text = f"acme-core==9\nsix==1.0 ; python_version > '3' --hash=sha256:{'ab' * 32}\n"
    locked = locked_with(parse(text, "locked.txt"), [wheel()])
    assert [package.requirement for package in locked.lock] == [
        "acme-core==1.0+local",
        "six==1.0",
    ]
    assert locked.wheels == {"acme-core": wheel().path}
