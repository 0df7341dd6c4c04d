"""Distributions are listed and removed according to their RECORD files."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.packages.installed import InstalledDistributions, read_installed
from slipway.effects.packages.virtualenvs import Virtualenv
from unit.samples import write_files

PACKAGES = "lib/python3.12/site-packages"
RECORDS = {
    "Anchor_Chain-1.0": "anchor/__init__.py,sha256=a,1\nanchor/deep/one.py,,\n"
    '../../../bin/anchor,,\n"anchor/with, comma.txt",,\n'
    "Anchor_Chain-1.0.dist-info/RECORD,,\n",
    "quay-2": "quay.py,,\nharbour/quay.py,,\nquay-2.dist-info/RECORD,,\n",
    "pier-3": "harbour/pier.py,,\npier-3.dist-info/RECORD,,\n",
}


@pytest.fixture
def environment(tmp_path: Path) -> Virtualenv:
    root = tmp_path / "venv"
    for name, record in RECORDS.items():
        write_files(root / PACKAGES, {f"{name}.dist-info/RECORD": record})
        for line in record.splitlines():
            file = line.rsplit(",", 2)[0].strip('"')
            if not file.endswith("RECORD"):
                write_files(root / PACKAGES, {file: ""})
    pyc = {
        "__pycache__/quay.cpython-312.pyc": "",
        "anchor/deep/__pycache__/one.cpython-312.pyc": "",
    }
    write_files(root / PACKAGES, pyc)
    return Virtualenv(root, "3.12.1")


def installed(environment: Virtualenv) -> InstalledDistributions:
    found = read_installed(environment)
    assert found
    return found


def names(environment: Virtualenv) -> list[str]:
    return sorted(
        str(path.relative_to(environment.root)).replace(f"{PACKAGES}/", "")
        for path in environment.root.rglob("*")
        if path.is_file()
    )


def test_files_are_grouped_by_normalized_name(environment: Virtualenv) -> None:
    found = installed(environment)
    assert found.files.keys() == {"anchor-chain", "quay", "pier"}
    assert found.files_of(["anchor-chain"]) == {
        "bin/anchor",
        f"{PACKAGES}/anchor/__init__.py",
        f"{PACKAGES}/anchor/deep/one.py",
        f"{PACKAGES}/anchor/with, comma.txt",
        f"{PACKAGES}/Anchor_Chain-1.0.dist-info/RECORD",
    }
    assert found.files_of(["unknown"]) == frozenset()


def test_packages_are_removed_with_their_bytecode_and_folders(
    environment: Virtualenv,
) -> None:
    installed(environment).remove(["anchor-chain", "quay", "never-there"])
    assert names(environment) == ["harbour/pier.py", "pier-3.dist-info/RECORD"]
    rest = sorted(path.name for path in environment.site_packages.iterdir())
    assert rest == ["harbour", "pier-3.dist-info"]
    assert not environment.bin.exists()
    found = installed(environment)
    assert not found.has_any(["quay"])
    assert found.has_any(["quay", "pier"])


def test_shared_files_are_detected(environment: Virtualenv) -> None:
    assert not installed(environment).shared_by(["quay"])
    record = environment.site_packages / "pier-3.dist-info" / "RECORD"
    record.write_text(record.read_text() + "harbour/quay.py,,\n")
    assert installed(environment).shared_by(["quay"])
    assert installed(environment).shared_by(["pier"])
    assert not installed(environment).shared_by(["pier", "quay"])
    assert not installed(environment).shared_by(["anchor-chain"])


@pytest.mark.parametrize("line", ["/etc/passwd,,\n", "../../../../outside,,\n"])
def test_a_record_with_a_file_outside_the_environment_is_rejected(
    line: str, environment: Virtualenv
) -> None:
    record = environment.site_packages / "quay-2.dist-info" / "RECORD"
    record.write_text(record.read_text() + line)
    assert read_installed(environment) is None


def test_nothing_is_known_if_a_record_is_missing(environment: Virtualenv) -> None:
    (environment.site_packages / "quay-2.dist-info" / "RECORD").unlink()
    assert read_installed(environment) is None


def test_modules_are_grouped_by_distribution(environment: Virtualenv) -> None:
    record = environment.site_packages / "pier-3.dist-info" / "RECORD"
    record.write_text(record.read_text() + "harbour/quay.py,,\n../../../bin/pier.py,,\n")
    packages = environment.site_packages
    anchor = [packages / "anchor/__init__.py", packages / "anchor/deep/one.py"]
    quay = [packages / "quay.py"]
    assert installed(environment).modules() == [
        anchor,
        [packages / "harbour/pier.py", packages / "harbour/quay.py"],
        quay,
    ]
    assert installed(environment).modules(["anchor-chain"]) == [anchor]
