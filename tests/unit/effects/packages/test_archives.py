"""Archives are read and unpacked, and nothing is written outside their folder."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from slipway.effects.packages import archives
from slipway.effects.packages.archives import top_files, unpack
from slipway.errors.vendored import ArchiveUnsafe, VendoredBroken

SOURCES = {
    "tides-1.0/PKG-INFO": "Name: tides",
    "tides-1.0/setup.py": "import setuptools",
    "tides-1.0/src/setup.py": "not at the root",
    "tides-1.0/größe und maß.txt": "ä",
}
TAR_MODES = ["w", "w:gz", "w:bz2", "w:xz"]
FORMATS = [*TAR_MODES, "zip"]


def file(name: str, text: str = "", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    return info, data


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.DIRTYPE)


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.SYMTYPE, target)


def hard(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.LNKTYPE, target)


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    buffer = io.BytesIO()
    # mypy knows the modes as literals only.
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    path.write_bytes(buffer.getvalue())
    return path


def packed(path: Path, files: Mapping[str, str], how: str) -> Path:
    if how != "zip":
        return tar(path, *(file(*one) for one in files.items()), mode=how)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def zipped(path: Path, name: str, content: str, mode: int) -> Path:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, content)
    return path


def found(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if not path.is_dir() or path.is_symlink():
            yield path.relative_to(root).as_posix()


@pytest.mark.parametrize("how", FORMATS)
def test_the_files_at_the_source_root_are_read(how: str, tmp_path: Path) -> None:
    # The name does not decide the format.
    archive = packed(tmp_path / "tides.zip", SOURCES, how)
    assert top_files(archive, ["PKG-INFO", "setup.py", "pyproject.toml"]) == {
        "PKG-INFO": "Name: tides",
        "setup.py": "import setuptools",
    }


@pytest.mark.parametrize("how", FORMATS)
def test_an_archive_is_unpacked_to_its_source_root(how: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / "tides.zip", SOURCES, how)
    root = unpack(archive, tmp_path / "into", "vendor/tides.zip")
    assert root == tmp_path / "into" / "tides-1.0"
    texts = {f"tides-1.0/{name}": (root / name).read_text("utf-8") for name in found(root)}
    assert texts == SOURCES


@pytest.mark.parametrize(
    ("names", "root"),
    [
        pytest.param(["setup.py", "tides/a.py"], "", id="files-at-the-top"),
        pytest.param(["a/setup.py", "b/setup.py"], "", id="two-folders"),
        pytest.param(["setup.py"], "", id="one-file"),
        pytest.param(["./tides-1.0/setup.py"], "tides-1.0", id="a-dot-in-front"),
        pytest.param(
            ["tides-1.0/setup.py", "__MACOSX/tides-1.0/._setup.py", "._tides-1.0"],
            "tides-1.0",
            id="from-macOS",
        ),
    ],
)
@pytest.mark.parametrize("how", ["w", "zip"])
def test_reading_and_unpacking_an_archive_agree_on_the_root(
    how: str, names: list[str], root: str, tmp_path: Path
) -> None:
    archive = packed(tmp_path / "x", dict.fromkeys(names, "text"), how)
    assert unpack(archive, tmp_path / "into", "x") == tmp_path / "into" / root
    at_root = f"{root}/setup.py" in [name.removeprefix("./") for name in names] or (
        not root and "setup.py" in names
    )
    assert top_files(archive, ["setup.py"]) == ({"setup.py": "text"} if at_root else {})


@pytest.mark.parametrize("how", ["w", "zip"])
def test_large_files_of_an_archive_are_not_read(how: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / "x", {"a/setup.py": "#" * 1024**2 + "#", "a/b.py": ""}, how)
    assert top_files(archive, ["setup.py", "b.py"]) == {"b.py": ""}


@pytest.mark.parametrize(
    "data", [b"", b"no archive", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x7fELF" * 600]
)
def test_a_file_that_is_not_an_archive_is_broken(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tides.tar.gz"
    path.write_bytes(data)
    assert top_files(path, ["setup.py"]) is None
    with pytest.raises(VendoredBroken) as broken:
        unpack(path, tmp_path / "into", "vendor/tides.tar.gz")
    assert broken.value.path == "vendor/tides.tar.gz"
    assert "damaged" in broken.value.reason


def test_a_missing_file_is_not_an_archive(tmp_path: Path) -> None:
    assert top_files(tmp_path / "gone.zip", ["setup.py"]) is None


@pytest.mark.parametrize("how", ["w", "zip"])
def test_a_path_out_of_the_archive_does_not_hide_a_project(how: str, tmp_path: Path) -> None:
    """It is then unpacked as a project, and rejected with the right error."""
    files = {"tides-1.0/setup.py": "text", "../outside.py": ""}
    assert top_files(packed(tmp_path / "x", files, how), ["setup.py"]) == {"setup.py": "text"}


@pytest.mark.parametrize("how", FORMATS)
def test_an_archive_that_was_cut_short_is_broken(how: str, tmp_path: Path) -> None:
    noise = os.urandom(60_000).hex()
    archive = packed(tmp_path / "x", {"a/setup.py": "text", "a/noise": noise}, how)
    archive.write_bytes(archive.read_bytes()[:40_000])
    with pytest.raises(VendoredBroken):
        unpack(archive, tmp_path / "into", "x")


@pytest.mark.parametrize("how", FORMATS)
def test_an_archive_that_is_damaged_anywhere_is_read_or_rejected(
    how: str, tmp_path: Path
) -> None:
    whole = packed(tmp_path / "x", SOURCES, how).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        changed = bytes([*whole[:place], whole[place] ^ 0xFF, *whole[place + 1 :]])
        (tmp_path / "x").write_bytes(changed)
        top_files(tmp_path / "x", ["setup.py"])
        with suppress(VendoredBroken, ArchiveUnsafe):
            unpack(tmp_path / "x", tmp_path / f"into{place}", "x")
    assert all(name == "x" or name.startswith("into") for name in os.listdir(tmp_path))


def test_a_broken_header_in_the_middle_is_not_taken_for_the_end(tmp_path: Path) -> None:
    archive = tar(tmp_path / "x", file("a", "one"), file("b", "two"))
    data = bytearray(archive.read_bytes())
    data[1024 + 148] ^= 1
    archive.write_bytes(data)
    with pytest.raises(VendoredBroken):
        unpack(archive, tmp_path / "into", "x")


def test_a_checksum_at_the_end_is_verified(tmp_path: Path) -> None:
    archive = tar(tmp_path / "x", file("a", "one"), mode="w:gz")
    data = bytearray(archive.read_bytes())
    data[-5] ^= 1
    archive.write_bytes(data)
    with pytest.raises(VendoredBroken):
        unpack(archive, tmp_path / "into", "x")


def test_an_encrypted_zip_is_broken(tmp_path: Path) -> None:
    archive = packed(tmp_path / "x", {"a/setup.py": "text"}, "zip")
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(VendoredBroken) as broken:
        unpack(archive, tmp_path / "into", "x")
    assert "password" in broken.value.reason


def test_an_empty_archive_leaves_an_empty_folder(tmp_path: Path) -> None:
    root = unpack(tar(tmp_path / "x"), tmp_path / "into", "x")
    assert root == tmp_path / "into"
    assert list(root.iterdir()) == []


UNSAFE = {
    "absolute": ([file("/etc/tides")], "/etc/tides"),
    "upwards": ([file("a/../../tides")], "a/../../tides"),
    "upwards-and-back": ([file("a/../tides")], "a/../tides"),
    "link-upwards": ([link("a/b", "../../tides")], "a/b"),
    "link-absolute": ([link("a", "/etc/passwd")], "a"),
    "link-by-another": ([folder("d/e"), link("a", "d/e"), link("b", "a/../../..")], "b"),
    "link-in-a-circle": ([link("a", "b"), link("b", "a")], "a"),
    "link-to-nothing": ([link("a", "")], "a"),
    "behind-a-link": ([link("a", "."), file("a/b")], "a/b"),
    "behind-a-later-link": ([file("a/b"), link("a", ".")], "a/b"),
    "behind-a-link-upwards": ([link("a", ".."), file("a/b")], "a"),
    "hard-upwards": ([file("b"), hard("a", "../b")], "a"),
    "hard-absolute": ([file("etc/passwd"), hard("a", "/etc/passwd")], "a"),
    "hard-to-nothing": ([hard("a", "b")], "a"),
    "hard-to-a-link": ([link("b", "c"), hard("a", "b")], "a"),
    "device": ([special("a", tarfile.CHRTYPE)], "a"),
    "block-device": ([special("a", tarfile.BLKTYPE)], "a"),
    "pipe": ([special("a", tarfile.FIFOTYPE)], "a"),
    "too-deep": ([file("d/" * 2200)], "/".join("d" * 100)),
}


@pytest.mark.parametrize("case", UNSAFE)
def test_an_unsafe_archive_is_rejected_before_anything_is_written(
    case: str, tmp_path: Path
) -> None:
    members, named = UNSAFE[case]
    archive = tar(tmp_path / "x", file("harmless"), *members)
    with pytest.raises(ArchiveUnsafe) as unsafe:
        unpack(archive, tmp_path / "into", "vendor/x")
    assert (unsafe.value.path, unsafe.value.member) == ("vendor/x", named)
    assert unsafe.value.reason.startswith(("it ", "its "))
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize(
    ("name", "content", "mode"),
    [
        pytest.param("/etc/tides", "", 0o100644, id="absolute"),
        pytest.param("a/../../tides", "", 0o100644, id="upwards"),
        pytest.param("a", "../tides", 0o120777, id="link-upwards"),
        pytest.param("a", "/etc/passwd", 0o120777, id="link-absolute"),
        pytest.param("a", "x" * 5000, 0o120777, id="link-that-is-too-long"),
        pytest.param("a", "", 0o010644, id="pipe"),
    ],
)
def test_an_unsafe_zip_is_rejected_before_anything_is_written(
    name: str, content: str, mode: int, tmp_path: Path
) -> None:
    archive = zipped(tmp_path / "x", name, content, mode)
    with pytest.raises(ArchiveUnsafe) as unsafe:
        unpack(archive, tmp_path / "into", "x")
    assert unsafe.value.member == name
    assert os.listdir(tmp_path) == ["x"]


def test_control_characters_in_a_name_are_escaped(tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnsafe) as unsafe:
        unpack(tar(tmp_path / "x", file("/a\n\033[2Jb")), tmp_path / "into", "x")
    assert unsafe.value.member == r"/a\n\x1b[2Jb"


def test_links_within_the_archive_are_kept(tmp_path: Path) -> None:
    members = [
        link("a/latest", "../b"),
        link("a/file", "./latest/../b/one.py"),
        link("a/dangling", "gone"),
        file("b/one.py", "one"),
        hard("b/two.py", "b/one.py"),
        hard("b/three.py", "./b/two.py"),
    ]
    root = unpack(tar(tmp_path / "x", *members, mode="w:gz"), tmp_path / "into", "x")
    assert os.readlink(root / "a" / "latest") == "../b"
    assert (root / "a" / "file").read_text() == "one"
    assert os.readlink(root / "a" / "dangling") == "gone"
    assert (root / "b" / "two.py").read_text() == (root / "b" / "three.py").read_text() == "one"


def test_links_in_a_zip_are_kept(tmp_path: Path) -> None:
    root = unpack(zipped(tmp_path / "x", "a", "b", 0o120777), tmp_path / "into", "x")
    assert os.readlink(root / "a") == "b"


def test_the_last_of_two_members_with_the_same_name_counts(tmp_path: Path) -> None:
    members = [link("a", "b"), file("a", "one"), file("a", "two"), link("c", ".."), folder("c")]
    root = unpack(tar(tmp_path / "x", *members), tmp_path / "into", "x")
    assert (root / "a").read_text() == "two"
    assert not (root / "b").exists()
    assert (root / "c").is_dir()


@pytest.mark.parametrize("names", [["a", "a/b"], ["a/b", "a"]])
def test_a_name_cannot_be_a_file_and_a_folder(names: list[str], tmp_path: Path) -> None:
    with pytest.raises(VendoredBroken) as broken:
        unpack(tar(tmp_path / "x", *map(file, names)), tmp_path / "into", "x")
    assert broken.value.reason.startswith("a is ")


def test_modes_and_dates_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        members = [folder("a"), file("a/b", mode=0o600), file("c/d", mode=0o4777)]
        root = unpack(tar(tmp_path / "x", *members), tmp_path / "into", "x")
    finally:
        os.umask(mask)
    modes = {name: (root / name).stat().st_mode & 0o7777 for name in ("a", "a/b", "c", "c/d")}
    assert modes == {"a": 0o755, "a/b": 0o644, "c": 0o755, "c/d": 0o755}
    assert (root / "a" / "b").stat().st_mtime == (root / "c" / "d").stat().st_mtime


def test_programs_in_a_zip_stay_executable(tmp_path: Path) -> None:
    root = unpack(zipped(tmp_path / "x", "run", "#!", 0o100755), tmp_path / "into", "x")
    assert os.access(root / "run", os.X_OK)


NAMES = [b"gr\xf6\xdfe.py", "größe.py".encode(), b"a b\xff"]


@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_tar_may_have_any_bytes(name: bytes, tmp_path: Path) -> None:
    archive = tar(tmp_path / "x", file(os.fsdecode(name)), link("b", os.fsdecode(name)))
    root = unpack(archive, tmp_path / "into", "x")
    assert set(os.listdir(os.fsencode(root))) == {b"b", name}
    assert os.readlink(os.fsencode(root / "b")) == name


@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_zip_may_have_any_bytes(name: bytes, tmp_path: Path) -> None:
    stand_in = "x" * len(name)
    archive = packed(tmp_path / "x", {stand_in: ""}, "zip")
    archive.write_bytes(archive.read_bytes().replace(stand_in.encode(), name))
    root = unpack(archive, tmp_path / "into", "x")
    assert os.listdir(os.fsencode(root)) == [name]


def test_a_name_that_is_too_long_for_the_system_is_reported(tmp_path: Path) -> None:
    with pytest.raises(VendoredBroken) as broken:
        unpack(tar(tmp_path / "x", file("a" * 300)), tmp_path / "into", "x")
    assert "too long" in broken.value.reason


def hollow(path: Path, size: int, *after: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a tar whose first file is a hole that takes no space on the disk."""
    info, _ = file("a")
    info.size = size
    with path.open("wb") as archive:
        archive.write(info.tobuf())
        archive.seek(size, os.SEEK_CUR)
        for member, data in after:
            archive.write(member.tobuf() + data)
        archive.write(bytes(1024))
    return path


