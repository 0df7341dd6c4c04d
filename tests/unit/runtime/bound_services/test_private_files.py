"""Certificates are written where only this user can read them, whatever is there already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bound_services import private_files
from bound_services.binding import Incomplete
from bound_services.private_files import PrivateFiles

from conftest import ROOT

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
NAME = f"slipway-services-{os.getuid()}"


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder the only place for temporary files."""
    path = tmp_path / "tmp"
    path.mkdir()
    monkeypatch.setattr(private_files, "PLACES", (str(path),))
    return path


def written(place: Path) -> Path:
    path = Path(PrivateFiles().write(".pem", PEM))
    assert path.read_text() == PEM
    assert path.suffix == ".pem"
    assert path.is_relative_to(place)
    assert not path.is_symlink()
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    return path


def test_each_process_writes_the_same_private_file(place: Path) -> None:
    first = written(place)
    made = first.stat().st_mtime_ns
    assert written(place) == first
    assert first.stat().st_mtime_ns == made
    assert [*place.rglob("*")] == [place / NAME, first]


def test_the_umask_does_not_matter(place: Path) -> None:
    before = os.umask(0)
    try:
        path = written(place)
    finally:
        os.umask(before)
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)


def test_the_files_of_two_credentials_have_two_names(place: Path) -> None:
    files = PrivateFiles()
    assert files.write(".pem", PEM) != files.write(".pem", f"{PEM}{PEM}")


def test_two_contents_with_the_same_checksum_have_two_files(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_files, "crc32", len)
    files = PrivateFiles()
    paths = [Path(files.write(".pem", text)) for text in ("a", "b")]
    assert [path.read_text() for path in paths] == ["a", "b"]


def test_tmpdir_comes_first(place: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for folder, used in (("own", tmp_path / "own"), ("missing", place), ("../own", place)):
        value = folder if folder.startswith(".") else str(tmp_path / folder)
        path = PrivateFiles(environment={"TMPDIR": value}).write(".pem", PEM)
        assert Path(path).is_relative_to(used)


def test_a_link_in_the_place_of_the_folder_is_not_followed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir(mode=0o700)
    (place / NAME).symlink_to(tmp_path / "others")
    written(place)
    assert not [*(tmp_path / "others").iterdir()]


@pytest.mark.parametrize("open_to", [0o777, 0o750, 0o701])
def test_a_folder_that_others_can_use_is_not_used(place: Path, open_to: int) -> None:
    (place / NAME).mkdir()
    (place / NAME).chmod(open_to)
    assert written(place).parent != place / NAME
    assert not [*(place / NAME).iterdir()]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_not_used(place: Path) -> None:
    (place / NAME).mkdir(mode=0o700)
    os.chown(place / NAME, 65534, 65534)
    assert written(place).parent != place / NAME


def test_a_file_in_the_place_of_the_folder_is_left_alone(place: Path) -> None:
    (place / NAME).write_text("mine")
    written(place)
    assert (place / NAME).read_text() == "mine"


def test_the_next_place_is_used_if_one_is_not_writable(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_files, "PLACES", ("/proc", "/missing", "", str(place)))
    assert written(place).parent == place / NAME


def test_a_full_place_is_skipped_even_after_the_first_file(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full file system lets folders be made, but has no space for a file."""
    full, first = tmp_path / "full", tmp_path / "first"
    full.mkdir()
    really_write = private_files._write

    def write(path: str, content: bytes) -> None:
        if path.startswith(f"{full}/") and not first.exists():
            raise OSError(28, "No space left on device")
        really_write(path, content)

    monkeypatch.setattr(private_files, "_write", write)
    files = PrivateFiles(environment={"TMPDIR": str(full)})
    first.touch()
    assert Path(files.write(".pem", PEM)).is_relative_to(full)
    first.unlink()
    assert Path(files.write(".pem", f"{PEM}{PEM}")).is_relative_to(place)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_another_users_folder_does_not_leave_a_new_one_at_each_start(place: Path) -> None:
    (place / NAME).mkdir(mode=0o700)
    os.chown(place / NAME, 65534, 65534)
    assert written(place) == written(place)


def test_without_a_writable_place_a_clause_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files, "PLACES", ("/missing",))
    with pytest.raises(Incomplete) as raised:
        PrivateFiles().write(".pem", PEM)
    assert str(raised.value) == (
        "has a certificate, which cannot be written to a file: No such file or directory"
    )


def test_two_processes_may_write_at_once(place: Path) -> None:
    script = (
        "import sys; from bound_services import private_files as p; p.PLACES = sys.argv[1:2];"
        f"print(p.PrivateFiles().write('.pem', {PEM!r} * 5000))"
    )
    argv = [sys.executable, "-c", script, str(place)]
    env = {"PYTHONPATH": str(ROOT / "lib" / "runtime")}
    started = [
        subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    printed = {process.communicate()[0].strip() for process in started}
    (path,) = printed
    assert Path(path).read_text() == PEM * 5000
    assert [*place.rglob("*.pem*")] == [Path(path)]
