"""A named pipe, a device or the like under any name that is read never makes a build wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO
from unittest import mock

import pytest

from slipway.domain.app_files import FILES_READ
from slipway.effects import reading
from slipway.effects.files import AppFolder
from slipway.effects.reading import AnyPath
from slipway.errors.app import FileUnreadable, NamedFileUnusable
from slipway.errors.vendored import OutsideTheApp, VendoredBroken
from slipway.steps.plan import plan
from unit.samples import write_files


@pytest.fixture(autouse=True)
def _never_wait() -> Iterator[None]:
    """Kill a test that waits for a writer."""
    signal.alarm(20)
    yield
    signal.alarm(0)


def app_with(folder: Path, pipe: str, **files: str) -> AppFolder:
    write_files(folder, {"requirements.txt": "six\n", **files})
    place = folder / pipe
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    return AppFolder(folder)


@pytest.mark.parametrize("name", FILES_READ)
def test_a_pipe_with_a_name_that_is_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as unreadable:
        plan(app_with(tmp_path, name), {})
    assert unreadable.value.file == name
    assert unreadable.value.reason == "it is a named pipe (FIFO), not a regular file"


def test_a_pipe_that_requirements_name_is_named(tmp_path: Path) -> None:
    app = app_with(tmp_path, "base.txt")
    write_files(tmp_path, {"requirements.txt": "-r base.txt\n"})
    with pytest.raises(FileUnreadable) as unreadable:
        plan(app, {})
    assert unreadable.value.file == "base.txt"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "vendor/acme-1.0-py3-none-any.whl",
            "vendor/acme-1.0.tar.gz",
            "vendor/acme/setup.cfg",
        ),
        *("vendor/acme/setup.py", "vendor/acme/pyproject.toml", "vendor/acme/PKG-INFO"),
    ],
)
def test_a_pipe_for_a_vendored_package_does_not_come_from_an_index(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(VendoredBroken) as broken:
        plan(app_with(tmp_path, name), {})
    assert broken.value.path == name
    assert broken.value.reason == "it is a named pipe (FIFO), not a file"


def test_a_named_pipe_as_a_requirement_is_named(tmp_path: Path) -> None:
    app = app_with(tmp_path, "libs/acme-1.0-py3-none-any.whl")
    write_files(tmp_path, {"requirements.txt": "./libs/acme-1.0-py3-none-any.whl\n"})
    with pytest.raises(VendoredBroken) as broken:
        plan(app, {})
    assert broken.value.reason == "it is a named pipe (FIFO), not a file"


def test_other_pipes_in_an_app_do_not_matter(tmp_path: Path) -> None:
    app = app_with(tmp_path, "vendor/acme/pipe.py", **{"vendor/acme/setup.py": "setup()\n"})
    os.mkfifo(tmp_path / "module.py")
    os.mkfifo(tmp_path / "uv.sock")
    (tmp_path / ".gitattributes").write_text("*.bin filter=lfs\n", "utf-8")
    assert plan(app, {}).vendoring.packages


@pytest.mark.parametrize(
    ("variable", "path", "kind"),
    [
        ("PIP_CONFIG_FILE", "/dev/zero", "a device"),
        ("UV_CONFIG_FILE", "pipe", "a named pipe (FIFO)"),
        ("PIP_CONSTRAINT", "other.txt pipe", "a named pipe (FIFO)"),
        ("SSL_CERT_FILE", "/dev/zero", "a device"),
        ("NETRC", "folder", "a folder"),
        ("HOME", ".", "a named pipe (FIFO)"),
    ],
)
def test_a_file_of_the_builder_that_never_ends_is_named(
    variable: str, path: str, kind: str, tmp_path: Path
) -> None:
    app = app_with(tmp_path, "pipe", **{"folder/a": ""})
    os.mkfifo(tmp_path / ".netrc")
    with pytest.raises(NamedFileUnusable) as unusable:
        plan(app, {variable: path})
    assert unusable.value.kind == kind
    assert unusable.value.variable == ("" if variable == "HOME" else variable)


@pytest.mark.parametrize(
    "environment",
    [
        {"PIP_CONFIG_FILE": os.devnull},
        {"REQUESTS_CA_BUNDLE": "/etc"},
        {"PIP_CONFIG_FILE": "gone.conf"},
        {"HOME": "/nonexistent"},
    ],
)
def test_other_files_of_the_builder_are_left_to_the_tools(
    environment: dict[str, str], tmp_path: Path
) -> None:
    write_files(tmp_path, {"requirements.txt": "six\n"})
    assert plan(AppFolder(tmp_path), environment).dependencies.requirements


def test_requirements_may_be_nested_as_deep_as_files_are(tmp_path: Path) -> None:
    files = {f"{number}.txt": f"-r {number + 1}.txt\n" for number in range(1_500)}
    write_files(tmp_path, {**files, "1500.txt": "six\n", "requirements.txt": "-r 0.txt\n"})
    [line] = plan(AppFolder(tmp_path), {}).dependencies.requirements
    assert line.place == "1500.txt:1"


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("XDG_CONFIG_HOME", "pip/pip.conf"),
        ("XDG_CONFIG_DIRS", "pip/pip.conf"),
        ("HOME", ".config/pip/pip.conf"),
        ("HOME", ".pip/pip.conf"),
    ],
)
def test_a_pipe_where_pip_looks_for_its_configuration_is_named(
    variable: str, name: str, tmp_path: Path
) -> None:
    app = app_with(tmp_path / "app", "pipe")
    pipe = tmp_path / "builder" / name
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    with pytest.raises(NamedFileUnusable) as unusable:
        plan(app, {variable: str(tmp_path / "builder")})
    assert unusable.value.path == str(pipe)


@pytest.mark.parametrize("name", ["acme-1.0.tar.gz", "acme/setup.cfg", "acme/pyproject.toml"])
def test_a_link_out_of_the_app_is_refused_before_it_is_read(name: str, tmp_path: Path) -> None:
    app = app_with(tmp_path / "app", "pipe", **{"vendor/acme/a.py": ""})
    outside = tmp_path / "outside"
    outside.touch()
    link = app.root / "vendor" / name
    link.symlink_to(outside)
    with (
        mock.patch("slipway.effects.reading.opened", side_effect=_refuse(outside)),
        pytest.raises(OutsideTheApp) as refused,
    ):
        plan(app, {})
    assert refused.value.path == f"vendor/{name}"


def _refuse(outside: Path) -> Callable[..., AbstractContextManager[BinaryIO]]:
    """Return what opens files, but fails for this one."""
    opened = reading.opened

    def checked(path: AnyPath, *, follow: bool = True) -> AbstractContextManager[BinaryIO]:
        assert os.path.realpath(path) != str(outside)
        return opened(path, follow=follow)

    return checked
