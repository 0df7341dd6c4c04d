"""A package contains only what a build needs, whatever else this working copy contains."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conftest import ROOT
from slipway.commands.bundling import MIRROR_VARIABLES, PYTHONS, newest_releases, pinned_python
from slipway.commands.command_line import run
from slipway.commands.package import PACKAGED
from slipway.domain.installation import Installation
from slipway.domain.toml_text import parse_toml
from slipway.effects.console import Console
from slipway.errors.package import (
    DownloadDiffers,
    PackageNotWritten,
    PackFailed,
    PackMissing,
    StageTaken,
    TargetUnknown,
)
from slipway.errors.stopped import WrongUsage
from slipway.messages import explain
from unit.fakes import no_time
from unit.samples import write_files

BUILDPACK = parse_toml((ROOT / "buildpack.toml").read_text("utf-8"), "buildpack.toml")
PACK = """\
#!/bin/sh
for argument; do printf '%s\\n' "$argument"; done >>"$PACK_LOG"
case $3 in */*.cnb) echo package >"$3" ;; esac
"""
SYSCONFIG = "{'AR': '/tools/llvm/bin/llvm-ar', 'CC': 'clang -pthread', 'CXX': 'clang++ -x'}"

BOTH = ("--target", "linux/amd64", "--target", "linux/arm64")

Run = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path) -> Run:
    """Return a function that runs the command with a `pack` that only logs its arguments."""

    def packaged(*arguments: str, pack: str = PACK, **variables: str) -> str:
        program = write_files(tmp_path / "programs", {"pack": pack}) / "pack"
        program.chmod(0o755)
        out = io.StringIO()
        environment = {
            "PATH": f"{program.parent}:{os.defpath}",
            "PACK_LOG": str(tmp_path / "pack.log"),
            **variables,
        }
        console = Console(out=out, err=out, now=no_time)
        assert run(["package", *arguments], environment, console, Installation(ROOT)) == 0
        return out.getvalue()

    return packaged


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a mirror with a Python of four files, and pin that Python."""
    archive = tmp_path / "mirror" / "20260814" / "cpython-3.13+20260814.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name, text, mode in (
            ("python/bin/python3.13", "#!/bin/sh\necho 3.13\n", 0o755),
            ("python/lib/python3.13/os.py", "", 0o644),
            ("python/lib/python3.13/_sysconfigdata__linux_.py", SYSCONFIG, 0o664),
        ):
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("python/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, "python3.13"
        tar.addfile(link)
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    pins = tmp_path / "pythons.txt"
    pins.write_text(
        "# A comment.\n"
        + "".join(
            f"{processor} {sha256} 20260814/{archive.name}\n"
            for processor in ("x86_64", "aarch64")
        )
    )
    monkeypatch.setattr(Installation, "python_pins", pins)
    return tmp_path / "mirror"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_only_what_a_build_needs_is_staged(package: Run, tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    package("--stage-only", str(stage))
    assert {path.name for path in stage.iterdir()} == set(PACKAGED)
    staged = files(stage)
    assert {"bin/build", "bin/detect", "lib/slipway/cli.py", "vendor/wheels.txt"} <= staged
    assert not [name for name in staged if "__pycache__" in name or "/." in f"/{name}"]


def test_modes_do_not_depend_on_the_umask(package: Run, tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    before = os.umask(0o077)
    try:
        package("--stage-only", str(stage))
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (stage, *stage.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755}
    assert modes[stage / "bin" / "build"] == 0o755
    assert modes[stage / "lib" / "slipway" / "cli.py"] == 0o644
    assert set(modes.values()) == {0o755, 0o644}


@pytest.mark.parametrize("content", ["a folder", "a file"])
def test_existing_files_are_not_replaced(package: Run, tmp_path: Path, content: str) -> None:
    mine = write_files(tmp_path / "mine", {"notes.txt": "mine"})
    place = mine if content == "a folder" else mine / "notes.txt"
    with pytest.raises(StageTaken):
        package("--stage-only", str(place))
    assert files(mine) == {"notes.txt"}


def test_a_cnb_file_is_written_for_each_target(package: Run, tmp_path: Path) -> None:
    output = package("--output", str(tmp_path / "out"))
    version = BUILDPACK["buildpack"]["version"]
    names = {f"slipway-python-{version}-linux-{arch}.cnb" for arch in ("amd64", "arm64")}
    assert files(tmp_path / "out") == names
    assert all(name in output for name in names)
    arguments = (tmp_path / "pack.log").read_text("utf-8").splitlines()
    assert arguments.count("--format") == 2
    assert [arguments[at + 1] for at, word in enumerate(arguments) if word == "--target"] == [
        "linux/amd64",
        "linux/arm64",
    ]


def test_only_the_given_target_is_packaged(package: Run, tmp_path: Path) -> None:
    package("--output", str(tmp_path), "--target", "linux/arm64", "--target", "linux/arm64")
    assert [name for name in files(tmp_path) if name.endswith("amd64.cnb")] == []
    assert (tmp_path / "pack.log").read_text("utf-8").count("--target") == 1


def test_a_registry_gets_all_targets_at_once(package: Run, tmp_path: Path) -> None:
    output = package("--publish", "registry.example/slipway/python:1")
    arguments = (tmp_path / "pack.log").read_text("utf-8").splitlines()
    assert arguments[:4] == [
        "buildpack",
        "package",
        "registry.example/slipway/python:1",
        "--publish",
    ]
    assert arguments[-4:] == ["--target", "linux/amd64", "--target", "linux/arm64"]
    assert "linux/amd64 and linux/arm64" in output


@pytest.mark.parametrize("target", ["linux/riscv64", "windows/amd64", "amd64"])
def test_an_unknown_target_is_refused(package: Run, target: str) -> None:
    with pytest.raises(TargetUnknown) as raised:
        package("--target", target)
    assert raised.value.known == ("linux/amd64", "linux/arm64")


def test_without_pack_the_error_shows_the_search_path(package: Run) -> None:
    with pytest.raises(PackMissing) as raised:
        package(PATH="/no/such/folder")
    assert raised.value.path == "/no/such/folder"


def test_a_failing_pack_is_quoted_without_passwords(package: Run, tmp_path: Path) -> None:
    line = "ERROR: https://ann:s3cret@registry.example said no"
    failing = f"#!/bin/sh\nseq 100\necho '{line}' >&2\nexit 1"
    with pytest.raises(PackFailed) as raised:
        package("--output", str(tmp_path / "out"), pack=failing)
    assert raised.value.output[0] == "82"
    assert raised.value.output[-1] == "ERROR: https://****@registry.example said no"
    assert not (tmp_path / "out").exists()


def test_a_python_is_bundled_for_each_target(
    package: Run, tmp_path: Path, mirror: Path
) -> None:
    stage = tmp_path / "stage"
    package(
        *("--with-python", "--stage-only", str(stage)),
        SLIPWAY_PYTHON_MIRROR=f"file://{mirror}/",
    )
    for arch in ("amd64", "arm64"):
        slipway = stage / "linux" / arch
        python = slipway / "python" / "bin" / "python3"
        assert os.readlink(python) == "python3.13"
        assert os.access(python, os.X_OK)
        assert {path.name for path in slipway.iterdir()} == {*PACKAGED, "python"}
    # What pack reads first.
    assert (stage / "buildpack.toml").exists()


def test_the_bundled_python_names_the_usual_compilers(
    package: Run, tmp_path: Path, mirror: Path
) -> None:
    stage = tmp_path / "stage"
    arguments = ("--with-python", "--target", "linux/amd64", "--stage-only", str(stage))
    package(*arguments, UV_PYTHON_INSTALL_MIRROR=f"file://{mirror}")
    (found,) = stage.rglob("_sysconfigdata_*.py")
    compilers = json.loads(found.read_text("utf-8").replace("'", '"'))
    assert compilers == {"AR": "ar", "CC": "cc -pthread", "CXX": "c++ -x"}


def test_a_python_that_differs_from_its_pin_is_refused(
    package: Run, tmp_path: Path, mirror: Path
) -> None:
    (archive,) = mirror.rglob("*.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"\0")
    stage = tmp_path / "stage"
    with pytest.raises(DownloadDiffers) as raised:
        package(
            *("--with-python", "--stage-only", str(stage)),
            SLIPWAY_PYTHON_MIRROR=f"file://{mirror}",
        )
    assert raised.value.address == f"file://{mirror}/20260814/cpython-3.13%2B20260814.tar.gz"
    assert not stage.exists()


def test_every_target_has_a_pinned_python() -> None:
    targets = [f"{item['os']}/{item['arch']}" for item in BUILDPACK["targets"]]
    pins = {pinned_python(target, Installation(ROOT).python_pins) for target in targets}
    assert len(pins) == len(targets) == 2
    for pin in pins:
        assert len(bytes.fromhex(pin.sha256)) == 32


def test_packages_and_builds_download_from_the_same_place() -> None:
    shell = (ROOT / "lib" / "bring_python.sh").read_text("utf-8")
    assert PYTHONS in shell
    for name in MIRROR_VARIABLES:
        assert name in shell


def test_a_zip_file_for_cloud_foundry_has_bin_at_its_top(package: Run, tmp_path: Path) -> None:
    place = tmp_path / "out" / "slipway.zip"
    output = package("--cloud-foundry", str(place))
    assert output.endswith(f"{place}, {place.stat().st_size / 1024**2:.1f} MiB\n")
    with zipfile.ZipFile(place) as zipped:
        names = zipped.namelist()
        assert {name.partition("/")[0] for name in names} == set(PACKAGED)
        assert zipped.getinfo("bin/supply").external_attr >> 16 == stat.S_IFREG | 0o755
    assert not (tmp_path / "pack.log").exists()


def test_a_zip_file_with_a_python_is_for_one_target(
    package: Run, tmp_path: Path, mirror: Path
) -> None:
    place, variables = tmp_path / "slipway.zip", {"SLIPWAY_PYTHON_MIRROR": f"file://{mirror}/"}
    package("--cloud-foundry", str(place), "--with-python", **variables)
    with zipfile.ZipFile(place) as zipped:
        assert zipped.read("python/bin/python3") == b"python3.13"
    with pytest.raises(WrongUsage) as raised:
        package("--cloud-foundry", str(place), "--with-python", *BOTH, **variables)
    assert str(raised.value).splitlines()[2:] == [
        f"    slipway/bin/slipway package --with-python --cloud-foundry "
        f"{tmp_path}/slipway-linux-{arch}.zip --target linux/{arch}"
        for arch in ("amd64", "arm64")
    ]


def test_a_zip_file_without_a_python_needs_no_target(package: Run, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="leave out --target"):
        package("--cloud-foundry", str(tmp_path / "slipway.zip"), *BOTH)


def test_an_unknown_target_of_a_zip_file_is_advised_alone(package: Run) -> None:
    with pytest.raises(TargetUnknown) as raised:
        package("--offline", "--cloud-foundry", "my.zip", "--target", "windows/amd64")
    (step,) = explain(raised.value).steps
    assert step.exact == tuple(
        f"slipway/bin/slipway package --offline --cloud-foundry my.zip --target linux/{arch}"
        for arch in ("amd64", "arm64")
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "it is a folder"),
        ("pipe", "it is a named pipe (FIFO)"),
        ("link", "it is a symbolic link"),
        ("dead", "it is a symbolic link"),
        ("file/new", "Not a directory"),
        ("dead/new", "{folder}/dead is a symbolic link to nothing"),
        ("n" * 300, "File name too long"),
        ("/proc/new", "No such file or directory"),
    ],
)
def test_a_place_for_no_zip_file_is_refused(
    package: Run, tmp_path: Path, name: str, reason: str
) -> None:
    make_places(tmp_path)
    before = modes(tmp_path)
    with pytest.raises(PackageNotWritten) as raised:
        package("--cloud-foundry", str(tmp_path / name))
    assert (raised.value.path, raised.value.reason) == (
        str(tmp_path / name),
        reason.format(folder=tmp_path),
    )
    assert modes(tmp_path).items() >= before.items()
    assert (tmp_path / "file").read_text("utf-8") == "mine"


@pytest.mark.parametrize("option", ["--cloud-foundry", "--stage-only"])
def test_the_folder_that_denies_access_is_named(
    monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    console = Console(out=io.StringIO(), err=io.StringIO(), now=no_time)
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/forbidden", 0o555)
        monkeypatch.chdir(folder)
        with as_nobody_if_root(), pytest.raises(PackageNotWritten) as raised:
            run(["package", option, "forbidden/new/slipway"], {}, console, Installation(ROOT))
        monkeypatch.undo()
    assert raised.value.denial
    assert raised.value.denial.path == f"{folder}/forbidden"
    assert explain(raised.value).steps[0].exact == (f"ls -ld {folder}/forbidden",)


@pytest.mark.parametrize("name", ["dead", "file/new", "n" * 300, "/proc/new"])
def test_a_place_for_no_folder_is_refused(package: Run, tmp_path: Path, name: str) -> None:
    make_places(tmp_path)
    for option in ("--stage-only", "--output"):
        with pytest.raises(PackageNotWritten) as raised:
            package(option, str(tmp_path / name))
        assert raised.value.option == option
    assert (tmp_path / "dead").is_symlink()


def test_a_pipe_in_place_of_a_cnb_file_is_refused_first(package: Run, tmp_path: Path) -> None:
    name = f"slipway-python-{BUILDPACK['buildpack']['version']}-linux-arm64.cnb"
    os.mkfifo(tmp_path / name)
    with pytest.raises(PackageNotWritten) as raised:
        package("--output", str(tmp_path))
    assert raised.value.path == str(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / name).stat().st_mode)
    assert not (tmp_path / "pack.log").exists()


@pytest.mark.parametrize(
    "option", ["--cloud-foundry", "--output", "--publish", "--stage-only", "--target"]
)
def test_a_variable_that_is_not_set_is_wrong_usage(package: Run, option: str) -> None:
    with pytest.raises(WrongUsage, match=f"argument {option}: the value is empty"):
        package(option, "")


@contextmanager
def as_nobody_if_root() -> Iterator[None]:
    """Give up what lets root write everywhere."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)


def make_places(folder: Path) -> None:
    """Make what a package must not replace."""
    write_files(folder, {"file": "mine", "folder/file": "mine"})
    os.mkfifo(folder / "pipe", 0o620)
    (folder / "link").symlink_to("file")
    (folder / "dead").symlink_to("nowhere")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mode for path in folder.iterdir()}


def test_the_newest_release_of_each_minor_version_is_bundled() -> None:
    usual = {"implementation": "cpython", "variant": "default", "os": "linux", "libc": "gnu"}
    listed = [
        {**usual, "arch": "x86_64", "version": version}
        for version in ("3.16.0a2", "3.13.9", "3.13.18", "3.12.16", "3.9.25")
    ]
    listed += [
        {**listed[1], "version": "3.13.19", **other}
        for other in (
            {"variant": "freethreaded"},
            {"libc": "musl"},
            {"os": "macos"},
            {"arch": "aarch64"},
            {"implementation": "pypy"},
        )
    ]
    assert [*newest_releases(json.dumps(listed), "x86_64")] == ["3.13.18", "3.12.16"]
    assert [*newest_releases(json.dumps(listed), "aarch64")] == ["3.13.19"]


def test_a_clone_has_everything_without_submodules_and_large_file_storage() -> None:
    """A platform may clone Slipway instead of downloading a package."""
    assert not (ROOT / ".gitmodules").exists()
    assert "filter=" not in (ROOT / ".gitattributes").read_text("utf-8")
