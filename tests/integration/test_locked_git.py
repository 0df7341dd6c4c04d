"""A locked package in a private repository: over HTTPS and SSH, with real credentials.

The locks are as uv writes them. Servers listen on the loopback interface.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from integration.classic_platform import Platform, Result, machine_env
from integration.conftest import tree
from integration.git_server import GitServer, served_repositories
from integration.packages import write_tree
from integration.planted import Secrets, assert_only_there
from integration.repositories import git
from integration.scenario import PROCFILE
from integration.serving import free_port, is_open

_PYPROJECT = """\
[project]
name = "harbour"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["rigging"]

[tool.uv.sources]
rigging = {{ git = "{address}", tag = "v1.0" }}
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "harbour"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "rigging" }},
]

[package.metadata]
requires-dist = [{{ name = "rigging", git = "{address}?tag=v1.0" }}]

[[package]]
name = "rigging"
version = "1.0"
source = {{ git = "{address}?tag=v1.0#{commit}" }}
"""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository of the package `rigging`, of which the lock has the first commit."""

    folder: Path
    commit: str

    def app(self, folder: Path, address: str) -> Path:
        return write_tree(
            folder,
            {
                **PROCFILE,
                "pyproject.toml": _PYPROJECT.format(address=address),
                "uv.lock": _LOCK.format(address=address, commit=self.commit),
            },
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tree(tmp_path / "repositories" / "rigging", "1.0")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "1.0")
    git(folder, "tag", "v1.0")
    commit = git(folder, "rev-parse", "HEAD")
    # The tag moves: the commit of the lock counts.
    (folder / "NEWS").write_text("2.0\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "2.0")
    git(folder, "tag", "--force", "v1.0")
    return Repository(folder=folder, commit=commit)


def compile_and_search(
    platform: Platform, build: Path, secrets: Secrets, toolchain: str, variables: dict[str, str]
) -> Result:
    """Build without any index, and look for the secrets in everything that it wrote."""
    always = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple/",
        "PIP_RETRIES": "0",
        "SLIPWAY_BUNDLE_PYTHON": "false",
        "SLIPWAY_LOG_LEVEL": "debug",
        "SLIPWAY_TOOLCHAIN": toolchain,
    }
    with secrets.watched_processes() as seen:
        result = platform.compile(build, {**always, **variables})
    assert not seen, seen
    folders = (build, platform.cache, platform.temporary)
    texts = {"the log": result.out, "the errors": result.err}
    assert_only_there(secrets, texts, {folder: frozenset() for folder in folders})
    return result


def assert_installed(build: Path, address: str, commit: str) -> None:
    record = json.loads((build / ".slipway" / "build.json").read_text("utf-8"))
    assert record["packages"] == {"rigging": "1.0"}
    assert not [*build.rglob("NEWS")]
    lock = (build / ".slipway" / "lock.txt").read_text("utf-8")
    assert f"git+{address}@{commit}" in lock