@pytest.mark.parametrize("second", [file("b", "x" * 512), hard("b", "a")])
def test_an_archive_that_would_fill_the_disk_is_rejected(
    second: tuple[tarfile.TarInfo, bytes], tmp_path: Path
) -> None:
    size = 1200 * 1024**2 if second[0].islnk() else 2 * 1024**3
    archive = hollow(tmp_path / "x", size, second)
    with pytest.raises(VendoredBroken) as broken:
        unpack(archive, tmp_path / "into", "x")
    assert broken.value.reason.startswith("it is larger than 2 G")
    assert not (tmp_path / "into").exists()


def test_too_many_empty_files_are_rejected_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_LEAST_ON_DISK", 1024**3)
    with pytest.raises(VendoredBroken) as broken:
        unpack(tar(tmp_path / "x", *map(file, "abc")), tmp_path / "into", "x")
    assert "2 GiB" in broken.value.reason


def test_nothing_is_written_through_an_existing_link(tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    (into / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(FileExistsError):
        unpack(tar(tmp_path / "x", file("a", "text")), into, "x")
    assert not (tmp_path / "outside").exists()


def test_a_large_file_that_is_no_archive_is_not_searched_for_one(tmp_path: Path) -> None:
    """Searching this many zeros for the start of an xz file takes a minute."""
    with (tmp_path / "x").open("wb") as stream:
        stream.truncate(200 * 1000**2)
    signal.alarm(20)
    assert top_files(tmp_path / "x", ("setup.py",)) is None
    signal.alarm(0)
