"""Wheels are used only if they match their RECORD, and are written reproducibly."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.vendoring.core_metadata import minimal_metadata
from slipway.effects.files import sha256_of
from slipway.effects.packages.wheels import read_metadata, rewrite_wheel, write_metadata_wheel
from slipway.errors.vendored import WheelInvalid
from unit.wheels import FILES, INFO, METADATA, NAME, RECORD, entries, record, row, text, wheel


def reason(path: Path) -> str:
    with pytest.raises(WheelInvalid) as invalid:
        read_metadata(path, "vendor/the wheel.whl")
    assert invalid.value.path == "vendor/the wheel.whl"
    return invalid.value.reason


@pytest.mark.parametrize(
    "path", sorted((ROOT / "vendor").glob("*.whl")), ids=lambda path: path.name
)
def test_wheels_of_many_build_backends_are_valid(path: Path) -> None:
    assert "Name: " in read_metadata(path, path.name)


def test_the_metadata_of_a_valid_wheel_is_returned(tmp_path: Path) -> None:
    assert read_metadata(wheel(tmp_path / NAME, FILES), NAME) == METADATA


@pytest.mark.parametrize(
    "name",
    ["Acme.Tides-1.0-py3-none-any.whl", "acme_tides-1.0.0-1-cp312-abi3-linux_x86_64.whl"],
)
def test_names_and_versions_are_normalized_before_they_are_compared(
    name: str, tmp_path: Path
) -> None:
    assert read_metadata(wheel(tmp_path / name, FILES), name) == METADATA


@pytest.mark.parametrize(
    "record_of",
    [
        pytest.param(
            lambda: "".join(row(*one, "sha512") for one in FILES.items()), id="stronger-hash"
        ),
        pytest.param(
            lambda: "".join(f"{row(*one).rpartition(',')[0]},\n" for one in FILES.items()),
            id="no-sizes",
        ),
        pytest.param(lambda: record(FILES).replace("\n", "\r\n"), id="other-line-ends"),
    ],
)
def test_a_record_may_be_written_in_other_ways(
    record_of: Callable[[], str], tmp_path: Path
) -> None:
    path = wheel(tmp_path / NAME, {**FILES, f"{INFO}/RECORD": record_of()})
    assert read_metadata(path, NAME) == METADATA


def test_signatures_and_folders_need_not_be_in_the_record(tmp_path: Path) -> None:
    unlisted = {f"{INFO}/RECORD.jws": "x", f"{INFO}/RECORD.p7s": "x", "tides/": ""}
    path = wheel(tmp_path / NAME, {**FILES, f"{INFO}/RECORD": record(FILES), **unlisted})
    assert read_metadata(path, NAME) == METADATA


@pytest.mark.parametrize("name", ["tides.whl", "tides-1.0.whl", "tides-x-py3-none-any.whl"])
def test_a_file_name_that_is_not_that_of_a_wheel_is_rejected(name: str, tmp_path: Path) -> None:
    assert "file name" in reason(wheel(tmp_path / name, FILES))


@pytest.mark.parametrize(
    "name", ["acme_tides-1.1-py3-none-any.whl", "tides-1.0-py3-none-any.whl"]
)
def test_a_wheel_whose_name_differs_from_its_folder_is_rejected(
    name: str, tmp_path: Path
) -> None:
    assert f"folder {INFO} is for another" in reason(wheel(tmp_path / name, FILES))


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04", b"PK\x05\x06" + bytes(17)])
def test_a_file_that_is_not_a_zip_is_rejected(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    assert "damaged" in reason(path)


@pytest.mark.parametrize("name", ["METADATA", "RECORD", "WHEEL"])
def test_a_wheel_that_lacks_a_metadata_file_is_rejected(name: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    kept = {one: content for one, content in FILES.items() if not one.endswith(name)}
    with zipfile.ZipFile(path, "w") as zipped:
        for one, content in kept.items():
            zipped.writestr(one, content)
        if name != "RECORD":
            zipped.writestr(f"{INFO}/RECORD", record(kept))
    assert reason(path) == f"it has no {INFO}/{name}"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"tides/__init__.py": ""}, "has none", id="none"),
        pytest.param({**FILES, "b-1.dist-info/METADATA": ""}, "b-1.dist-info", id="two"),
        pytest.param({"tides.dist-info/METADATA": ""}, "another", id="no-version"),
        pytest.param({"acme_tides-x.dist-info/METADATA": ""}, "another", id="bad-version"),
    ],
)
def test_a_wheel_must_have_one_matching_metadata_folder(
    files: Mapping[str, str], words: str, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    with zipfile.ZipFile(path, "w") as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    assert words in reason(path)


@pytest.mark.parametrize(
    "content", ["Wheel-Version: 2.0\n", "Wheel-Version: 0.9\n", "Tag: x\n"]
)
def test_an_unsupported_wheel_version_is_rejected(content: str, tmp_path: Path) -> None:
    why = reason(wheel(tmp_path / NAME, {**FILES, f"{INFO}/WHEEL": content}))
    assert "Wheel-Version" in why
    assert "1.x" in why


@pytest.mark.parametrize(
    "content", ["Name: other\nVersion: 1.0\n", "Name: acme-tides\nVersion: 2\n"]
)
def test_metadata_of_another_package_is_rejected(content: str, tmp_path: Path) -> None:
    why = reason(wheel(tmp_path / NAME, {**FILES, f"{INFO}/METADATA": content}))
    assert why.endswith("its file name for acme-tides 1.0")


WRONG_RECORDS = {
    "unlisted": (
        record({**FILES, "tides/__init__.py": ""}).partition("\n")[2],
        "not in its RECORD",
    ),
    "changed": (
        RECORD.replace(row("tides/__init__.py", ""), row("tides/__init__.py", "x")),
        "does not have the hash or size",
    ),
    "size": (RECORD.replace(",0\n", ",1\n"), "does not have the hash or size"),
    "no-hash": (
        RECORD.replace(row("tides/__init__.py", ""), "tides/__init__.py,,0\n"),
        "no sha256",
    ),
    "weak-hash": (
        RECORD.replace(row("tides/__init__.py", ""), row("tides/__init__.py", "", "md5")),
        "no sha256",
    ),
    "twice": (RECORD + row("tides/__init__.py", ""), "twice"),
    "too-few-fields": (
        RECORD.replace(row("tides/__init__.py", ""), "tides/__init__.py\n"),
        "too many or too few fields",
    ),
}


@pytest.mark.parametrize("case", WRONG_RECORDS)
def test_a_wrong_record_is_rejected_with_the_name_of_the_file(
    case: str, tmp_path: Path
) -> None:
    content, words = WRONG_RECORDS[case]
    why = reason(wheel(tmp_path / NAME, {**FILES, f"{INFO}/RECORD": content}))
    assert words in why
    assert "tides/__init__.py" in why


@pytest.mark.parametrize("name", ["gone.py", "../gone.py", "/gone.py"])
def test_a_record_that_lists_a_missing_file_is_rejected(name: str, tmp_path: Path) -> None:
    why = reason(wheel(tmp_path / NAME, {**FILES, f"{INFO}/RECORD": RECORD + row(name, "")}))
    assert why == f"{name} is in its RECORD but not in it"


def test_a_record_that_is_not_a_list_is_rejected(tmp_path: Path) -> None:
    content = f'"{"x" * 200_000}",,\n'
    assert "RECORD" in reason(wheel(tmp_path / NAME, {**FILES, f"{INFO}/RECORD": content}))


@pytest.mark.parametrize(
    "name", ["/etc/tides", "../tides.py", "tides/../../x", "tides\\x.py", "tides//x.py", "./x"]
)
def test_an_unsafe_path_in_a_wheel_is_rejected(name: str, tmp_path: Path) -> None:
    assert reason(wheel(tmp_path / NAME, {**FILES, name: ""})).startswith(f"{name} in it")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_in_a_wheel_twice_is_rejected(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr("tides/__init__.py", "other")
    assert reason(path) == "tides/__init__.py is in it twice"


def test_a_symbolic_link_in_a_wheel_is_rejected(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    info = zipfile.ZipInfo("tides/link.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(info, "/etc/passwd")
    assert reason(path) == "tides/link.py in it is a symbolic link"


def test_the_error_names_a_damaged_file(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, {**FILES, "tides/a.py": "precious"})
    path.write_bytes(path.read_bytes().replace(b"precious", b"worthles", 1))
    assert reason(path) == "its file tides/a.py is damaged"


# Writing


def test_the_same_content_makes_the_same_wheel(tmp_path: Path) -> None:
    one = wheel(tmp_path / "a" / NAME, FILES)
    other = tmp_path / "b" / NAME
    other.parent.mkdir()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in reversed(FILES):
            info = zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | 0o600) << 16
            zipped.writestr(info, FILES[name])
        zipped.writestr("tides/", "")
        zipped.writestr(f"{INFO}/RECORD", "".join(reversed(RECORD.splitlines(keepends=True))))
    first, second = (
        rewrite_wheel(one, tmp_path / "one"),
        rewrite_wheel(other, tmp_path / "other"),
    )
    assert first == tmp_path / "one" / NAME
    assert sha256_of(first) == sha256_of(second)
    assert sha256_of(rewrite_wheel(first, tmp_path / "again")) == sha256_of(first)


def test_a_rewritten_wheel_is_valid(tmp_path: Path) -> None:
    extra = {"tides.data/scripts/run": "#!python", "another/b.py": "b"}
    path = rewrite_wheel(wheel(tmp_path / NAME, {**FILES, **extra}), tmp_path / "into")
    assert read_metadata(path, NAME) == METADATA
    assert {name: text(path, name) for name in extra} == extra
    names = [entry.filename for entry in entries(path)]
    assert names[-3:] == [f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]
    assert names[:-3] == sorted(names[:-3])
    assert {entry.date_time for entry in entries(path)} == {(1980, 1, 1, 0, 0, 0)}
    assert text(path, f"{INFO}/RECORD").splitlines()[-1] == f"{INFO}/RECORD,,"


def test_programs_in_a_wheel_stay_executable(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    info = zipfile.ZipInfo("tides/run")
    info.external_attr = (stat.S_IFREG | 0o775) << 16
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(info, "#!")
    modes = {
        entry.filename: entry.external_attr >> 16 & 0o7777
        for entry in entries(rewrite_wheel(path, tmp_path / "into"))
    }
    assert modes.pop("tides/run") == 0o755
    assert set(modes.values()) == {0o644}


def test_a_rewritten_wheel_has_no_signatures(tmp_path: Path) -> None:
    signed = {**FILES, f"{INFO}/RECORD": RECORD, f"{INFO}/RECORD.jws": "{}"}
    path = rewrite_wheel(wheel(tmp_path / NAME, signed), tmp_path / "into")
    assert f"{INFO}/RECORD.jws" not in [entry.filename for entry in entries(path)]


def test_a_wheel_can_be_rewritten_in_place(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    assert rewrite_wheel(path, tmp_path) == path
    assert read_metadata(path, NAME) == METADATA


def test_a_broken_wheel_leaves_nothing_behind(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, {**FILES, "tides/a.py": "precious"})
    path.write_bytes(path.read_bytes().replace(b"precious", b"worthles", 1))
    with pytest.raises(WheelInvalid) as invalid:
        rewrite_wheel(path, tmp_path / "into")
    assert invalid.value.path == NAME
    assert list((tmp_path / "into").iterdir()) == []


def test_a_wheel_can_be_rewritten_with_other_metadata(tmp_path: Path) -> None:
    path = wheel(tmp_path / NAME, FILES)
    other = f"{METADATA.rstrip()}\nRequires-Dist: rules\n"
    copy = rewrite_wheel(path, tmp_path / "into", other)
    assert read_metadata(copy, NAME) == other
    assert read_metadata(path, NAME) == METADATA


def test_a_wheel_with_minimal_metadata_is_valid_and_installs_nothing(tmp_path: Path) -> None:
    metadata = minimal_metadata(
        "acme-tides", "0+vendored.01ab", "Stands for\nvendor/größe \udcff"
    )
    path = tmp_path / "acme_tides-0+vendored.01ab-py3-none-any.whl"
    assert write_metadata_wheel(path, metadata) == path
    assert read_metadata(path, path.name).splitlines() == [
        "Metadata-Version: 2.1",
        "Name: acme-tides",
        "Version: 0+vendored.01ab",
        "Summary: Stands for vendor/größe ?",
    ]
    assert "Generator: slipway" in text(path, "acme_tides-0+vendored.01ab.dist-info/WHEEL")
    assert {entry.filename.partition("/")[0] for entry in entries(path)} == {
        "acme_tides-0+vendored.01ab.dist-info"
    }
    assert sha256_of(rewrite_wheel(path, tmp_path / "again")) == sha256_of(path)