EVERY_TOOLCHAIN = ["auto", pytest.param("pip-tools", marks=pytest.mark.long)]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate for the server, in one file with its key."""
    path = tmp_path / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=git"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", "-"]
    made = subprocess.run(command, check=True, capture_output=True)
    with path.open("ab") as both:
        both.write(made.stdout)
    return path


@pytest.mark.parametrize("toolchain", EVERY_TOOLCHAIN)
def test_a_repository_is_fetched_over_https_with_the_password_of_netrc(
    repository: Repository,
    certificate: Path,
    fresh_platform: Platform,
    tmp_path: Path,
    toolchain: str,
) -> None:
    secrets = Secrets()
    password = secrets.plain("netrc")
    server = GitServer(folder=repository.folder.parent, user=f"ci:{password}")
    home = tmp_path / "home"
    write_tree(home, {".netrc": f"machine 127.0.0.1 login ci password {password}\n"})
    (home / ".netrc").chmod(0o600)
    env = {**machine_env(HOME=str(home)), "GIT_SSL_CAINFO": str(certificate)}
    with served_repositories(server, certificate):
        address = f"{server.at()}/rigging"
        build = repository.app(tmp_path / "build", address)
        platform = replace(fresh_platform, env=env)
        result = compile_and_search(platform, build, secrets, toolchain, {})
    assert result.status == 0, result.all
    assert_installed(build, address, repository.commit)


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_a_repository_is_fetched_over_https_with_a_setting_of_git(
    repository: Repository,
    certificate: Path,
    fresh_platform: Platform,
    tmp_path: Path,
    toolchain: str,
) -> None:
    secrets = Secrets()
    password = secrets.new("the setting of git", "/")
    server = GitServer(folder=repository.folder.parent, user=f"ci:{password}")
    with served_repositories(server, certificate):
        address = f"{server.at()}/rigging"
        build = repository.app(tmp_path / "build", address)
        env = machine_env(GIT_SSL_CAINFO=str(certificate))
        sent = base64.b64encode(f"ci:{password}".encode()).decode()
        variables = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{server.at()}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {sent}",
        }
        platform = replace(fresh_platform, env=env)
        result = compile_and_search(platform, build, secrets, toolchain, variables)
    assert result.status == 0, result.all
    assert_installed(build, address, repository.commit)


@pytest.mark.long
def test_a_wrong_password_of_a_repository_stops_the_build(
    repository: Repository, certificate: Path, fresh_platform: Platform, tmp_path: Path
) -> None:
    secrets = Secrets()
    server = GitServer(folder=repository.folder.parent, user="ci:another")
    home = tmp_path / "home"
    write_tree(
        home, {".netrc": f"machine 127.0.0.1 login ci password {secrets.plain('netrc')}\n"}
    )
    env = {**machine_env(HOME=str(home)), "GIT_SSL_CAINFO": str(certificate)}
    with served_repositories(server, certificate):
        build = repository.app(tmp_path / "build", f"{server.at()}/rigging")
        platform = replace(fresh_platform, env=env)
        result = compile_and_search(platform, build, secrets, "auto", {})
    assert result.status == 1, result.all
    assert " !     Error: " in result.err
    assert "rigging" in result.words


@dataclass(frozen=True, kw_only=True)
class SecureShell:
    """A server with its own host key that accepts one key, and the files of its client."""

    folder: Path
    port: int

    @property
    def command(self) -> str:
        return f"ssh -F {self.folder / 'config'}"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def secrets(self) -> Secrets:
        """The last line of the private key: its first ones are those of the public key."""
        lines = (self.folder / "key").read_text().splitlines()
        return Secrets({"the key": "".join(lines[3:-2])})


@contextmanager
def secure_shell(folder: Path, repository: Path) -> Iterator[SecureShell]:
    """Start OpenSSH's server for one repository."""
    folder.mkdir()
    port = free_port()
    for name in ("key", "host_key"):
        command = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "",
            "-f",
            str(folder / name),
        ]
        subprocess.run(command, check=True)
    host_key = (folder / "host_key.pub").read_text()
    upload = f'command="git-upload-pack {quote(str(repository))}",restrict '
    files = {
        "authorized_keys": upload + (folder / "key.pub").read_text(),
        "known_hosts": f"[127.0.0.1]:{port} {host_key}",
        "config": (
            "Host git.harbour.example\n"
            f"    HostName 127.0.0.1\n    Port {port}\n    User {getpass.getuser()}\n"
            f"    IdentityFile {folder / 'key'}\n    IdentitiesOnly yes\n"
            f"    UserKnownHostsFile {folder / 'known_hosts'}\n"
            "    GlobalKnownHostsFile /dev/null\n    StrictHostKeyChecking yes\n"
            "    BatchMode yes\n"
        ),
        "sshd_config": (
            f"ListenAddress 127.0.0.1:{port}\nHostKey {folder / 'host_key'}\n"
            f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPidFile none\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n"
            "PermitRootLogin prohibit-password\nStrictModes no\n"
            "SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*\n"
        ),
    }
    write_tree(folder, files)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it does not start without
    with (folder / "log").open("wb") as log:
        command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
        server = subprocess.Popen(command, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not is_open(port):
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield SecureShell(folder=folder, port=port)
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_a_repository_is_fetched_over_ssh_with_a_key(
    repository: Repository, fresh_platform: Platform, tmp_path: Path, toolchain: str
) -> None:
    address = "ssh://git.harbour.example/rigging"
    build = repository.app(tmp_path / "build", address)
    with secure_shell(tmp_path / "ssh", repository.folder) as shell:
        platform = replace(fresh_platform, env=machine_env(GIT_SSH_COMMAND=shell.command))
        result = compile_and_search(platform, build, shell.secrets, toolchain, {})
        assert result.status == 0, f"{result.all}\n{(shell.folder / 'log').read_text()}"
    assert_installed(build, address, repository.commit)


@pytest.mark.long
def test_an_unknown_host_key_stops_the_build(
    repository: Repository, fresh_platform: Platform, tmp_path: Path
) -> None:
    build = repository.app(tmp_path / "build", "ssh://git.harbour.example/rigging")
    with secure_shell(tmp_path / "ssh", repository.folder) as shell:
        shell.known_hosts.write_text("")
        platform = replace(fresh_platform, env=machine_env(GIT_SSH_COMMAND=shell.command))
        result = compile_and_search(platform, build, shell.secrets, "auto", {})
    assert result.status == 1, result.all
    assert "Host key verification failed" in result.words
    assert "GIT_SSH_COMMAND=ssh -i FILE" in result.words
