"""A Python is downloaded once, and cached completely or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import ANY_PYTHON, parse_version
from slipway.effects.processes import Command
from slipway.errors.python import (
    ManagedPythonBroken,
    ManagedPythonDiffers,
    ManagedPythonNotBuilt,
    ManagedPythonNotFetched,
    ManagedPythonUnknown,
    ManagedPythonWithoutUv,
    PythonNotFound,
)
from slipway.errors.stopped import CommandFailed
from slipway.errors.toolchain import UvUnavailable
from slipway.toolchains.pythons.managed import ManagedInstallation, ManagedPythons
from unit.fakes import FakeProcesses, effects_with, no_time
from unit.samples import write_files

# The output of uv 0.13.
NO_DOWNLOAD = "error: No download found for request: cpython-3.99-linux-x86_64-gnu"
FAILED = """\
error: Failed to install cpython-3.12.1-linux-x86_64-gnu
  cause: Failed to download `https://mirror.example/20261110/cpython-3.12.1.tar.gz`
  cause: HTTP status client error (404 File not found)"""
MISMATCH = """\
Downloading cpython-3.12.1-linux-x86_64-gnu (download) (25.4MiB)
error: Failed to install cpython-3.12.1-linux-x86_64-gnu
  cause: Hash mismatch for `cpython-3.12.1-linux-x86_64-gnu`

         Expected:
         0000

         Computed:
         f19e"""
SYSCONFIG = "lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py"
IMAGE = (("3.11.2", "/usr/bin/python3.11"),)
REQUEST = parse_version("3.12", ".python-version")


class NoUv:
    def path(self) -> Path:
        raise UvUnavailable(version="1.0", reason="the index has none")


class SomeUv:
    def path(self) -> Path:
        return Path("/uv")


@dataclass
class Mirror:
    """Simulates a uv that installs Pythons, and these Pythons."""

    root: Path
    versions: Sequence[str] = ("3.12.1",)
    build: str = "20261110"
    failure: str = ""
    known: Sequence[str] = ("3.16.0a2", "3.9.25", "3.12.9", "3.12.16", "3.8.20", "3.11.18")
    broken: list[Path] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def answer(self, command: Command) -> str:
        self.commands.append(command)
        if command.argv[0] != "/uv":
            program = Path(command.argv[0])
            if not program.exists() or program in self.broken:
                raise CommandFailed(command="python", status=127, output="no libc")
            return ""
        if command.argv[2] == "list":
            entries = [{"version": one, "implementation": "cpython"} for one in self.known]
            others = [
                {"version": "3.11.19", "implementation": "pypy"},
                {"version": "3.14.1", "implementation": "cpython", "variant": "freethreaded"},
            ]
            return json.dumps([*entries, *others] if entries else [])
        if self.failure:
            raise CommandFailed(command="uv", status=1, output=self.failure)
        folder = Path(command.argv[command.argv.index("--install-dir") + 1])
        for version in self.versions:
            name = f"cpython-{version}-linux-x86_64-gnu"
            files = {
                "bin/python3.12": version,
                SYSCONFIG: f"prefix = '{folder / name}'",
                "BUILD": self.build,
            }
            write_files(folder / name, files)
            link = folder / "cpython-3.12-linux-x86_64-gnu"
            link.unlink(missing_ok=True)
            link.symlink_to(name)
        return "Installed"

    def pythons(self, **environment: str) -> ManagedPythons:
        processes = FakeProcesses(now=no_time, answer=self.answer)
        effects = effects_with(self.root, processes, {"PATH": "/bin", **environment})
        return ManagedPythons(uv=SomeUv(), effects=effects, app=Path("/"))

    def fetch(self, requested: str = "3.12", **environment: str) -> ManagedInstallation:
        return self.pythons(**environment).fetch(
            parse_version(requested, ".python-version"), IMAGE
        )

    @property
    def in_cache(self) -> list[str]:
        return sorted(os.listdir(self.pythons().folder))


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def test_the_next_build_finds_a_downloaded_python(mirror: Mirror) -> None:
    assert mirror.pythons().cached(REQUEST) == []
    fetched = mirror.fetch()
    assert fetched.program.is_file()
    assert mirror.pythons().cached(REQUEST) == [fetched]
    assert mirror.in_cache == [fetched.folder.name]


def test_the_newest_fitting_python_comes_first(mirror: Mirror) -> None:
    for version in ("3.12.1", "3.12.11", "3.12.4"):
        mirror.versions = [version]
        mirror.fetch()
    found = [one.version for one in mirror.pythons().cached(REQUEST)]
    assert found == ["3.12.11", "3.12.4", "3.12.1"]
    assert [one.version for one in mirror.pythons().cached(parse_version("3.12.4", ""))] == [
        "3.12.4"
    ]
    assert mirror.pythons().cached(parse_version("3.13", "")) == []


def test_uv_gets_the_request_of_the_app(mirror: Mirror) -> None:
    mirror.fetch("~=3.12.1", UV_PYTHON_DOWNLOADS_JSON_URL="https://mirror.example/table.json")
    command = mirror.commands[0]
    assert command.argv[:4] == ["/uv", "python", "install", "~=3.12.1"]
    assert "--no-bin" in command.argv
    assert command.env["UV_PYTHON_DOWNLOADS_JSON_URL"] == "https://mirror.example/table.json"


def test_slipways_variable_for_the_mirror_is_passed_to_uv(mirror: Mirror) -> None:
    mirror.fetch(SLIPWAY_PYTHON_MIRROR=" https://a.example/ ", UV_PYTHON_INSTALL_MIRROR="b")
    assert mirror.commands[0].env["UV_PYTHON_INSTALL_MIRROR"] == "https://a.example"
    mirror.fetch(UV_PYTHON_INSTALL_MIRROR="https://b.example")
    uvs = [command for command in mirror.commands if command.argv[0] == "/uv"]
    assert uvs[-1].env["UV_PYTHON_INSTALL_MIRROR"] == "https://b.example"


def test_a_python_does_not_contain_the_folder_it_was_installed_in(mirror: Mirror) -> None:
    text = (mirror.fetch().folder / SYSCONFIG).read_text()
    assert text == "prefix = '/install'"


def test_builds_of_the_same_version_are_distinguished(mirror: Mirror) -> None:
    old = mirror.fetch()
    mirror.build = "20270101"
    new = mirror.fetch()
    assert old.build != new.build
    assert mirror.pythons().cached(REQUEST) == [new, old]
    pinned = mirror.pythons(UV_PYTHON_CPYTHON_BUILD="20261110")
    assert pinned.cached(REQUEST) == [old]
    assert mirror.pythons(UV_PYTHON_CPYTHON_BUILD="20200101").cached(REQUEST) == []


def test_files_of_a_killed_build_are_ignored(mirror: Mirror) -> None:
    half = mirror.pythons().folder / ".new-1"
    write_files(half / "cpython-3.12.1-linux-x86_64-gnu", {"bin/python3.12": ""})
    assert mirror.pythons().cached(REQUEST) == []


def test_the_use_of_a_python_is_recorded(mirror: Mirror) -> None:
    fetched = mirror.fetch()
    os.utime(fetched.folder, (0, 0))
    assert mirror.pythons().use(fetched)
    assert fetched.folder.stat().st_mtime > 0
    shutil.rmtree(fetched.folder)
    assert not mirror.pythons().use(fetched)


def test_a_broken_python_in_the_cache_is_replaced(mirror: Mirror) -> None:
    fetched = mirror.fetch()
    fetched.program.unlink()
    again = mirror.fetch()
    assert again == fetched
    assert fetched.program.is_file()


def test_a_python_of_a_concurrent_build_is_kept(mirror: Mirror) -> None:
    first = mirror.fetch()
    (first.folder / "mark").touch()
    assert mirror.fetch() == first
    assert (first.folder / "mark").exists()


@pytest.mark.parametrize(
    ("failure", "error", "detail"),
    [
        (NO_DOWNLOAD, ManagedPythonUnknown, "('3.12.16', '3.11.18')"),
        (FAILED, ManagedPythonNotFetched, "404 File not found"),
        (MISMATCH, ManagedPythonDiffers, "Computed:"),
    ],
)
def test_each_failure_of_uv_has_its_error(
    failure: str, error: type[PythonNotFound], detail: str, mirror: Mirror
) -> None:
    mirror.failure = failure
    with pytest.raises(error) as failed:
        mirror.fetch()
    assert detail in str(vars(failed.value))
    assert (failed.value.requested, failed.value.image_pythons) == ("3.12", IMAGE)
    assert mirror.in_cache == []


def test_an_error_names_a_machine_without_builds(mirror: Mirror) -> None:
    mirror.failure, mirror.known = NO_DOWNLOAD, ()
    with pytest.raises(ManagedPythonNotBuilt) as failed:
        mirror.fetch()
    assert os.uname().machine in failed.value.machine


@pytest.mark.parametrize("requested", ["3.16", "3.16.0", "3.99"])
def test_uv_is_not_asked_for_a_series_that_has_only_pre_releases(
    requested: str, mirror: Mirror
) -> None:
    with pytest.raises(ManagedPythonUnknown) as failed:
        mirror.fetch(requested)
    assert failed.value.known == ("3.12.16", "3.11.18")
    assert {command.argv[2] for command in mirror.commands} == {"list"}


def test_a_series_is_downloaded_that_only_uv_knows(mirror: Mirror) -> None:
    mirror.known, mirror.versions = ("3.16.0", "3.12.16"), ("3.16.0",)
    with pytest.raises(ManagedPythonBroken):  # the simulated uv has no such program
        mirror.fetch("3.16")


def test_a_release_candidate_is_not_used(mirror: Mirror) -> None:
    mirror.versions = ["3.12.0rc1"]
    with pytest.raises(ManagedPythonUnknown):
        mirror.fetch()


def test_a_python_that_does_not_start_is_not_cached(mirror: Mirror) -> None:
    mirror.versions = ["3.12.1"]

    def answer(command: Command) -> str:
        if command.argv[0].endswith("python3.12"):
            raise CommandFailed(command="python", status=127, output="")
        return Mirror.answer(mirror, command)

    effects = effects_with(mirror.root, FakeProcesses(now=no_time, answer=answer))
    with pytest.raises(ManagedPythonBroken) as failed:
        ManagedPythons(uv=SomeUv(), effects=effects, app=Path("/")).fetch(REQUEST, IMAGE)
    assert failed.value.version == "3.12.1"
    assert mirror.in_cache == []


def test_the_error_has_the_reason_if_uv_is_not_available(mirror: Mirror) -> None:
    with pytest.raises(ManagedPythonWithoutUv) as failed:
        ManagedPythons(uv=NoUv(), effects=mirror.pythons().effects, app=Path("/")).fetch(
            ANY_PYTHON, IMAGE
        )
    assert failed.value.reason == "the index has none"


def test_a_mirror_gets_the_connection_settings_of_pip(mirror: Mirror) -> None:
    configuration = write_files(mirror.root, {"pip.conf": "[global]\ncert = certs/ca.pem\n"})
    pythons = replace(
        mirror.pythons(
            PIP_CONFIG_FILE=str(configuration / "pip.conf"),
            PIP_PROXY="http://proxy.example:3128",
            PIP_TIMEOUT="7",
            UV_HTTP_TIMEOUT="9",
        ),
        app=Path("/app"),
    )
    pythons.fetch(REQUEST, IMAGE)
    (install, *_) = mirror.commands
    assert install.env["SSL_CERT_FILE"] == "/app/certs/ca.pem"
    assert install.env["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert install.env["UV_HTTP_TIMEOUT"] == "9"


def test_certificates_of_the_image_are_trusted_too(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(mirror.root))
    mirror.fetch(PIP_CERT="/ca.pem")
    mirror.fetch(PIP_CERT="/ca.pem", SSL_CERT_DIR="/theirs")
    installs = [
        one.env for one in mirror.commands if one.argv[:3] == ["/uv", "python", "install"]
    ]
    assert [env["SSL_CERT_DIR"] for env in installs] == [str(mirror.root), "/theirs"]
    assert {env["SSL_CERT_FILE"] for env in installs} == {"/ca.pem"}


def test_an_unreadable_configuration_is_left_to_pip(mirror: Mirror) -> None:
    write_files(mirror.root, {"pip.conf": "cert: [\n"})
    assert mirror.fetch(PIP_CONFIG_FILE=str(mirror.root / "pip.conf")).program.is_file()
