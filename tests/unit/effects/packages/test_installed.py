"""Distributions are listed and removed according to their RECORD files."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.packages.installed import (
    InstalledDistributions,
    read_installed,
    written_into,
)
from slipway.effects.packages.records import record_digest
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


def change(environment: Virtualenv, record: str | bytes) -> None:
    """Replace the RECORD of the package quay, whose modules are quay.py and harbour/quay.py."""
    data = record if isinstance(record, bytes) else record.encode()
    (environment.site_packages / "quay-2.dist-info" / "RECORD").write_bytes(data)


QUAY = "quay.py,,\nharbour/quay.py,,\nquay-2.dist-info/RECORD,,\n"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(QUAY.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(f"\n{QUAY}\n\n", id="blank lines"),
        pytest.param(QUAY.replace(",,", ""), id="few fields"),
        pytest.param(QUAY.replace(",,", ",sha256=a,1,more,fields"), id="many fields"),
        pytest.param(QUAY + QUAY, id="rows twice"),
        pytest.param(QUAY.replace("quay.py", "./harbour/../quay.py", 1), id="a winding path"),
        pytest.param(QUAY + "quay-2.data/scripts/quay,sha256=a,9\n", id="a missing file"),
        pytest.param(QUAY + "../../../share/man/man1/quay.1,,\n", id="missing data"),
        pytest.param(QUAY + "quay.py/below,,\n", id="a file below a file"),
        pytest.param(QUAY + f"{'n' * 300}.py,,\n", id="a name that is too long"),
    ],
)
def test_a_careless_record_is_an_index_too(record: str, environment: Virtualenv) -> None:
    change(environment, record)
    installed(environment).remove(["quay"])
    assert not [name for name in names(environment) if "quay" in name]
    assert "harbour/pier.py" in names(environment)
    assert not installed(environment).has_any(["quay"])


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(QUAY + "/etc/passwd,,\n", id="an absolute path"),
        pytest.param(QUAY + "../../../../outside,,\n", id="a file outside"),
        pytest.param(QUAY + "harbour,,\n", id="a folder"),
        pytest.param(QUAY + "harbour/,,\n", id="a folder with a slash"),
        pytest.param(QUAY + "../../..,,\n", id="the whole environment"),
        pytest.param(QUAY + ",,\n", id="an empty path"),
        pytest.param(QUAY + "\0,,\n", id="a null byte"),
        pytest.param(QUAY.replace("harbour/quay.py,,\n", ""), id="too few rows"),
        pytest.param("\ufeff" + QUAY, id="a byte order mark"),
        pytest.param(QUAY.encode("utf-16"), id="UTF-16"),
        pytest.param(QUAY + f'"{"n" * 200_000}",,\n', id="a long field"),
        pytest.param("", id="empty"),
    ],
)
def test_an_index_that_is_not_certain_is_none(
    record: str | bytes, environment: Virtualenv
) -> None:
    change(environment, record)
    assert read_installed(environment) is None


@pytest.mark.parametrize(
    "files",
    [
        {f"{PACKAGES}/old.egg-info": ""},
        {f"{PACKAGES}/old.egg-info/installed-files.txt": "../old.py\n"},
        {f"{PACKAGES}/old.egg-link": "/src"},
        {f"{PACKAGES}/lost.py": ""},
        {"share/doc/readme": ""},
        {"bin/lost": ""},
        {f"{PACKAGES}/Quay-3.dist-info/RECORD": "Quay-3.dist-info/RECORD,,\n"},
        {f"{PACKAGES}/more-1.dist-info/METADATA": ""},
    ],
    ids=lambda files: next(iter(files)).replace(f"{PACKAGES}/", ""),
)
def test_files_without_a_record_make_the_index_uncertain(
    files: dict[str, str], environment: Virtualenv
) -> None:
    write_files(environment.root, files)
    assert read_installed(environment) is None


def test_scripts_and_data_are_part_of_the_index(environment: Virtualenv) -> None:
    more = "../../../share/man/man1/quay.1,,\n../../../include/site/python3.12/quay/q.h,,\n"
    change(environment, f"{QUAY}{more}")
    write_files(
        environment.root, {"share/man/man1/quay.1": "", "include/site/python3.12/quay/q.h": ""}
    )
    installed(environment).remove(["quay"])
    assert sorted(path.name for path in environment.root.iterdir()) == ["bin", "lib"]


def test_files_of_slipway_are_in_no_record(environment: Virtualenv) -> None:
    own = {"pyvenv.cfg": "", "lock.txt": "", f"{PACKAGES}/slipway-vendored.pth": ""}
    write_files(environment.root, own)
    (environment.bin / "python").symlink_to("/usr/bin/python3")
    (environment.root / "lib/python3.12/os.py").symlink_to("/usr/lib/python3.12/os.py")
    assert read_installed(environment, {"lock.txt"})
    assert read_installed(environment) is None


def shared(environment: Virtualenv, file: str, content: bytes) -> None:
    """Write a file that has a second name, as uv installs it."""
    path = environment.site_packages / file
    path.write_bytes(content)
    other = environment.root.parent / "in-cache"
    other.unlink(missing_ok=True)
    other.hardlink_to(path)


def test_only_files_that_differ_from_their_records_were_written_into(
    environment: Virtualenv,
) -> None:
    digest = record_digest(b"as installed")
    shared(environment, "quay.py", b"as installed")
    change(environment, QUAY.replace("quay.py,,", f"quay.py,{digest},12", 1))
    assert not written_into(environment, ["quay"])
    shared(environment, "quay.py", b"changed")
    assert written_into(environment, ["quay"])
    assert not written_into(environment, ["pier"])


@pytest.mark.parametrize("path", ["missing", "harbour", "/nowhere/none", "\0", "n" * 300, ""])
def test_records_of_other_things_than_files_are_ignored(
    path: str, environment: Virtualenv
) -> None:
    change(environment, f"{path},sha256=abc,1\n")
    assert not written_into(environment, ["quay"])


def test_without_a_record_nothing_was_written_into(environment: Virtualenv) -> None:
    (environment.site_packages / "quay-2.dist-info" / "RECORD").unlink()
    assert not written_into(environment, ["quay"])


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
